"""The main job as a user runs it: it makes its results, does no work twice, and says what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.whole_job import QUICK, SHARDED, Finished, copy_project, run_job, shards, tables, write_pages

PAGES = 3


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder = tmp_path_factory.mktemp("main") / "source"
    return folder, write_pages(folder, PAGES)


@pytest.fixture(scope="module")
def params(texts: tuple[Path, list[str]]) -> tuple[str, ...]:
    return (f"ingest.source={texts[0]}", *QUICK)


@pytest.fixture(scope="module")
def project(texts: tuple[Path, list[str]], params: tuple[str, ...]) -> Path:
    """Return a copy of the project in which the job has run once."""
    made = copy_project(texts[0].parent / "project")
    done = run_job(made, *params)
    assert done.code == 0, done.output
    return made


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("fresh") / "project")


def assert_plain(done: Finished, *parts: str) -> None:
    assert "Traceback" not in done.output, done.output
    for part in parts:
        assert part in done.output


def test_results_are_there(project: Path, texts: tuple[Path, list[str]]) -> None:
    found = tables(project)
    assert sorted(text.split("\n")[0] for text in found["transcripts"]["text"]) == sorted(texts[1])
    exports = project / "data/08_reporting/exports"
    assert len(list((exports / "markdown").glob("*.md"))) == PAGES
    assert len(list((exports / "pdf").glob("*.pdf"))) == PAGES
    assert len((exports / "ocr_results.jsonl").read_text().splitlines()) == PAGES
    assert len(found["page_index"]) == PAGES
    assert list((project / "data/08_reporting/report.html").glob("*/report.html"))
    metrics = {path.stem: json.loads(path.read_text()) for path in (project / "metrics").glob("*.json")}
    assert {stage: metrics[stage]["pages"] for stage in metrics if stage != "benchmark"} == dict.fromkeys(
        ("ingest", "layout", "recognition", "transcript", "embedding"), PAGES
    )
    assert metrics["benchmark"]["cer"] == 0


def test_a_second_run_does_no_work_and_a_changed_parameter_only_its_own(
    project: Path, params: tuple[str, ...]
) -> None:
    first = shards(project)
    assert {name.split("/")[0] for name in first} == set(SHARDED)
    assert run_job(project, *params).code == 0
    assert shards(project) == first

    done = run_job(project, *params, "transcript.headers_and_footers=true")
    assert done.code == 0, done.output
    changed = {name.split("/")[0] for name, mark in shards(project).items() if first[name] != mark}
    assert changed == {"transcripts", "page_vectors"}


def test_a_misspelt_option_is_refused_before_the_first_node(fresh: Path) -> None:
    done = run_job(fresh, "ingest.sourc=/tmp")
    assert done.code == 2
    assert_plain(done, "OptionError", "ingest", "sourc")
    assert not (fresh / "data").exists()


def test_a_gpu_profile_ends_at_once_where_its_backend_is_missing(fresh: Path) -> None:
    done = run_job(fresh, arguments=("--env", "b200"))
    assert done.code == 2
    assert_plain(done, "BackendError: ")
    assert not (fresh / "data").exists()


def test_an_empty_folder_is_answered_with_advice(fresh: Path, tmp_path: Path) -> None:
    done = run_job(fresh, f"ingest.source={tmp_path}", *QUICK)
    assert done.code == 2
    assert_plain(done, "SourceError: ", str(tmp_path), "--params ingest.source=")
