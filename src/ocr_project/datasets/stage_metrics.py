"""The Kedro face of what a stage measured: what is the same after a second run, apart from what never is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ocr_project.datasets.place import Place
from ocr_project.storage.atomic import atomic_text

Metrics = dict[str, float]

_SECONDS = "seconds"  # ends the name of each time
_SPEED = ("pages_per_second", "gpu_")  # begin those of what was made of times, or seen meanwhile


class StageMetrics(Place[Metrics, Metrics]):
    """Numbers by name, in two JSON files: counts and rates in one, times and what a GPU did meanwhile in the other.

    git tracks the first one, through DVC: reading the same pages again does not change it. Loaded, they are one again.
    """

    def __init__(self, *, filepath: str, timings: dict[str, str], metadata: dict[str, Any] | None = None) -> None:
        """Name the files.

        Args:
            filepath: Of counts and rates.
            timings: `filepath` of the others; the file may be missing, for no stage reads it.
            metadata: For plugins such as kedro-viz; not used here.
        """
        super().__init__(filepath=filepath, metadata=metadata)
        self._timings = Path(timings["filepath"])

    def load(self) -> Metrics:
        found: Metrics = json.loads(self.path.read_text(encoding="utf-8"))
        return found | json.loads(self._timings.read_text(encoding="utf-8")) if self._timings.is_file() else found

    def save(self, data: Metrics) -> None:
        times = {name: value for name, value in data.items() if _tells_time(name)}
        if times:  # before the others: what is there of both is of the same run
            _write(self._timings, times)
        else:
            self._timings.unlink(missing_ok=True)
        _write(self.place_to_save(), {name: value for name, value in data.items() if name not in times})


def _write(path: Path, values: Metrics) -> None:
    with atomic_text(path) as file:
        file.write(json.dumps(values, indent=2) + "\n")


def _tells_time(name: str) -> bool:
    return name.endswith(_SECONDS) or name.startswith(_SPEED)
