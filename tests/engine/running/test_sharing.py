"""Several processes on one folder of shards: each shard is made, once if no process is killed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from ocr_project.domain.options import RuntimeOptions
from ocr_project.domain.types import Page, ShardInfo
from ocr_project.engine.running import sharing
from ocr_project.engine.running.keep import keep_all
from ocr_project.engine.running.plan import pending
from ocr_project.engine.running.sharing import is_in_slice, share_of
from ocr_project.engine.running.stage_metrics import measure_stage
from ocr_project.engine.running.stream import stream
from ocr_project.storage.claims import Claims, Worker
from ocr_project.storage.lineages import LineageFolder
from ocr_project.testing.fakes import MemoryShards, identity, page
from tests.waiting import PATIENCE, wait_for

WORKER = """
import sys, time
from pathlib import Path
from ocr_project.domain.options import RuntimeOptions
from tests.engine.running.test_sharing import make
make(Path(sys.argv[1]), RuntimeOptions(workers=2, progress=False, launch=sys.argv[2], lease_seconds=1.0), 0.05)
"""
WANTED = {f"d{n:02}_00001": ShardInfo(f"d{n:02}_00001", f"key {n}", f"d{n:02}", 3) for n in range(24)}


def make(
    folder: Path, runtime: RuntimeOptions, seconds: float = 0.0, before: Callable[[], object] = lambda: None
) -> list[str]:
    """Run a stage as a node does, with something before each batch; return the shards that this process made."""
    done = LineageFolder(folder, Page)

    def work(batch: Sequence[Page]) -> Sequence[Page]:
        before()
        time.sleep(seconds)
        return batch

    plan = pending(WANTED, done, "layout", identity(), runtime.retry)
    made = keep_all(
        done, stream(plan, lambda name: [page(n, name.partition("_")[0]) for n in (1, 2, 3)], work, runtime)
    )
    return [info.name for info in made.shards]


def rows(folder: Path) -> list[tuple[str, int]]:
    return [(row.page_id, row.number) for row in LineageFolder(folder, Page).rows()]


def runtime(**changes: object) -> RuntimeOptions:
    return RuntimeOptions.model_validate({"workers": 2, "progress": False, "ahead": 1, **changes})


def test_workers_of_a_launch_make_each_shard_once_and_end_together(tmp_path: Path) -> None:
    at_work: set[int] = set()

    def wait_for_all(number: int) -> None:
        at_work.add(number)
        wait_for(lambda: len(at_work) == 3)  # no worker makes all of it before the others have begun

    def work(number: int) -> list[str]:
        # one process has one worker of a launch: threads stand for processes by leases that differ
        own = runtime(launch=tmp_path / "launch", lease_seconds=60 + number)
        made = make(tmp_path / "shards", own, 0.004, lambda: wait_for_all(number))
        assert len(rows(tmp_path / "shards")) == 72, "the stage ends, for all, when all of it is there"
        return made

    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(work, range(3)))
    assert sorted(name for names in made for name in names) == list(WANTED)
    assert all(made)
    alone = make(tmp_path / "alone", runtime())
    assert len(alone) == 24
    assert rows(tmp_path / "alone") == rows(tmp_path / "shards")


def test_a_worker_has_no_more_at_once_than_its_part_of_what_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it looks ahead may be more pages than there are, and the servers of the others may be late."""
    monkeypatch.setattr(sharing, "_PAUSE_A_WORKER", 0.0)
    wanted = {name: replace(info, pages=100) for name, info in WANTED.items()}
    plan = pending(wanted, LineageFolder(tmp_path / "shards", Page), "layout", identity())
    workers = [share_of(plan, runtime(launch=tmp_path / "launch", lease_seconds=60 + n)) for n in (1, 2, 3)]
    taken = [list(worker.take()) for worker in workers]
    assert [len(infos) for infos in taken] == [8, 8, 8]
    for infos in taken:
        assert infos.pop()
    made = 0
    while any(taken):
        for worker, infos in zip(workers, taken, strict=True):
            if infos:
                worker.finish(infos.pop(0))
                made += 1
            assert not list(worker.take())
    assert made == 21


