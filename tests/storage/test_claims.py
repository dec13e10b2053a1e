"""Who makes which shard: claims of several workers, some of them gone."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ocr_project.domain.errors import StorageError
from ocr_project.storage.claims import Claims, Worker, living, workers_of
from tests.waiting import wait_for

QUICK = 0.4  # seconds of the lease of a worker that is to show life often; those that judge it have the lease below
LEASE = 60.0
# Claims a shard, and is killed, or waits to be.
CLAIMANT = """
import sys, time
from pathlib import Path
from ocr_project.storage.claims import Claims, Worker
claims = Claims(Worker(Path(sys.argv[1]), float(sys.argv[2])), "lineage")
print(claims.take("a"), flush=True)
time.sleep(60)
"""


def test_a_shard_has_one_worker(tmp_path: Path) -> None:
    first, second = (Claims(Worker(tmp_path, 60), "lineage") for _ in range(2))
    assert first.take("a")
    assert not second.take("a")
    assert second.take("b")


def test_of_many_that_ask_at_once_one_has_it(tmp_path: Path) -> None:
    claims = [Claims(Worker(tmp_path, 60), "lineage") for _ in range(8)]
    barrier = threading.Barrier(8)

    def ask(mine: Claims) -> list[str]:
        barrier.wait()
        return [name for name in map(str, range(40)) if mine.take(name)]

    with ThreadPoolExecutor(8) as pool:
        taken = [name for names in pool.map(ask, claims) for name in names]
    assert sorted(taken, key=int) == [str(number) for number in range(40)]


def test_what_is_stored_is_nobodys(tmp_path: Path) -> None:
    first, second = (Claims(Worker(tmp_path, 60), "lineage") for _ in range(2))
    assert first.take("a")
    first.finish("a")
    assert not second.is_free("a")
    assert not second.take("a")
    assert second.undone(["a", "b"]) == ["b"]


def test_a_killed_worker_loses_its_shard_after_the_lease_and_one_gets_it(tmp_path: Path) -> None:
    claims = [Claims(Worker(tmp_path, LEASE), "lineage") for _ in range(3)]
    command = (sys.executable, "-c", CLAIMANT, str(tmp_path), str(QUICK))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        (file,) = (tmp_path / "workers").glob(f"*-{process.pid}-*.json")
        make_older(file, LEASE)
        wait_for(lambda: not any(mine.is_free("a") for mine in claims), "it lives, and says so")
        process.kill()
    assert not claims[0].is_free("a"), "it may be at work for all that others know"
    make_older(file, LEASE)
    assert [mine.take("a") for mine in claims].count(True) == 1


def test_a_worker_that_ends_leaves_its_shards_at_once(tmp_path: Path) -> None:
    worker, other = Worker(tmp_path, 60), Worker(tmp_path, 60)
    assert Claims(worker, "lineage").take("a")
    worker.end("failed")
    assert Claims(other, "lineage").take("a")
    ended = {info.name: info.ended for info in workers_of(tmp_path)}
    assert ended == {worker.info.name: "failed", other.info.name: ""}


def test_a_claim_without_a_name_is_held_as_long_as_a_lease(tmp_path: Path) -> None:
    """Its worker was killed between the two."""
    claims = Claims(Worker(tmp_path, LEASE), "lineage")
    claim = tmp_path / "claims" / "lineage" / "a.1"
    claim.touch()
    assert not claims.take("a")
    make_older(claim, LEASE)
    assert claims.take("a")


def test_a_shard_that_ends_every_worker_is_given_up(tmp_path: Path) -> None:
    for _ in range(12):
        worker = Worker(tmp_path, 60)
        assert Claims(worker, "lineage").take("a")
        worker.end("failed")
    with pytest.raises(StorageError, match=r"shard a was taken up 12 times"):
        Claims(Worker(tmp_path, 60), "lineage").take("a")


def test_times_are_those_of_the_file_server(tmp_path: Path) -> None:
    """A worker whose clock goes wrong is not gone: its file has the time that the server gave it."""
    worker, other = Worker(tmp_path, 60), Worker(tmp_path, 60)
    assert worker.is_alive(other.info.name)
    make_older(tmp_path / "workers" / f"{other.info.name}.json", 60)
    assert not worker.is_alive(other.info.name)
    assert [info.name for info in living(tmp_path, worker.now())] == [worker.info.name]


def make_older(file: Path, seconds: float) -> None:
    """Let so much time go by since a file was touched, and a second."""
    then = time.time() - seconds - 1
    os.utime(file, (then, then))
