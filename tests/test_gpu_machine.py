"""The clock of the GPU's benchmarks knows the crop workers by the name that they have."""

from __future__ import annotations

from benchmarks.gpu_machine import _CROP_WORKER

from ocr_project.engine.models.crops import worker


def test_crop_workers_are_known_by_their_module() -> None:
    assert worker.__name__.encode().endswith(_CROP_WORKER)