@pytest.mark.parametrize(
    ("pages", "workers", "taken"),
    [
        (200, 1, [6]),  # 1,024 pages however much is left
        (100, 6, [6, 6, 6, 6, 0, 0]),  # 512 pages however little is left
        (300, 4, [4, 4, 4, 4]),
    ],
)
def test_a_worker_has_enough_for_a_card_and_no_more(
    tmp_path: Path, pages: int, workers: int, taken: Sequence[int]
) -> None:
    wanted = {name: replace(info, pages=pages) for name, info in WANTED.items()}
    plan = pending(wanted, LineageFolder(tmp_path / "shards", Page), "layout", identity())
    shares = [share_of(plan, runtime(launch=tmp_path / "launch", lease_seconds=60 + n)) for n in range(workers)]
    assert [len(list(share.take())) for share in shares] == list(taken)


def test_a_worker_that_is_gone_or_at_its_end_is_left_nothing(tmp_path: Path) -> None:
    workers = [Worker(tmp_path, 60.0 + n) for n in range(3)]
    claims = [Claims(worker, "lineage") for worker in workers]
    assert [one.count_workers() for one in claims] == [3, 3, 3]
    workers[1].end("done")
    assert claims[0].count_workers() == 2
    os.utime(tmp_path / "workers" / f"{workers[2].info.name}.json", (time.time() - 90,) * 2)
    assert claims[0].count_workers() == 1


def test_claims_are_not_looked_at_while_there_are_shards_to_ask_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 10,000 shards that is 20,000 questions to a file server, by each worker, before it begins."""
    plan = pending(WANTED, LineageFolder(tmp_path / "shards", Page), "layout", identity())
    worker = share_of(plan, runtime(launch=tmp_path / "launch"))
    looks: list[str] = []
    own = Claims.is_free
    monkeypatch.setattr(Claims, "is_free", lambda self, name: looks.append(name) or own(self, name))
    assert worker.wait()
    assert not looks
    taken = list(worker.take())
    while taken:
        worker.finish(taken.pop())
        taken += worker.take()
    assert not worker.wait()


def test_killed_workers_cost_nothing_but_time(tmp_path: Path) -> None:
    chance = random.Random(7)
    command = (sys.executable, "-c", WORKER, str(tmp_path / "shards"), str(tmp_path / "launch"))
    processes = [subprocess.Popen(command) for _ in range(2)]
    try:
        for stored in (2, 9):
            while len(list((tmp_path / "launch").glob("claims/*/*.done"))) < stored:
                assert any(process.poll() is None for process in processes)
                time.sleep(0.02)
            victim = chance.randrange(2)
            processes[victim].kill()
            processes[victim].wait()
            processes[victim] = subprocess.Popen(command)
        assert [process.wait(PATIENCE) for process in processes] == [0, 0]
    finally:
        for process in processes:
            process.kill()
    make(tmp_path / "alone", runtime())
    assert rows(tmp_path / "alone") == rows(tmp_path / "shards")
    assert make(tmp_path / "shards", runtime()) == [], "and an ordinary run finds all of it"
    assert not list((tmp_path / "shards").rglob("*.partial"))


def test_slices_are_the_whole_and_do_not_meet(tmp_path: Path) -> None:
    made = [make(tmp_path, runtime(slice=f"{part}/4")) for part in range(4)]
    assert Counter(name for names in made for name in names) == Counter(list(WANTED))
    assert all(is_in_slice(name, part, 4) for part, names in enumerate(made) for name in names)


@pytest.mark.parametrize("value", ["4/4", "x/2", "1", "-1/3"])
def test_a_slice_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(ValidationError, match="part"):
        RuntimeOptions.model_validate({"slice": value})


def test_workers_forget_nothing(tmp_path: Path) -> None:
    """What is stale to one may be what another is about to read."""
    stale = ShardInfo("old_00001", "k", "old", 1)
    done = MemoryShards({"old_00001": (stale, [])})
    plan = pending(WANTED, done, "layout", identity())
    first = next(iter(stream(plan, lambda name: [page(1, name)], lambda batch: batch, runtime(slice="0/2"))))
    assert getattr(first, "info", None), "a shard, and no Prune"


def test_seconds_side_by_side_count_once() -> None:
    infos = [
        ShardInfo("a", "k", "a", 5, wall_seconds=10.0, process="one-1", made=110.0),
        ShardInfo("b", "k", "b", 5, wall_seconds=8.0, process="two-1", made=112.0),
        ShardInfo("c", "k", "c", 5, wall_seconds=10.0, process="one-2", made=510.0),
        ShardInfo("d", "k", "d", 5, wall_seconds=4.0),
    ]
    shards = MemoryShards({info.name: (info, []) for info in infos})
    found = measure_stage(shards, RuntimeOptions())
    assert found["seconds"] == 12.0 + 10.0 + 4.0
