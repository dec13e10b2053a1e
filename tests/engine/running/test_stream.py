"""Resume and overlap."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import pytest

from ocr_project.domain.options import RuntimeOptions
from ocr_project.domain.types import Page, Prune, Shard, ShardInfo
from ocr_project.engine.running.events import EVENTS, Happening
from ocr_project.engine.running.plan import pending
from ocr_project.engine.running.stream import join_pages, stream
from ocr_project.testing.fakes import MemoryShards, identity, page
from tests.waiting import PATIENCE

QUIET = RuntimeOptions(workers=2, progress=False, ahead=1)


def source(**pages: int) -> dict[str, ShardInfo]:
    return {name: ShardInfo(name, f"key of {name}", order=name, pages=count) for name, count in pages.items()}


def numbers(plan_pages: dict[str, int]):
    return lambda name: (page(n, name) for n in range(1, plan_pages[name] + 1))


def echo(batch: Sequence[Page]) -> Sequence[Page]:
    return batch


def test_everything_is_pending_at_first() -> None:
    plan = pending(source(a=2, b=3), MemoryShards(), "layout", identity())
    assert [info.name for info in plan.todo] == ["a", "b"]
    assert plan.done == 0


def test_nothing_is_pending_twice() -> None:
    first = pending(source(a=2, b=3), MemoryShards(), "layout", identity())
    done = MemoryShards({info.name: (info, []) for info in first.todo})
    again = pending(source(a=2, b=3), done, "layout", identity())
    assert again.todo == ()
    assert again.done == 5


@pytest.mark.parametrize("change", ["source", "identity", "stage"])
def test_a_change_upstream_makes_it_pending_again(change: str) -> None:
    first = pending(source(a=2), MemoryShards(), "layout", identity())
    done = MemoryShards({info.name: (info, []) for info in first.todo})
    sources = {"a": ShardInfo("a", "another key", "a", 2)} if change == "source" else source(a=2)
    stage = "recognition" if change == "stage" else "layout"
    who = identity(dpi=300) if change == "identity" else identity()
    assert len(pending(sources, done, stage, who).todo) == 1


def test_shards_that_left_the_corpus_are_pruned() -> None:
    done = MemoryShards({"old": (ShardInfo("old", "k", "old", 1), [])})
    plan = pending(source(a=1), done, "layout", identity())
    first = next(iter(stream(plan, numbers({"a": 1}), echo, QUIET)))
    assert first == Prune(("old",), plan.lineage)


def test_rows_keep_the_order_of_their_pages_though_workers_race() -> None:
    def slow_at_first(batch: Sequence[Page]) -> Sequence[Page]:
        time.sleep(0.03 if batch[0].number == 1 else 0.0)
        return batch

    plan = pending(source(a=5, b=4), MemoryShards(), "layout", identity())
    shards = {s.info.name: s for s in stream(plan, numbers({"a": 5, "b": 4}), slow_at_first, QUIET)}  # type: ignore[union-attr]
    assert [row.number for row in shards["a"].rows] == [1, 2, 3, 4, 5]
    assert [row.number for row in shards["b"].rows] == [1, 2, 3, 4]


def test_a_slow_page_does_not_hold_back_the_shards_behind_it() -> None:
    release = threading.Event()

    def work(batch: Sequence[Page]) -> Sequence[Page]:
        if batch[0].page_id == "a_00001":
            assert release.wait(PATIENCE)
        return batch

    plan = pending(source(a=1, b=2, c=2), MemoryShards(), "layout", identity())
    names = []
    for shard in stream(plan, numbers({"a": 1, "b": 2, "c": 2}), work, QUIET):
        assert isinstance(shard, Shard)
        names.append(shard.info.name)
        if len(names) == 1:  # b came while a was still being worked on
            release.set()
    assert names[0] == "b"
    assert sorted(names) == ["a", "b", "c"]


def test_no_more_shards_are_begun_than_there_are_workers() -> None:
    counts = {name: 1 for name in "abcdefgh"}
    finished: list[str] = []

    def work(batch: Sequence[Page]) -> Sequence[Page]:
        finished.append(batch[0].doc_id)
        return batch

    plan = pending(source(**counts), MemoryShards(), "layout", identity())
    saved = 0
    for saved, _ in enumerate(stream(plan, numbers(counts), work, RuntimeOptions(workers=2, progress=False)), 1):
        time.sleep(0.02)  # saving takes its time, and the workers have next to nothing to do
        assert len(finished) <= saved + 1
    assert saved == len(counts)


def test_reading_ahead_is_bounded() -> None:
    read: list[int] = []
    gate = threading.Event()

    def reading(name: str):
        for n in range(1, 101):
            read.append(n)
            yield page(n, name)

    def work(batch: Sequence[Page]) -> Sequence[Page]:
        assert gate.wait(PATIENCE)
        return batch

    plan = pending(source(a=100), MemoryShards(), "layout", identity())
    results = stream(plan, reading, work, QUIET)
    consumer = threading.Thread(target=lambda: list(results))
    consumer.start()
    time.sleep(0.2)
    ahead = len(read)
    gate.set()
    consumer.join(PATIENCE)
    assert ahead <= QUIET.workers * (1 + QUIET.ahead) + 1
    assert len(read) == 100


def test_an_error_ends_the_stream_and_what_was_handed_on_stays() -> None:
    def work(batch: Sequence[Page]) -> Sequence[Page]:
        if batch[0].doc_id == "b":
            raise RuntimeError("boom")
        return batch

    plan = pending(source(a=1, b=1, c=1), MemoryShards(), "layout", identity())
    results = stream(plan, numbers({"a": 1, "b": 1, "c": 1}), work, RuntimeOptions(workers=1, progress=False, ahead=1))
    with pytest.raises(RuntimeError, match="boom"):
        list(results)
    assert not [t for t in threading.enumerate() if t.name.startswith("layout_")]


def test_no_thread_is_left_when_the_consumer_stops_asking() -> None:
    plan = pending(source(a=1, b=1, c=1), MemoryShards(), "layout", identity())
    results = stream(plan, numbers({"a": 1, "b": 1, "c": 1}), echo, QUIET)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert not [t for t in threading.enumerate() if t.name.startswith("layout_")]


def test_a_shard_without_pages_is_still_a_shard() -> None:
    plan = pending(source(a=0), MemoryShards(), "layout", identity())
    (shard,) = stream(plan, numbers({"a": 0}), echo, QUIET)
    assert isinstance(shard, Shard)
    assert shard.rows == []


def test_wall_seconds_add_up_to_the_time_of_the_stage() -> None:
    def work(batch: Sequence[Page]) -> Sequence[Page]:
        time.sleep(0.02)
        return batch

    plan = pending(source(a=4, b=4), MemoryShards(), "layout", identity())
    began = time.perf_counter()
    shards = list(stream(plan, numbers({"a": 4, "b": 4}), work, QUIET))
    took = time.perf_counter() - began
    wall = sum(s.info.wall_seconds for s in shards if isinstance(s, Shard))
    busy = sum(s.info.busy_seconds for s in shards if isinstance(s, Shard))
    assert 4 * 0.02 <= wall <= took, "two workers cannot be done before, and no second counts twice"
    assert busy >= 8 * 0.02


def test_joining_refuses_shards_of_different_corpora() -> None:
    with pytest.raises(ValueError, match="run the stage again"):
        list(join_pages(iter([page(1)]), iter([page(2)])))


def test_joining_groups_rows_by_page() -> None:
    rows = [page(1), page(1), page(2)]
    joined = list(join_pages(iter([page(1), page(2)]), iter(rows)))
    assert [len(found) for _, found in joined] == [2, 1]


def test_the_first_page_that_is_done_is_noted_once_before_its_shard() -> None:
    EVENTS.take()
    plan = pending(source(a=3), MemoryShards(), "layout", identity())
    list(stream(plan, numbers({"a": 3}), echo, QUIET))
    happened = [event.what for event in EVENTS.take()]
    assert happened == [Happening.STAGE_BEGAN, Happening.FIRST_DONE, Happening.SHARD_MADE, Happening.STAGE_ENDED]
