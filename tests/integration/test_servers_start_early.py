"""`kedro run` with servers of our own: started beside the stages before theirs, only for work, and none left."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ocr_project.testing.fake_vllm import EXECUTABLE
from tests.engine.ingest.office_files import write_docx
from tests.waiting import PATIENCE
from tests.whole_job import QUICK, copy_project, kedro_run, rows, run_job, running, write_pages

OCR = ("--pipelines", "ocr")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose recognition has servers of its own, four pages, and a file of the processes of its servers."""
    write_pages(tmp_path / "source", 4)
    folder = copy_project(tmp_path / "project")
    (tmp_path / "GLM-OCR").mkdir()
    (tmp_path / "GLM-OCR" / "config.json").write_text("{}")
    monkeypatch.setenv("FAKE_VLLM_PIDS", str(tmp_path / "pids"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    configure(folder)
    return folder


def configure(project: Path, **more: Any) -> None:
    vllm = {
        "model": str(project.parent / "GLM-OCR"),
        "command": list(EXECUTABLE),
        "crop_workers": 1,
        "server_args": ["--kv-cache-memory-bytes=1G"],
        "startup_seconds": 60,
        **more,
    }
    options = {"recognition": {"backend": "vllm", "vllm": vllm}, "ingest": {"source": str(project.parent / "source")}}
    (project / "conf" / "local" / "parameters.yml").write_text(yaml.safe_dump(options))


def processes(project: Path) -> list[int]:
    path = project.parent / "pids"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def events(project: Path) -> dict[tuple[str, str], float]:
    """Return when each thing happened first, by what and stage."""
    found: dict[tuple[str, str], float] = {}
    for line in (project / "data/08_reporting/events.jsonl").read_text().splitlines():
        event = json.loads(line)
        found.setdefault((event["what"], event["stage"]), event["at"])
    return found


def wait_until(true: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def is_gone(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_servers_start_before_layout_ends_and_a_run_with_nothing_to_do_starts_none(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_VLLM_START", "3")
    first = run_job(project, *QUICK, arguments=OCR)
    assert first.code == 0, first.output
    assert {row["status"] for row in rows(project, "recognitions")} == {"ok"}
    when = events(project)
    assert when["server started", "recognition"] < when["stage began", "layout"]
    assert when["server ready", "recognition"] < when["stage ended", "recognition"]
    assert when["stage began", "recognition"] < when["servers gone", "recognition"]  # beside what comes next
    started = processes(project)
    assert len(started) == 2, "one server and its engine"
    assert all(map(is_gone, started))

    again = run_job(project, *QUICK, arguments=OCR)
    assert again.code == 0, again.output
    assert processes(project) == started, "nothing was to be read"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
def test_a_corpus_that_brings_its_own_text_starts_none(project: Path) -> None:
    shutil.rmtree(project.parent / "source")
    (project.parent / "source").mkdir()
    write_docx(project.parent / "source" / "letter.docx", "A letter whose own text is exact, and is taken as it is.")
    done = run_job(project, "layout.backend=opencv", "runtime.progress=false", arguments=OCR)
    assert done.code == 0, done.output
    assert "exact" in "".join(row["text"] for row in rows(project, "recognitions"))
    assert processes(project) == []


def test_stages_beside_each_other_share_servers_that_start_early(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_VLLM_START", "1")
    done = run_job(project, *QUICK, "runtime.overlap=true", "ingest.shard_pages=1", arguments=OCR)
    assert done.code == 0, done.output
    assert {row["status"] for row in rows(project, "recognitions")} == {"ok"}
    when = events(project)
    assert when["server started", "recognition"] < when["stage ended", "layout"]
    assert when["stage began", "transcript"] < when["servers gone", "recognition"]
    started = processes(project)
    assert len(started) == 2, "one server and its engine"
    assert all(map(is_gone, started))


@pytest.mark.slow
def test_a_server_that_fails_says_so_and_finished_work_is_kept(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_VLLM", "exit")
    failed = run_job(project, *QUICK, arguments=OCR)
    assert failed.code == 2, failed.output
    assert "before it was ready" in failed.output
    assert "this went wrong" in failed.output
    assert len(rows(project, "regions")) == 4

    monkeypatch.setenv("FAKE_VLLM", "ok")
    done = run_job(project, *QUICK, arguments=OCR)
    assert done.code == 0, done.output


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGINT, id="ctrl-c"),
        pytest.param(signal.SIGTERM, id="term", marks=pytest.mark.slow),
        pytest.param(signal.SIGKILL, id="kill", marks=pytest.mark.slow),
    ],
)
def test_no_server_is_left_when_a_run_is_interrupted(
    project: Path, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_VLLM", "never")
    with running(project, *kedro_run(QUICK, OCR)) as (process, log):
        assert wait_until(lambda: len(processes(project)) == 2), log.read_text()
        os.kill(process.pid, number)
        assert wait_until(lambda: process.poll() is not None), log.read_text()
    assert wait_until(lambda: all(map(is_gone, processes(project))))
