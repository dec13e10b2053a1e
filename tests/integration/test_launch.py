"""Several workers on one corpus: on this machine, one of them killed; and on a Slurm of two nodes, one of them killed.

The cluster is `../shared/cluster/start.sh`'s: two nodes on this machine, for root, with Debian's packages of Slurm.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ocr_project.cli.launch.status import lines
from ocr_project.cli.launch.work import launches, read
from ocr_project.engine.running.timeline import read_timeline
from ocr_project.storage.claims import workers_of
from tests.engine.running.test_shared_file_systems import mount_exfat, unmount
from tests.slurm_cluster import daemons, idle_nodes, jobs, kill_node, start_node, start_now
from tests.whole_job import (
    QUICK,
    ROOT,
    Tables,
    copy_project,
    differences,
    rows,
    run_command,
    run_job,
    running,
    write_pages,
)

PAGES = 12
START = ROOT.parent / "shared" / "cluster" / "start.sh"
STAGES = ("pages", "regions", "recognitions", "transcripts")
LEASE = 6.0


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    source = tmp_path_factory.mktemp("launch") / "source"
    write_pages(source, PAGES)
    return (f"ingest.source={source}", "ingest.shard_pages=1", f"runtime.lease_seconds={LEASE}", *QUICK)


@pytest.fixture(scope="module")
def straight(params: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Return what one run makes of it."""
    project = copy_project(tmp_path_factory.mktemp("straight") / "project")
    done = run_job(project, *params, arguments=("--pipelines", "ocr"))
    assert done.code == 0, done.output
    return ocr_tables(project)


def ocr_tables(project: Path) -> Tables:
    found = {}
    for stage in STAGES:
        found[stage] = sorted(repr({k: v for k, v in row.items() if k != "seconds"}) for row in rows(project, stage))
    exports = project / "data" / "08_reporting" / "exports"
    return found | {
        str(path.relative_to(exports)): [path.read_text("utf-8")] for path in sorted(exports.rglob("*.md"))
    }


def launched(project: Path) -> Path | None:
    found = launches(project / "data")
    return found[-1] if found else None


def stored(project: Path, stage: str = "*") -> int:
    folder = launched(project)
    return 0 if folder is None else len(list(folder.glob(f"claims/{stage}/*.done")))


def wait_for(what: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.05)


@pytest.mark.parametrize("overlap", ["false", pytest.param("true", marks=pytest.mark.slow)])
def test_a_worker_killed_on_this_machine_leaves_its_shards_to_the_other(
    tmp_path: Path, params: tuple[str, ...], straight: Tables, overlap: str
) -> None:
    project = copy_project(tmp_path / "project")
    given = ",".join((*params, f"runtime.overlap={overlap}"))
    command = (sys.executable, "-m", "kedro", "launch", "local", "--workers", "2", "--params", given)
    with running(project, *command) as (process, log):
        wait_for(lambda: stored(project) >= PAGES + 2 or process.poll() is not None, 120)
        folder = launched(project)
        assert folder is not None, log.read_text()
        victim = next(iter(workers_of(folder)))
        os.kill(victim.pid, signal.SIGKILL)
        code = process.wait(timeout=180)
        output = log.read_text()
    assert code == 0, output
    assert "ended with -9" in output
    assert differences(ocr_tables(project), straight) == []
    time.sleep(LEASE)  # until then the killed one may be at work, for all that its folder says
    status = run_command(project, sys.executable, "-m", "kedro", "launch", "status")
    assert "1 done, 0 failed, 1 lost" in status.output, status.output


@pytest.mark.slow
def test_a_launch_whose_data_are_on_a_file_system_without_links(
    tmp_path: Path, params: tuple[str, ...], straight: Tables
) -> None:
    project, disk = copy_project(tmp_path / "project"), tmp_path / "disk"
    mount_exfat(disk)
    try:
        command = ("launch", "local", "--workers", "2", "--data", str(disk / "data"), "--params", ",".join(params))
        done = run_command(project, sys.executable, "-m", "kedro", *command)
        assert done.code == 0, done.output
        shutil.copytree(disk / "data", project / "data")
    finally:
        unmount(disk)
    assert differences(ocr_tables(project), straight) == []


