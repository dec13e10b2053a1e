"""The Kedro face of a run record."""

from __future__ import annotations

from ocr_project.datasets.place import Place
from ocr_project.storage.run_record import RunRecord, read_record, write_record


class KeptRun(Place[RunRecord, RunRecord]):
    """What a run over test sets leaves behind, as a small folder; there whole or not at all."""

    def load(self) -> RunRecord:
        return read_record(self.path)

    def save(self, data: RunRecord) -> None:
        write_record(self.place_to_save(), data)
