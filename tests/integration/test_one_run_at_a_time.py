"""`kedro run` beside another `kedro run` of the same folder, as users meet it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ocr_project.storage.run_lock import NAME
from tests.waiting import PATIENCE
from tests.whole_job import QUICK, copy_project, kedro_run, run_job, running, write_pages

PAGES = 12
STAGES = ("--pipelines", "ingest,layout,recognition")
WAIT = PATIENCE


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = copy_project(tmp_path_factory.mktemp("lock") / "project")
    write_pages(made / "samples/documents", PAGES)
    return made


def owner(project: Path) -> dict[str, Any]:
    path = project / "data" / NAME
    text = path.read_text() if path.is_file() else ""
    return json.loads(text) if text.endswith("}") else {}


def is_at_work(project: Path, process: subprocess.Popen[bytes]) -> bool:
    return owner(project).get("pid") == process.pid


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_second_is_refused_until_the_first_is_gone(project: Path) -> None:
    with running(project, *kedro_run(QUICK, STAGES)) as (first, _):
        wait_for(lambda: is_at_work(project, first))
        os.killpg(first.pid, signal.SIGSTOP)  # it lives, and does not get done while the second starts
        second = subprocess.run(
            kedro_run(QUICK, STAGES), cwd=project, capture_output=True, text=True, timeout=WAIT, check=False
        )
        assert second.returncode == 2
        assert f"process {first.pid} on " in second.stderr
        assert "Traceback" not in second.stderr
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
    after = run_job(project, *QUICK, arguments=STAGES)
    assert after.code == 0, after.output
    assert f"process {first.pid} on " in after.output
    assert "is taken over" in after.output
    assert owner(project) == {}


def test_a_run_that_ends_leaves_no_lock(project: Path) -> None:
    done = run_job(project, *QUICK, arguments=("--pipelines", "ingest"))
    assert done.code == 0, done.output
    assert (project / "data" / NAME).is_file()
    assert owner(project) == {}
    assert "taken over" not in done.output


def test_a_run_that_is_interrupted_or_fails_leaves_no_lock(project: Path) -> None:
    with running(project, *kedro_run((*QUICK, "ingest.dpi=90"), STAGES)) as (first, log):
        wait_for(lambda: is_at_work(project, first))
        first.send_signal(signal.SIGINT)
        assert first.wait() == 130, log.read_text()
    assert owner(project) == {}
    failed = run_job(project, *QUICK, "ingest.source=/not/there", arguments=STAGES)
    assert failed.code == 2
    assert owner(project) == {}
