"""`kill -9` and Ctrl-C lose no more than what was in flight: a small form of benchmarks/resume.py."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.waiting import PATIENCE
from tests.whole_job import (
    QUICK,
    copy_project,
    differences,
    kedro_run,
    run_and_kill,
    run_job,
    running,
    shards,
    tables,
    write_pages,
)

PAGES = 10
KILLED_AT = (1, 6)  # shards on disk: while pages are rendered, and while they are read
INTERRUPTED_AT = 8


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    source = tmp_path_factory.mktemp("resume") / "source"
    write_pages(source, PAGES)
    return (f"ingest.source={source}", "ingest.shard_pages=2", *QUICK)


@pytest.fixture(scope="module")
def straight(params: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project in which the job ran undisturbed."""
    project = copy_project(tmp_path_factory.mktemp("straight") / "project")
    done = run_job(project, *params)
    assert done.code == 0, done.output
    assert len(shards(project)) > max(*KILLED_AT, INTERRUPTED_AT)
    return project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_project(tmp_path / "project")


def test_killed_runs_go_on_where_they_were(project: Path, straight: Path, params: tuple[str, ...]) -> None:
    before: dict[str, tuple[int, int]] = {}
    for moment in KILLED_AT:
        assert run_and_kill(project, kedro_run(params), when=lambda moment=moment: len(shards(project)) >= moment)
        after = shards(project)
        assert len(after) >= moment
        assert after.items() >= before.items()
        before = after
    done = run_job(project, *params)
    assert done.code == 0, done.output
    assert shards(project).items() >= before.items()
    assert differences(tables(project), tables(straight)) == []
    assert not list((project / "data").rglob("*.partial"))


def test_an_interrupted_run_says_so_and_goes_on(project: Path, straight: Path, params: tuple[str, ...]) -> None:
    with running(project, *kedro_run(params)) as (process, log):
        while process.poll() is None and len(shards(project)) < INTERRUPTED_AT:
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PATIENCE) == 130
        output = log.read_text()
    assert "Interrupted: finished work is kept" in output
    assert "Traceback" not in output
    before = shards(project)
    assert len(before) >= INTERRUPTED_AT
    done = run_job(project, *params)
    assert done.code == 0, done.output
    assert shards(project).items() >= before.items()
    assert differences(tables(project), tables(straight)) == []