def test_a_worker_makes_no_tables(tmp_path: Path, params: tuple[str, ...]) -> None:
    project = copy_project(tmp_path / "project")
    refused = run_job(project, *params, "runtime.slice=0/2", arguments=("--pipelines", "ocr"))
    assert refused.code == 2, refused.output
    assert "add `--tags shards`" in refused.output


@pytest.fixture(scope="module")
def cluster() -> None:
    """Start a cluster where none answers; it stays for the next test run."""
    if shutil.which("sinfo") is None or shutil.which("slurmctld") is None:
        pytest.skip("Slurm is not installed: Debian's slurm-wlm, slurmctld, slurmd and munge")
    pytest.importorskip("submitit")
    if not subprocess.run(["sinfo", "-h"], capture_output=True, timeout=60, check=False).stdout:
        if os.geteuid() != 0 or not START.is_file():
            pytest.skip(f"no Slurm answers, and {START} needs root to start one")
        try:
            subprocess.run(["bash", str(START)], check=True, timeout=120, capture_output=True, text=True)
        except subprocess.CalledProcessError as error:
            pytest.skip(f"{START} starts no Slurm here: {error.stderr[-300:]}")
    for name in ("node1", "node2"):
        if not daemons(name):  # of a test run that was stopped while a node was dead
            start_node(name)
    wait_for(lambda: idle_nodes() == 2, 60)


def test_a_launch_on_slurm_from_the_list_to_the_closing_run(tmp_path: Path, cluster: None) -> None:
    """Two jobs and a closing one; one stage of two pages, so that it is short enough for every change."""
    project = copy_project(tmp_path / "project")
    write_pages(project / "source", 2)
    sizes = ("--nodes", "2", "--cpus-per-task", "1", "--mem-gb", "1", "--gpus-per-node", "1", "--time", "5")
    params = ",".join(("ingest.source=source", "ingest.shard_pages=1", *QUICK))
    command = ("launch", "slurm", *sizes, "--pipelines", "ingest", "--params", params)
    made = run_command(project, sys.executable, "-m", "kedro", *command)
    assert made.code == 0, made.output
    folder = launched(project)
    assert folder is not None
    wait_for(lambda: not jobs(), 150)
    launch = read(folder)
    logs = {path.name: path.read_text() for path in launch.logs.rglob("*.out")}
    assert len({name.partition("_")[0] for name in logs}) == 2, "of the array, and of the closing job"
    assert sum(name.startswith(f"{launch.job}_") for name in logs) == 2
    assert stored(project) == 2, logs
    assert [info.ended for info in workers_of(folder)] == ["done", "done"], logs
    assert {info.job for info in workers_of(folder)} == {f"{launch.job}_0", f"{launch.job}_1"}
    assert (project / "metrics/ingest.json").is_file(), "the closing run was there"
    timeline = read_timeline(project / "data/08_reporting/timeline.json")
    assert (timeline.workers, timeline.silent) == (2, 0)
    said = "\n".join(lines(launch))
    assert "0 at work, 2 done, 0 failed, 0 lost" in said
    assert f"job {launch.job}: no longer in the queue" in said


@pytest.mark.slow
def test_a_node_killed_in_the_middle_of_a_slurm_launch(
    tmp_path: Path, params: tuple[str, ...], straight: Tables, cluster: None
) -> None:
    project = copy_project(tmp_path / "project")
    sizes = ("--nodes", "2", "--cpus-per-task", "2", "--mem-gb", "1", "--gpus-per-node", "1", "--time", "20")
    launch = (sys.executable, "-m", "kedro", "launch", "slurm", *sizes, "--params", ",".join(params))
    made = run_command(project, *launch)
    assert made.code == 0, made.output
    folder = launched(project)
    assert folder is not None
    wait_for(lambda: len(workers_of(folder)) == 2 and stored(project) >= PAGES + 2, 120)
    try:
        kill_node("node2")
        wait_for(lambda: stored(project) == len(STAGES) * PAGES, 180)
        assert len(workers_of(folder)) >= 2
    finally:
        start_node("node2")
        for job in jobs():
            start_now(job)
    exports = project / "data" / "08_reporting" / "exports"
    wait_for(lambda: len(list(exports.rglob("*.md"))) == PAGES and not jobs(), 240)
    assert differences(ocr_tables(project), straight) == []
