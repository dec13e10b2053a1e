"""What becomes of test sets that a run does not name: they are kept, and cost nothing when they are named again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kedro.framework.startup import bootstrap_project
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from ocr_project.datasets import ShardedParquet
from ocr_project.domain.options import (
    IngestOptions,
    LayoutOptions,
    RecognitionOptions,
    RuntimeOptions,
    TesseractOptions,
    TestsetsOptions,
    TranscriptOptions,
)
from ocr_project.pipeline_registry import register_pipelines
from tests.whole_job import ROOT, write_pages

ROWS = {
    **{"pages": "Page", "regions": "Region", "recognitions": "Recognition"},
    **{"transcripts": "Transcript", "truths": "Truth", "scored": "Score"},
}
ENDS = ("testset_scores", "testset_recognition_metrics")

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the lane from its sets to their scores, with Tesseract on drawn pages of three words."""
    bootstrap_project(ROOT)
    lane = register_pipelines()["testsets"].to_outputs(*ENDS)

    def once(*names: str, languages: str = "eng") -> dict[str, Any]:
        catalog = DataCatalog(
            {
                "params:testsets": MemoryDataset(TestsetsOptions(sets=tuple(str(tmp_path / name) for name in names))),
                "params:ingest": MemoryDataset(IngestOptions(shard_pages=1)),
                "params:layout": MemoryDataset(LayoutOptions(backend="whole_page")),
                "params:recognition": MemoryDataset(
                    RecognitionOptions(tesseract=TesseractOptions(languages=languages))
                ),
                "params:transcript": MemoryDataset(TranscriptOptions()),
                "params:runtime": MemoryDataset(RuntimeOptions(progress=False, workers=1)),
            }
        )
        for name, row in ROWS.items():
            for end in ("", "_done"):
                catalog[f"testset_{name}{end}"] = ShardedParquet(filepath=str(tmp_path / "data" / name), row=row)
        outputs = SequentialRunner().run(lane, catalog)
        return {name: outputs[name].load() for name in ENDS}

    return once


def shards_in(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}


def test_a_set_that_is_left_out_rests_and_is_not_made_again(
    run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_pages(tmp_path / "first", 2)
    write_pages(tmp_path / "second", 1, seed=1)
    alone = run("first")
    made = shards_in(tmp_path / "data")
    assert len(made) == 2 * len(ROWS)

    other = run("second")
    assert set(other["testset_scores"]["group"]) == {"second"}
    assert other["testset_recognition_metrics"]["pages"] == 1, "what the run does not name is not measured"
    assert made.items() <= shards_in(tmp_path / "data").items()

    caplog.set_level(logging.INFO, logger="ocr_project")
    again = run("first")
    assert "recognition: 2 of 2 pages are done already" in caplog.text
    assert made.items() <= shards_in(tmp_path / "data").items()
    assert again["testset_scores"].equals(alone["testset_scores"])
    assert set(run("second", "first")["testset_scores"]["group"]) == {"first", "second"}
    assert len(shards_in(tmp_path / "data")) == 3 * len(ROWS)


def test_an_item_that_left_a_named_set_is_forgotten(run: Run, tmp_path: Path) -> None:
    write_pages(tmp_path / "first", 2)
    write_pages(tmp_path / "second", 2, seed=1)
    run("first", "second")
    (tmp_path / "first" / "page00001.gt.txt").unlink()
    (tmp_path / "second" / "page00001.gt.txt").unlink()
    scores = run("first")["testset_scores"]
    assert scores["item_id"].nunique() == 1
    left = {name.rpartition("/")[2] for name in shards_in(tmp_path / "data")}
    assert left == {"first_000001.parquet", "second_000001.parquet", "second_000002.parquet"}


def test_two_recognizers_over_the_same_set_both_stay(run: Run, tmp_path: Path) -> None:
    write_pages(tmp_path / "first", 2)
    write_pages(tmp_path / "second", 1, seed=1)
    english = run("first", "second")
    run("first", languages="kor")
    both = shards_in(tmp_path / "data")
    assert len(both) == 3 * len(ROWS) + 2 * len(("recognitions", "transcripts", "scored"))
    again = run("first", "second")
    assert shards_in(tmp_path / "data") == both
    assert again["testset_scores"].equals(english["testset_scores"])
    (tmp_path / "first" / "page00001.gt.txt").unlink()
    run("first", languages="kor")
    assert sum("first_000002" in name for name in shards_in(tmp_path / "data")) == 3, "what English made of it stays"
