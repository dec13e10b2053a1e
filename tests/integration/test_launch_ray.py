"""Workers as tasks of a real Ray cluster of several nodes on this machine; one is removed in the middle."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ocr_project.cli.launch.on_ray import Needs, connected, submit
from ocr_project.cli.launch.work import launches
from ocr_project.domain.errors import BackendError
from ocr_project.storage.claims import workers_of
from tests.integration.test_launch import ocr_tables
from tests.whole_job import QUICK, copy_project, differences, run_job, running, write_pages

PAGES = 12
# Says that it has begun and waits; the second time it ends at once. Its number is that of its log.
WORK = (
    "import os, pathlib, sys, time; log = os.environ['OCR_PROJECT_JOB']; mark = pathlib.Path(log + '.begun');"
    "again = mark.exists(); mark.touch(); print(log, 'again' if again else 'first', flush=True);"
    "again or time.sleep(600) if log == 'worker-1.log' else None; sys.exit(int(log[7]) + 3)"
)


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A head on which no worker runs, and what adds and removes nodes of one core."""
    pytest.importorskip("ray", reason="the extra `ray` is not installed")
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    yield made
    made.shutdown()


def wait_for(what: Callable[[], object], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.05)


@pytest.mark.slow
def test_a_task_of_a_node_that_is_removed_is_run_by_another(cluster: Any, tmp_path: Path) -> None:
    for _ in range(2):
        cluster.add_node(num_cpus=1)
    with connected(cluster.address) as ray:
        commands = [(sys.executable, "-c", WORK)] * 2
        tasks = submit(ray, commands, tmp_path, tmp_path, Needs())
        wait_for((tmp_path / "worker-1.log.begun").exists, 60)
        assert ray.get(tasks[0], timeout=60) == 3
        for node in list(cluster.worker_nodes):
            cluster.add_node(num_cpus=1)
            cluster.remove_node(node, allow_graceful=False)
        assert ray.get(tasks[1], timeout=60) == 4, "where it was is gone, whichever node that was"
    assert (tmp_path / "worker-1.log").read_text().split("\n")[:2] == ["worker-1.log first", "worker-1.log again"]


@pytest.mark.slow
def test_a_node_removed_in_the_middle_of_a_launch(cluster: Any, tmp_path: Path) -> None:
    write_pages(tmp_path / "source", PAGES)
    params = (f"ingest.source={tmp_path / 'source'}", "ingest.shard_pages=1", "runtime.lease_seconds=6", *QUICK)
    straight = copy_project(tmp_path / "straight")
    assert run_job(straight, *params, arguments=("--pipelines", "ocr")).code == 0
    project = copy_project(tmp_path / "project")
    cluster.add_node(num_cpus=1)
    removed = cluster.add_node(num_cpus=1)
    command = ("launch", "ray", "--workers", "2", "--address", cluster.address, "--params", ",".join(params))
    with running(project, sys.executable, "-m", "kedro", *command) as (process, log):

        def both_at_work() -> bool:
            assert process.poll() is None, log.read_text()
            found = launches(project / "data")
            return bool(found) and len(workers_of(found[-1])) == 2 and bool(list(found[-1].glob("claims/*/*.done")))

        wait_for(both_at_work, 120)
        cluster.remove_node(removed, allow_graceful=False)
        code = process.wait(timeout=240)
        output = log.read_text()
    assert code == 0, output
    (folder,) = launches(project / "data")
    ended = [info.ended for info in workers_of(folder)]
    assert sorted(ended) == ["", "done", "done"], "one was killed, and ran once more where there was room"
    assert differences(ocr_tables(project), ocr_tables(straight)) == []


def test_a_cluster_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray", reason="the extra `ray` is not installed")
    monkeypatch.setenv("RAY_RAYLET_START_WAIT_TIME_S", "1")
    with pytest.raises(BackendError, match=r"there is no Ray cluster at auto"), connected("auto"):
        pass
