"""One run at a time: real processes, real locks."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from ocr_project.domain.errors import FolderBusy, StorageError
from ocr_project.storage.claims import Worker
from ocr_project.storage.run_lock import NAME, SLICES, RunLock, release_all

# Takes the lock, says how that went, and holds it until its input ends.
HOLDER = """
import sys
from pathlib import Path
from ocr_project.domain.errors import FolderBusy
from ocr_project.storage.run_lock import RunLock
sys.stdin.readline()
lock = RunLock(Path(sys.argv[1]))
try:
    lock.take()
except FolderBusy as busy:
    print("busy", busy, flush=True)
else:
    print("taken", flush=True)
    sys.stdin.readline()
    lock.release()
"""
GONE = 2**22 + 7  # above Linux's largest number of a process


@contextmanager
def holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a process that waits for a line, and then tries to take the lock."""
    command = (sys.executable, "-c", HOLDER, str(folder), "--env", "two words")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def told(process: subprocess.Popen[str]) -> str:
    """Let a holder go on, and return what it says."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return process.stdout.readline()


def content(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / NAME).read_text())
    return found


def leave(folder: Path, **changes: Any) -> None:
    """Leave a lock behind as a run that was killed does, with some of its facts changed."""
    lock = RunLock(folder)
    lock.take()
    left = content(folder)
    lock.release()
    (folder / NAME).write_text(json.dumps({**left, **changes}))


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    caplog.set_level(logging.WARNING)
    return lambda: caplog.text


def test_a_second_process_is_refused_and_told_who_is_at_work(tmp_path: Path) -> None:
    with holder(tmp_path) as first, holder(tmp_path) as second:
        assert told(first) == "taken\n"
        refusal = told(second)
        known = content(tmp_path)
        assert known["pid"] == first.pid
        for fact in (f"process {first.pid}", known["host"], known["started"], "--env 'two words'"):
            assert fact in refusal


def test_what_was_given_back_can_be_taken(tmp_path: Path, warnings: Callable[[], str]) -> None:
    with holder(tmp_path) as first:
        assert told(first) == "taken\n"
        told(first)
        first.wait()
    lock = RunLock(tmp_path)
    lock.take()
    lock.release()
    lock.release()
    assert (tmp_path / NAME).read_text() == ""
    assert warnings() == ""


def test_a_killed_process_leaves_a_lock_that_is_taken_over_with_a_warning(
    tmp_path: Path, warnings: Callable[[], str]
) -> None:
    with holder(tmp_path) as first:
        assert told(first) == "taken\n"
        first.kill()
        first.wait()
    lock = RunLock(tmp_path)
    lock.take()
    assert f"process {first.pid}" in warnings()
    assert content(tmp_path)["pid"] == os.getpid()
    lock.release()


@pytest.mark.parametrize("stale", [False, True])
def test_of_eight_that_race_one_wins(tmp_path: Path, stale: bool) -> None:
    if stale:
        leave(tmp_path, pid=GONE)
    with ExitStack() as stack:
        racers = [stack.enter_context(holder(tmp_path)) for _ in range(8)]
        time.sleep(0.5)  # they import, and wait for the line
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write("\n")
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.flush()
        said = [racer.stdout.readline() for racer in racers if racer.stdout is not None]
        assert sorted(one.split()[0] for one in said) == ["busy"] * 7 + ["taken"]
        assert content(tmp_path)["pid"] == racers[said.index("taken\n")].pid


def test_a_run_of_another_host_is_not_disturbed(tmp_path: Path) -> None:
    leave(tmp_path, host="node7", boot="other", machine="other")
    before = (tmp_path / NAME).read_bytes()
    with pytest.raises(FolderBusy, match=rf"on node7.*delete {tmp_path / NAME}"):
        RunLock(tmp_path).take()
    assert (tmp_path / NAME).read_bytes() == before
    (tmp_path / NAME).unlink()
    lock = RunLock(tmp_path)
    lock.take()
    lock.release()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"boot": "before"}, "the machine was started again"),
        ({"created": 1.0}, "the number of the process was used again"),
        ({"pid": GONE, "host": "a-container"}, "a container of this machine, gone by now"),
    ],
)
def test_a_stale_lock_is_taken_over(
    tmp_path: Path, changes: dict[str, Any], why: str, warnings: Callable[[], str]
) -> None:
    leave(tmp_path, **changes)
    lock = RunLock(tmp_path)
    lock.take()
    lock.release()
    assert "is taken over" in warnings(), why


@pytest.mark.parametrize("text", ["{", '{"pid": 1}', "[]", "\x00\x00"])
def test_a_damaged_lock_is_no_lock(tmp_path: Path, text: str, warnings: Callable[[], str]) -> None:
    (tmp_path / NAME).write_text(text)
    lock = RunLock(tmp_path)
    lock.take()
    assert content(tmp_path)["pid"] == os.getpid()
    lock.release()
    assert "cannot be read" in warnings()


@pytest.mark.parametrize(("changes", "free"), [({}, False), ({"created": 1.0}, True), ({"pid": GONE}, True)])
def test_without_flock_a_process_that_lives_is_respected(
    tmp_path: Path, changes: dict[str, Any], free: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(descriptor: int, operation: int) -> None:
        raise OSError(38, "Function not implemented")

    leave(tmp_path, **changes)
    monkeypatch.setattr(fcntl, "flock", no_locks)
    lock = RunLock(tmp_path)
    if free:
        lock.take()
        lock.release()
    else:
        with pytest.raises(FolderBusy, match="is in use"):
            lock.take()


def test_programs_that_are_started_do_not_inherit_the_lock(tmp_path: Path) -> None:
    lock = RunLock(tmp_path)
    lock.take()
    with subprocess.Popen(["sleep", "60"], close_fds=False) as outlives:
        lock.release()
        with holder(tmp_path) as next_run:
            assert told(next_run) == "taken\n"
        outlives.kill()


def test_a_forked_child_cannot_give_the_lock_back(tmp_path: Path) -> None:
    lock = RunLock(tmp_path)
    lock.take()
    child = os.fork()
    if child == 0:
        release_all()
        os._exit(0)
    os.waitpid(child, 0)
    assert content(tmp_path)["pid"] == os.getpid()
    release_all()
    assert (tmp_path / NAME).read_text() == ""


def test_a_folder_that_cannot_be_written_to_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be written"):
        RunLock(tmp_path / "file" / "data").take()


def test_workers_of_one_launch_are_welcome_and_a_run_of_its_own_is_not(tmp_path: Path) -> None:
    worker = Worker(tmp_path / "launch", 60)
    locks = [RunLock(tmp_path, str(tmp_path / "launch")) for _ in range(2)]
    for lock in locks:
        lock.take()
    with pytest.raises(FolderBusy, match="in use"):
        RunLock(tmp_path).take()
    locks[0].release()
    with pytest.raises(FolderBusy, match="in use"):
        RunLock(tmp_path).take()
    locks[1].release()
    alone = RunLock(tmp_path)
    alone.take()  # it has the flock: whatever showed life on this kernel a moment ago is gone
    alone.release()
    locks[0].take()
    locks[0].release()
    file = tmp_path / "launch" / "workers" / f"{worker.info.name}.json"
    file.write_text(json.dumps({**asdict(worker.info), "boot": "of another host"}), "utf-8")
    with pytest.raises(FolderBusy, match=r"1 workers of .*launch are at work on .*`kedro launch status` shows them"):
        RunLock(tmp_path).take()
    worker.end("done")
    alone = RunLock(tmp_path)
    alone.take()
    with pytest.raises(FolderBusy, match="another run is at work"):
        locks[0].take()
    alone.release()


def test_two_launches_do_not_share_a_folder(tmp_path: Path) -> None:
    Worker(tmp_path / "one", 60)
    first = RunLock(tmp_path, str(tmp_path / "one"))
    first.take()
    with pytest.raises(FolderBusy, match=r"1 workers of .*one are at work"):
        RunLock(tmp_path, str(tmp_path / "two")).take()
    first.release()


def test_slices_share_a_folder(tmp_path: Path) -> None:
    locks = [RunLock(tmp_path, SLICES) for _ in range(3)]
    for lock in locks:
        lock.take()
    with pytest.raises(FolderBusy):
        RunLock(tmp_path).take()
    for lock in locks:
        lock.release()
    alone = RunLock(tmp_path)
    alone.take()
    alone.release()


def test_slices_of_another_host_are_not_judged(tmp_path: Path) -> None:
    lock = RunLock(tmp_path, SLICES)
    lock.take()
    lock.release()
    left = json.loads((tmp_path / NAME).read_text("utf-8"))
    (tmp_path / NAME).write_text(json.dumps({**left, "host": "elsewhere", "boot": "other"}), "utf-8")
    RunLock(tmp_path, SLICES).take()
    release_all()
    (tmp_path / NAME).write_text(json.dumps({**left, "host": "elsewhere", "boot": "other"}), "utf-8")
    with pytest.raises(FolderBusy, match="whether one still runs cannot be seen"):
        RunLock(tmp_path).take()
