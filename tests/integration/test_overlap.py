"""Stages beside each other: the results are those of stages one after another, also after `kill -9` anywhere."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest

from ocr_project.testing.fake_vllm import FakeVllm
from tests.waiting import PATIENCE
from tests.whole_job import (
    QUICK,
    copy_project,
    differences,
    kedro_run,
    rows,
    run_and_kill,
    run_job,
    running,
    shards,
    tables,
    write_pages,
)

PAGES = 10
OVERLAP = "runtime.overlap=true"
STAGES = ("ingest", "layout", "recognition", "transcript")


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    source = tmp_path_factory.mktemp("overlap") / "source"
    write_pages(source, PAGES)
    return (f"ingest.source={source}", "ingest.shard_pages=2", *QUICK)


@pytest.fixture(scope="module")
def straight(params: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project in which stages ran one after another."""
    project = copy_project(tmp_path_factory.mktemp("straight") / "project")
    done = run_job(project, *params)
    assert done.code == 0, done.output
    return project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_project(tmp_path / "project")


def made(project: Path) -> list[tuple[str, str]]:
    """Return the stage and the shard of each shard that the last run made, in the order of their time."""
    events = map(json.loads, (project / "data/08_reporting/events.jsonl").read_text().splitlines())
    return [(event["stage"], event["who"]) for event in events if event["what"] == "shard made"]


@pytest.mark.slow
def test_killed_runs_go_on_and_results_are_those_of_stages_one_after_another(
    project: Path, straight: Path, params: tuple[str, ...]
) -> None:
    before: dict[str, tuple[int, int]] = {}
    for moment in (2, 7):
        least = max(moment, len(before) + 1)
        assert run_and_kill(
            project,
            kedro_run((*params, OVERLAP)),
            when=lambda least=least: len(shards(project)) >= least,  # type: ignore[misc]
        )
        assert shards(project).items() >= before.items()
        before = shards(project)
    done = run_job(project, *params, OVERLAP)
    assert done.code == 0, done.output
    assert shards(project).items() >= before.items()
    assert differences(tables(project), tables(straight)) == []
    assert not list((project / "data").rglob("*.partial"))


def test_the_first_shard_comes_through_all_stages_before_the_last_is_read(
    project: Path, params: tuple[str, ...]
) -> None:
    done = run_job(project, *params, OVERLAP, arguments=("--pipelines", "ocr"))
    assert done.code == 0, done.output
    order = [stage for stage, _ in made(project)]
    assert order.index("transcript") < len(order) - 1 - order[::-1].index("recognition")
    timings = {stage: json.loads((project / f"metrics/{stage}.json").read_text()) for stage in STAGES}
    assert {timing["pages"] for timing in timings.values()} == {PAGES}
    again = run_job(project, *params, arguments=("--pipelines", "ocr"))
    assert "of 10 pages are done already" in again.output
    assert len(rows(project, "transcripts")) == PAGES


def test_transcripts_are_made_beside_recognition_by_servers(project: Path, params: tuple[str, ...]) -> None:
    with FakeVllm(pace=20) as server:
        served = (
            f"recognition.vllm.urls={server.url}",
            "recognition.vllm.model=fake",
            "recognition.vllm.dialect=glm_ocr",
        )
        reading = ("recognition.backend=vllm", "recognition.vllm.requests=4", "layout.backend=whole_page", *served)
        done = run_job(project, *params, *reading, OVERLAP, arguments=("--pipelines", "ocr"))
    assert done.code == 0, done.output
    order = [stage for stage, _ in made(project) if stage in ("recognition", "transcript")]
    last = len(order) - 1 - order[::-1].index("recognition")
    read, written = order[:last].count("recognition"), order[:last].count("transcript")
    assert (read, written >= read - 2) == (PAGES // 2 - 1, True), order


@pytest.mark.slow
def test_an_interrupted_run_says_so_and_goes_on(project: Path, straight: Path, params: tuple[str, ...]) -> None:
    with running(project, *kedro_run((*params, OVERLAP))) as (process, log):
        while process.poll() is None and len(shards(project)) < 3:
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PATIENCE) == 130, log.read_text()
        output = log.read_text()
    assert "Interrupted: finished work is kept" in output
    assert "Traceback" not in output
    done = run_job(project, *params, OVERLAP)
    assert done.code == 0, done.output
    assert differences(tables(project), tables(straight)) == []
