"""`dvc repro` makes every stage by itself, does nothing the second time, and then only what a change asks for."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import sys
from pathlib import Path

import pytest

from tests.whole_job import ROOT, Finished, copy_project, run_command, write_pages

STAGES = ["ingest", "layout", "recognition", "transcript", "embedding", "retrieval", "benchmark"]
QUICK = """\
runtime: {progress: false}
ingest: {source: data/01_raw/documents}
layout: {backend: whole_page}
recognition: {tesseract: {languages: eng}}
transcript: {}
embedding: {}
search: {}
benchmark: {}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = copy_project(tmp_path_factory.mktemp("dvc") / "project", mlflow=True)
    shutil.copy(ROOT / "dvc.yaml", made)
    (made / "conf/base/parameters.yml").write_text(QUICK)
    write_pages(made / "samples/documents", 3)
    (made / "data/01_raw/documents").mkdir(parents=True)
    done = run_dvc(made, "init", "--no-scm")
    assert done.code == 0, done.output
    shutil.copy(ROOT / ".dvcignore", made)  # without it Python's caches count as code
    return made


@pytest.fixture(scope="module")
def first(project: Path) -> Finished:
    done = run_dvc(project, "repro")
    assert done.code == 0, done.output
    return done


def run_dvc(project: Path, *arguments: str) -> Finished:
    return run_command(project, sys.executable, "-m", "dvc", *arguments)


def ran(done: Finished) -> list[str]:
    """Return the stages that were run, in order."""
    return re.findall(r"^Running stage '(\w+)'", done.output, re.MULTILINE)


def test_the_first_runs_every_stage(project: Path, first: Finished) -> None:
    assert ran(first) == STAGES
    assert len(list((project / "data/08_reporting/exports/markdown").glob("*.md"))) == 3
    shown = run_dvc(project, "metrics", "show")
    assert shown.code == 0
    for name in ("metrics/headline.json", "cer_no_space"):
        assert name in shown.output
    assert max(map(len, shown.output.splitlines())) < 140, "a terminal shows it in a line"
    assert "seconds" not in shown.output, "they differ from run to run, and nothing is learnt from it"


def test_all_stages_are_one_run_of_mlflow(first: Finished, tracking_store: Path) -> None:
    assert "MLflow could not" not in first.output, first.output
    with sqlite3.connect(tracking_store) as store:
        runs = store.execute("SELECT DISTINCT run_uuid FROM tags WHERE key = 'dvc.repro'").fetchall()
        assert len(runs) == 1, first.output
        logged = store.execute("SELECT DISTINCT key FROM latest_metrics WHERE run_uuid = ?", runs[0]).fetchall()
    assert set(STAGES) <= {key.split(".")[0] for (key,) in logged}


@pytest.mark.usefixtures("first")
def test_the_second_does_nothing_and_a_change_runs_what_depends_on_it(project: Path) -> None:
    again = run_dvc(project, "repro")
    assert again.code == 0, again.output
    assert ran(again) == []

    options = QUICK.replace("embedding: {}", "embedding: {hashing: {dimensions: 512}}")
    (project / "conf/base/parameters.yml").write_text(options)
    changed = run_dvc(project, "repro")
    assert changed.code == 0, changed.output
    assert ran(changed) == ["embedding", "retrieval", "benchmark"]


@pytest.mark.slow
@pytest.mark.usefixtures("first")
def test_a_folder_outside_is_a_dependency(project: Path, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere"
    write_pages(outside, 2)
    options = QUICK.replace("data/01_raw/documents", str(outside))
    (project / "conf/base/parameters.yml").write_text(options)
    metrics = project / "metrics/ingest.json"
    for pages in (2, 3):
        write_pages(outside, pages)
        done = run_dvc(project, "repro", "--single-item", "ingest")
        assert done.code == 0, done.output
        assert ran(done) == ["ingest"]
        assert json.loads(metrics.read_text())["pages"] == pages
        assert ran(run_dvc(project, "repro", "--single-item", "ingest")) == []
    (outside / "page00000.gt.txt").write_text("another truth\n")
    status = run_dvc(project, "status", "benchmark")
    assert re.search(rf"modified:\s+{re.escape(str(outside))}", status.output), "a reference text is read again"
