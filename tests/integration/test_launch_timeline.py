"""`kedro launch local` with servers of its own leaves one timeline, one list of events, and logs for each worker."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ocr_project.cli.launch.work import launches
from ocr_project.engine.running.timeline import State, Timeline, read_timeline
from ocr_project.storage.claims import workers_of
from ocr_project.testing.fake_vllm import EXECUTABLE
from tests.integration.test_launch import wait_for
from tests.whole_job import QUICK, copy_project, run_command, running, write_pages

PAGES = 8
LAUNCH = (sys.executable, "-m", "kedro", "launch", "local", "--workers", "2", "--params")
PARAMS = ",".join((*QUICK, "ingest.shard_pages=1", "runtime.lease_seconds=6"))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose recognition has a server of its own, which takes two seconds to be ready, on card 1."""
    write_pages(tmp_path / "source", PAGES)
    folder = copy_project(tmp_path / "project")
    (tmp_path / "GLM-OCR").mkdir()
    (tmp_path / "GLM-OCR" / "config.json").write_text("{}")
    vllm = {
        "model": str(tmp_path / "GLM-OCR"),
        "command": list(EXECUTABLE),
        "crop_workers": 1,
        "server_args": ["--kv-cache-memory-bytes=1G"],
        "startup_seconds": 60,
    }
    options = {"recognition": {"backend": "vllm", "vllm": vllm}, "ingest": {"source": str(tmp_path / "source")}}
    (folder / "conf" / "local" / "parameters.yml").write_text(yaml.safe_dump(options))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("FAKE_VLLM_START", "2")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    return folder


def events(project: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (project / "data/08_reporting/events.jsonl").read_text().splitlines()]


def timeline(project: Path) -> Timeline:
    return read_timeline(project / "data/08_reporting/timeline.json")


def test_a_launch_leaves_a_timeline_events_in_order_and_logs_of_each_workers_servers(project: Path) -> None:
    done = run_command(project, *LAUNCH, PARAMS)
    assert done.code == 0, done.output
    (folder,) = launches(project / "data")
    names = {info.name for info in workers_of(folder)}
    assert {path.stem for path in (folder / "records").iterdir()} == names

    told = events(project)
    assert [one["at"] for one in told] == sorted(one["at"] for one in told)
    assert names <= {one["worker"] for one in told} <= {*names, "closing run"}
    made = [one for one in told if one["what"] == "shard made" and one["stage"] == "ingest"]
    assert len(made) == PAGES, "of both workers"
    started = [one for one in told if one["what"] == "server started"]
    assert {one["worker"] for one in started} == names
    assert {one["gpu"] for one in started} == {1}, "by the number of the machine, as in the footers of shards"

    found = timeline(project)
    assert (found.workers, found.silent) == (2, 0)
    lanes = {lane.name: lane for lane in found.lanes}
    assert {"ingest", "layout", "recognition", "transcript", "GPU 1"} <= lanes.keys()
    assert {span.share for span in lanes["recognition"].spans if span.state is State.BUSY} & {0.5, 1.0}
    assert any(span.state is State.STARTING for span in lanes["GPU 1"].spans)
    assert "2 workers" in done.output

    for worker in ("worker-0", "worker-1"):
        log = folder / "logs" / worker / "vllm" / "gpu0-0.log"
        assert log.read_text().count("--- ") == 1, "one server wrote it, once"
        assert str(log) in (folder / "logs" / f"{worker}.log").read_text()
    assert not (project / "logs" / "vllm").exists()


def test_of_a_worker_that_is_killed_the_timeline_says_that_it_told_nothing(project: Path) -> None:
    with running(project, *LAUNCH, PARAMS) as (process, log):
        folder = None

        def at_work() -> bool:
            nonlocal folder
            folder = next(iter(launches(project / "data")), None)
            return folder is not None and len(workers_of(folder)) == 2 and bool(list(folder.glob("claims/*/*.done")))

        wait_for(lambda: at_work() or process.poll() is not None, 120)
        assert folder is not None, log.read_text()
        victim = next(iter(workers_of(folder)))
        os.kill(victim.pid, signal.SIGKILL)
        code = process.wait(timeout=180)
        output = log.read_text()
    assert code == 0, output
    assert (timeline(project).workers, timeline(project).silent) == (1, 1)
    assert "1 more told nothing" in output
    assert victim.name not in {one["worker"] for one in events(project)}


def test_a_server_that_fails_is_explained_by_the_log_of_its_own_worker(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_VLLM", "exit")
    failed = run_command(project, *LAUNCH, PARAMS)
    assert failed.code != 0, failed.output
    (folder,) = launches(project / "data")
    for worker in ("worker-0", "worker-1"):
        said = (folder / "logs" / f"{worker}.log").read_text()
        assert "this went wrong" in said
        assert str(folder / "logs" / worker / "vllm" / "gpu0-0.log") in said
    status = run_command(project, sys.executable, "-m", "kedro", "launch", "status")
    assert f"{folder}/logs/worker-0.log, and those of its servers, {folder}/logs/worker-0" in status.output
