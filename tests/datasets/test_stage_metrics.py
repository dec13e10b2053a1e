"""What a stage measured is kept apart: a second run over the same pages changes no file that git tracks."""

from __future__ import annotations

import json
from pathlib import Path

from ocr_project.datasets import StageMetrics

MEASURED = {
    "pages": 14.0,
    "cer": 0.02,
    "seconds": 2.6,
    "busy_seconds": 5.1,
    "pages_per_second": 5.3,
    "gpu_sm_mean": 9.0,
}


def kept(folder: Path) -> StageMetrics:
    timings = {"filepath": str(folder / "timings/layout.json")}
    return StageMetrics(filepath=str(folder / "metrics/layout.json"), timings=timings)


def test_what_is_the_same_again_is_apart_from_times(tmp_path: Path) -> None:
    kept(tmp_path).save(MEASURED)
    first = (tmp_path / "metrics/layout.json").read_bytes()
    assert json.loads(first) == {"pages": 14.0, "cer": 0.02}
    assert kept(tmp_path).load() == MEASURED
    slower = {**MEASURED, "seconds": 9.9, "pages_per_second": 1.4}
    kept(tmp_path).save(slower)
    assert (tmp_path / "metrics/layout.json").read_bytes() == first
    assert kept(tmp_path).load() == slower


def test_times_of_an_earlier_run_are_not_those_of_one_without(tmp_path: Path) -> None:
    kept(tmp_path).save(MEASURED)
    kept(tmp_path).save({"pages": 3.0})
    assert kept(tmp_path).load() == {"pages": 3.0}


def test_numbers_of_a_clone_have_no_times_and_load(tmp_path: Path) -> None:
    kept(tmp_path).save(MEASURED)
    (tmp_path / "timings/layout.json").unlink()
    assert kept(tmp_path).load() == {"pages": 14.0, "cer": 0.02}
