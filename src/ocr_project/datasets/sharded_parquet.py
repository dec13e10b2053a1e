"""The Kedro face of a `LineageFolder`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

from ocr_project.domain.errors import StorageError
from ocr_project.domain.schemas import ROW_TYPES
from ocr_project.domain.types import Made
from ocr_project.storage.lineages import LineageFolder


class ShardedParquet(AbstractDataset[Made, LineageFolder]):
    """A folder of Parquet shards: loads lazily and never fails for being empty.

    Nodes write each shard through the folder that they load, as it becomes whole; what they return says that all of
    it is there, and saving that only sees to it that it is this folder (docs/decisions/0017-work-in-nodes.md).

    Why not Kedro's own: `PartitionedDataset` raises on an empty folder, and keeps stale partitions or none of those
    of the run before; the mark of `IncrementalDataset` skips `doc_10` after `doc_2`.

    Results of different models are stored in it side by side. What is loaded is the lineage that is current when it is
    loaded, and stays that one; a shard says which one it belongs to.
    """

    def __init__(self, *, filepath: str, row: str, metadata: dict[str, Any] | None = None) -> None:
        """Name a folder; it is read when it is loaded.

        Args:
            filepath: The folder.
            row: Name of the row type, a key of `ROW_TYPES`.
            metadata: For plugins such as kedro-viz; not used here.
        """
        self._path = Path(filepath)
        self._row_type = ROW_TYPES[row]
        self.metadata = metadata

    def load(self) -> LineageFolder:
        return LineageFolder(self._path, self._row_type)

    def save(self, data: Made) -> None:
        if data.place != self.load().place:
            raise StorageError(f"what was made rests in {data.place}, and not in {self._path}: see the catalog")

    def _exists(self) -> bool:
        return bool(self.load().index())

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._path), "row": self._row_type.__name__}
