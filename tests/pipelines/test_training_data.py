"""The pipeline training_data: nothing is lost, what is done is not done again, other sources are left alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from kedro.framework.startup import bootstrap_project
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from ocr_project.bench.metrics.katex import missing_browser
from ocr_project.datasets import ScratchFolder, ShardedParquet, WholeTable, Written
from ocr_project.domain.options import IngestOptions, RuntimeOptions, TestsetsOptions, TrainingDataOptions
from ocr_project.domain.project import Project
from ocr_project.domain.types import Status, TrainingSample
from ocr_project.pipeline_registry import register_pipelines
from ocr_project.storage.lineages import LineageFolder
from tests.sample_files import front_matter, picture, write_layout_lmdb, write_olmocr
from tests.whole_job import ROOT, write_pages

Run = Callable[..., dict[str, Any]]


def run_in(folder: Path, **options: Any) -> dict[str, Any]:
    """Run the pipeline in a folder.

    Returns:
        The metrics.
    """
    bootstrap_project(ROOT)
    catalog = DataCatalog(
        {
            "params:training_data": MemoryDataset(TrainingDataOptions(shard_samples=4, **options)),
            "params:testsets": MemoryDataset(TestsetsOptions()),
            "params:ingest": MemoryDataset(IngestOptions()),
            "params:runtime": MemoryDataset(RuntimeOptions(progress=False, workers=1)),
            "project": MemoryDataset(Project(folder, folder / "data"), copy_mode="assign"),
            "scratch": ScratchFolder(filepath=str(folder / "scratch")),
            "training_data_metrics": MemoryDataset(),
            "refusal_table": WholeTable(filepath=str(folder / "refusals.csv")),
            "training_data_page": Written(filepath=str(folder / "page.html")),
        }
    )
    for name, row in (("held_out", "HeldOut"), ("training_samples", "TrainingSample"), ("pages", "Page")):
        for end in ("", "_done"):
            catalog[f"{name}{end}"] = ShardedParquet(filepath=str(folder / "data" / name), row=row)
    outputs = SequentialRunner().run(register_pipelines()["training_data"], catalog)
    metrics: dict[str, Any] = outputs["training_data_metrics"].load()
    return metrics


def rows_in(folder: Path) -> list[TrainingSample]:
    return list(LineageFolder(folder / "data/training_samples", TrainingSample).rows())


def shards_in(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (folder / "data/training_samples").rglob("*.parquet")}


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, str]:
    texts = [f"river {number}" for number in range(10)]
    pages = {f"doc{number}-{page}": f"text {number} {page}" for number in range(3) for page in (1, 2)}
    write_olmocr(tmp_path / "mix", {name: front_matter() + text for name, text in pages.items()})
    (tmp_path / "mix/bad.md").write_text(front_matter() + "∈ <script>alert(1)</script>")
    (tmp_path / "mix/bad.png").write_bytes(picture())
    return {
        "lmdb": f"layout_lmdb:{write_layout_lmdb(tmp_path / 'x.lmdb', texts)}",
        "mix": f"olmocr:{tmp_path / 'mix'}",
    }


def test_rows_in_are_those_used_and_those_refused(tmp_path: Path, sources: dict[str, str]) -> None:
    measured = run_in(tmp_path, sources=list(sources.values()))
    assert measured["rows"] == measured["used"] + measured["refused"] == 17
    assert (measured["refused.math_symbols"], measured["refused"]) == (1, 1)
    assert measured["train"] + measured["valid"] + measured["test"] == 16
    assert (measured["documents"], measured["duplicates"]) == (5 + 3, 0)
    rows = rows_in(tmp_path)
    splits = {row.document: {other.split for other in rows if other.document == row.document} for row in rows}
    assert all(len(found) == 1 for found in splits.values())
    refusals = pd.read_csv(tmp_path / "refusals.csv")
    assert refusals[["source", "place", "rule"]].to_numpy().tolist() == [["olmocr:mix", "bad.md", "math_symbols"]]
    shown = (tmp_path / "page.html").read_text()
    assert shown.count('<article class="card"') == 16
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert" not in shown


def test_what_is_done_is_not_done_again(tmp_path: Path, sources: dict[str, str]) -> None:
    run_in(tmp_path, sources=list(sources.values()))
    before = shards_in(tmp_path)
    run_in(tmp_path, sources=list(sources.values()))
    assert shards_in(tmp_path) == before
    (tmp_path / "mix/doc1-1.md").write_text(front_matter() + "changed")
    run_in(tmp_path, sources=list(sources.values()))
    after = shards_in(tmp_path)
    assert len(after) == len(before)
    assert sum(after[name] != before[name] for name in before) == 1


def test_sources_that_a_run_does_not_name_are_kept(tmp_path: Path, sources: dict[str, str]) -> None:
    assert run_in(tmp_path, sources=[sources["lmdb"]])["rows"] == 10
    before = shards_in(tmp_path)
    assert run_in(tmp_path, sources=[sources["mix"]])["rows"] == 7
    assert {row.source for row in rows_in(tmp_path)} == {"olmocr:mix"}, "a training sees what was named last"
    assert before.items() <= shards_in(tmp_path).items()
    assert run_in(tmp_path, sources=list(sources.values()))["rows"] == 17
    assert before.items() <= shards_in(tmp_path).items()


def test_images_of_a_named_test_set_are_refused(tmp_path: Path) -> None:
    write_pages(tmp_path / "bench", 2)
    (tmp_path / "mine").mkdir()
    for number, name in enumerate(("page00000.png", "page00001.png")):
        (tmp_path / f"mine/{number}.png").write_bytes((tmp_path / "bench" / name).read_bytes())
        (tmp_path / f"mine/{number}.txt").write_text("text")
    (tmp_path / "mine/other.png").write_bytes(picture())
    (tmp_path / "mine/other.txt").write_text("text")
    options = {"sources": [f"folder:{tmp_path / 'mine'}"]}
    assert run_in(tmp_path, **options)["used"] == 3
    measured = run_in(tmp_path, **options, held_out=[f"{tmp_path / 'bench'}"])
    assert (measured["used"], measured["refused.held_out"]) == (1, 2)
    refused = [row for row in rows_in(tmp_path) if row.status is not Status.OK]
    assert {row.reason for row in refused} == {"its image is in the test set bench"}


@pytest.mark.skipif(bool(missing_browser()), reason=missing_browser() or "Chromium and KaTeX are there")
def test_formulas_that_katex_cannot_render_refuse_their_page(tmp_path: Path) -> None:
    pages = {"good": r"\(\frac{1}{2}\)", "bad": r"\[\frac{1}{\]"}
    source = f"olmocr:{write_olmocr(tmp_path / 'mix', {name: front_matter() + text for name, text in pages.items()})}"
    assert run_in(tmp_path, sources=[source])["refused.formula"] == 1
    assert {row.place: row.rule for row in rows_in(tmp_path)} == {"good.md": "", "bad.md": "formula"}
    assert run_in(tmp_path, sources=[source], katex=False)["refused"] == 0


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    write_layout_lmdb(tmp_path / "x.lmdb", [f"text {number}" for number in range(400)])
    source = f"layout_lmdb:{tmp_path / 'x.lmdb'}"
    code = f"from pathlib import Path; from tests.pipelines.test_training_data import run_in; run_in(Path({str(tmp_path / 'killed')!r}), sources=[{source!r}])"  # noqa: E501
    (tmp_path / "killed").mkdir()
    path = os.pathsep.join((str(ROOT), str(ROOT / "src")))
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "PYTHONPATH": path})
    deadline = time.monotonic() + 120
    while len(shards_in(tmp_path / "killed")) < 3 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = shards_in(tmp_path / "killed")
    assert done, "it was killed before its first shard"
    measured = run_in(tmp_path / "killed", sources=[source])
    assert measured["rows"] == measured["used"] == 400
    assert done.items() <= shards_in(tmp_path / "killed").items()
    (tmp_path / "whole").mkdir()
    run_in(tmp_path / "whole", sources=[source])
    assert rows_in(tmp_path / "killed") == rows_in(tmp_path / "whole")
