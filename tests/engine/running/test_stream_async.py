"""Work that is done elsewhere keeps the promises of work in threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future

import pytest

from ocr_project.domain.options import RuntimeOptions
from ocr_project.domain.types import Page, Shard, ShardInfo
from ocr_project.engine.running.plan import pending
from ocr_project.engine.running.stream import stream
from ocr_project.engine.running.workers import AsyncWork
from ocr_project.testing.fakes import MemoryShards, identity, page
from tests.waiting import PATIENCE, wait_for

QUIET = RuntimeOptions(workers=1, progress=False, ahead=1)


class Office:
    """Takes batches, and answers them when it is told to."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Sequence[Page], Future[Sequence[Page]]]] = []
        self.most = 0
        self.answered = 0

    def submit(self, items: Sequence[Page]) -> Future[Sequence[Page]]:
        future: Future[Sequence[Page]] = Future()
        self.waiting.append((items, future))
        self.most = max(self.most, len(self.waiting))
        return future

    def answer(self, number: int = -1) -> None:
        items, future = self.waiting.pop(number)
        self.answered += 1
        future.set_result(items)


def plan_of(**pages: int):
    infos = {name: ShardInfo(name=name, key=name, order=name, pages=count) for name, count in pages.items()}
    return pending(infos, MemoryShards(), "recognition", identity())


def reading(pages: dict[str, int]):
    return lambda name: (page(number, name) for number in range(1, pages[name] + 1))


def answering(office: Office, total: int) -> threading.Thread:
    def run() -> None:
        while office.answered < total:
            if office.waiting:
                office.answer()  # the last comes first
            time.sleep(0.001)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_order_is_kept_and_no_more_than_the_limit_are_out() -> None:
    office, pages = Office(), {"a": 7, "b": 5, "c": 1}
    thread = answering(office, 13)
    found = list(stream(plan_of(**pages), reading(pages), AsyncWork(office.submit, 4), QUIET))
    thread.join(PATIENCE)
    shards = {shard.info.name: shard for shard in found if isinstance(shard, Shard)}
    assert {name: [row.number for row in shard.rows] for name, shard in shards.items()} == {
        name: list(range(1, count + 1)) for name, count in pages.items()
    }
    assert office.most <= 4
    assert all(shard.info.workers == 4 and shard.info.busy_seconds > 0 for shard in shards.values())


def test_pages_of_several_shards_are_out_at_once() -> None:
    office, pages = Office(), {"a": 1, "b": 1, "c": 1}
    results: Iterator[object] = iter(stream(plan_of(**pages), reading(pages), AsyncWork(office.submit, 3), QUIET))
    consumer = threading.Thread(target=lambda: list(results), daemon=True)
    consumer.start()
    wait_for(lambda: len(office.waiting) == 3)
    assert {items[0].doc_id for items, _ in office.waiting} == {"a", "b", "c"}
    for _ in range(3):
        office.answer()
    consumer.join(PATIENCE)
    assert not consumer.is_alive()


def test_an_error_ends_the_stream_and_cancels_what_is_out() -> None:
    out: list[Future[Sequence[Page]]] = []

    def submit(items: Sequence[Page]) -> Future[Sequence[Page]]:
        future: Future[Sequence[Page]] = Future()
        out.append(future)
        if len(out) == 3:
            future.set_exception(RuntimeError("no server"))
        return future

    # a future that was told of its end, as those of an executor or of asyncio are
    def settle() -> None:
        while not all(future.done() for future in out) or len(out) < 3:
            time.sleep(0.001)
        for future in out:
            if future.cancelled():
                future.set_running_or_notify_cancel()

    thread = threading.Thread(target=settle, daemon=True)
    thread.start()
    with pytest.raises(RuntimeError, match="no server"):
        list(stream(plan_of(a=9), reading({"a": 9}), AsyncWork(submit, 3), QUIET))
    assert [future.cancelled() for future in out] == [True, True, False]


def test_nothing_is_out_when_the_consumer_stops_asking() -> None:
    office = Office()
    results = stream(plan_of(a=1, b=4), reading({"a": 1, "b": 4}), AsyncWork(office.submit, 5), QUIET)

    def one() -> None:
        while len(office.waiting) < 5:
            time.sleep(0.001)
        rest = [future for _, future in office.waiting[1:]]
        office.answer(0)
        while not all(future.cancelled() for future in rest):
            time.sleep(0.001)
        for future in rest:
            future.set_running_or_notify_cancel()

    thread = threading.Thread(target=one, daemon=True)
    thread.start()
    first = next(iter(results))
    assert isinstance(first, Shard)
    results.close()  # type: ignore[attr-defined]
    thread.join(PATIENCE)
    assert not thread.is_alive()
