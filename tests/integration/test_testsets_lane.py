"""The lane of the test sets as a user runs it, on real items: formulas, tables, receipts, forms, PDFs with tests."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from tests.whole_job import ROOT, Finished, copy_project, run_command, run_job

DATA = ROOT.parent / "shared" / "data"
STAGES = ("testset_ingest", "testset_truths", "layout", "recognition", "transcript", "testset_scored")
FOLDERS = ("formulas", "tables_ko", "kie_sroie", "kie_forms")
LIMIT = 2
QUIET = ("runtime.progress=false", "recognition.tesseract.languages=kor+eng", "ingest.dpi=100")

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.is_dir(), reason="needs the real documents of ../shared/data"),
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = copy_project(tmp_path_factory.mktemp("lane") / "project")
    sets = made / "data/01_raw/test_sets"
    sets.mkdir(parents=True)
    (sets / "olmocr_bench").symlink_to(DATA / "en_olmocr_bench")  # its tests.jsonl and pdfs/ are in the set's own form
    return made


def run_sets(project: Path, *more: str) -> Finished:
    sets = "+".join((*(str(DATA / name) for name in FOLDERS), "olmocr_bench"))
    return run_job(
        project,
        f"testsets.sets={sets}",
        f"testsets.limit={LIMIT}",
        *QUIET,
        *more,
        arguments=("--pipelines", "testsets"),
    )


@pytest.fixture(scope="module")
def first(project: Path) -> Finished:
    done = run_sets(project)
    assert done.code == 0, done.output
    return done


def scores_of(project: Path) -> pd.DataFrame:
    return pd.read_parquet(max((project / "data/07_model_output/testset_scores.parquet").glob("*/*.parquet")))


def shards_of(project: Path) -> Iterator[tuple[str, int]]:
    for path in sorted((project / "data").glob("*/testsets/**/*.parquet")):
        yield str(path), path.stat().st_mtime_ns


@pytest.mark.usefixtures("first")
def test_every_set_is_scored_by_its_own_metrics(project: Path) -> None:
    scores = scores_of(project)
    assert scores.groupby("group")["item_id"].nunique().to_dict() == dict.fromkeys((*FOLDERS, "olmocr_bench"), LIMIT)
    read = scores[scores["status"] == "ok"].groupby("group")["metric"].unique().map(set).to_dict()
    assert {"formula_edit/official", "formula_edit/canonical", "bleu/official"} <= read["formulas"]
    assert {"teds/official", "teds/canonical", "teds_s/official", "teds_s/canonical"} == read["tables_ko"]
    assert {"pass_rate/official", "passed/baseline"} < read["olmocr_bench"]
    tables = scores[(scores["group"] == "tables_ko") & (scores["metric"] == "teds/canonical")]
    assert (tables["numerator"] > 0).any(), "ruled tables are read by Tesseract, cell by cell"
    assert ((scores["numerator"] >= 0) & (scores["denominator"] >= 0)).all()


@pytest.mark.usefixtures("first")
def test_what_tesseract_cannot_do_is_no_zero(project: Path) -> None:
    forms = scores_of(project).query("group == 'kie_forms'")
    assert set(forms["status"]) == {"failed"}
    assert forms["reason"].str.contains("answers no questions").all()
    metrics = json.loads((project / "metrics/testsets.json").read_text())
    assert metrics["items"] == LIMIT * (len(FOLDERS) + 1)
    assert metrics["unscored"] >= LIMIT
    assert not any(name.startswith("kie_forms.") for name in metrics)


@pytest.mark.usefixtures("first")
def test_nothing_is_done_twice(project: Path) -> None:
    before, scores = dict(shards_of(project)), scores_of(project)
    again = run_sets(project)
    assert again.code == 0, again.output
    assert dict(shards_of(project)) == before
    pages = LIMIT * (len(FOLDERS) + 1)
    for stage in STAGES:
        assert f"{stage}: {pages} of {pages} pages are done already" in again.output
    pd.testing.assert_frame_equal(scores_of(project), scores)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        (("testsets.sets=cord",), ("SourceError", "CORD v2", "download=true", "CC BY 4.0")),
        (("testsets.sets=cards",), ("OptionError", "'cards'", "ocrbench_v2")),
        (("testsets.sets=sds_kopub",), ("SourceError", "ingest.source=hf://datasets/SamsungSDS-Research")),
    ],
)
def test_what_is_missing_is_said_before_the_first_node(
    project: Path, parameters: tuple[str, ...], words: tuple[str, ...]
) -> None:
    done = run_job(project, *parameters, arguments=("--pipelines", "testsets"))
    assert done.code == 2, done.output
    assert "Traceback" not in done.output
    for word in words:
        assert word in done.output


def test_the_lane_without_sets_says_which_there_are(project: Path) -> None:
    done = run_job(project, arguments=("--pipelines", "testsets"))
    assert done.code == 2, done.output
    assert "OptionError" in done.output
    assert "ocrbench" in done.output


@pytest.mark.usefixtures("first")
def test_two_runs_are_compared_by_name(project: Path) -> None:
    records = project / "data/08_reporting/benchmark_run"
    before = min(path.name for path in records.iterdir())
    other = run_sets(project, "recognition.tesseract.languages=eng")
    assert other.code == 0, other.output
    done = run_command(project, sys.executable, "-m", "kedro", "compare", f"korean={before}", "english=latest")
    assert done.code == 0, done.output
    (tables,) = [line for line in done.output.splitlines() if line.startswith("tables_ko") and "teds/official" in line]
    assert "korean" in tables
    assert "english" in tables
    (page,) = (project / "data/08_reporting/comparison.html").glob("*/comparison.html")
    assert "english" in page.read_text(encoding="utf-8")
    unknown = run_command(project, sys.executable, "-m", "kedro", "compare", "1999", "latest")
    assert unknown.code == 2, unknown.output
    assert "Traceback" not in unknown.output
