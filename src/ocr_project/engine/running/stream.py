"""The stream of finished shards. The only scheduler in the project.

A stage is three lines: build the backend, ask `plan.pending` what is missing, `return keep_all(done, stream(…))`.
Pages of several shards are in flight at once, so that no worker waits while the last slow page of a shard is read;
a shard is handed on as soon as all of its pages are there.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from itertools import groupby, islice
from typing import Any

from tqdm import tqdm

from ocr_project.domain.options import RuntimeOptions
from ocr_project.domain.types import Page, Prune, Shard, ShardInfo, Status
from ocr_project.engine.running.events import EVENTS, Happening
from ocr_project.engine.running.feeds import FEEDS
from ocr_project.engine.running.monitoring import shared_monitor
from ocr_project.engine.running.plan import Plan, fails_by_circumstance
from ocr_project.engine.running.sharing import Share, share_of
from ocr_project.engine.running.workers import BatchResult, Item, Work, Workers, start_workers
from ocr_project.storage.atomic import this_writer

_IDS = ("page_id", "item_id", "sample_id")
_LOOK_SECONDS = 0.05  # between two looks at what the stage before has stored, while pages are in flight
_STOP_SECONDS = 0.5  # between two looks at whether a stage beside this one has failed


def stream(
    plan: Plan,
    read: Callable[[str], Iterable[Item]],
    work: Work[Item],
    runtime: RuntimeOptions,
    *,
    batch: int = 1,
    size: Callable[[Item], int] = lambda _: 1,
) -> Generator[Shard | Prune]:
    """Work through a plan, several shards at once, and hand each on when it is whole.

    Args:
        plan: From `pending`.
        read: Yields the items of the named shard (a page, or a page with its regions), lazily; it is
            called in this thread, never further ahead than `runtime.ahead` allows.
        work: Turns a batch of items into rows, in order; called in worker threads, or an `AsyncWork`.
            What it raises ends the stream: shards handed on before stay finished.
        runtime: Workers, queue and progress.
        batch: Items in one call of `work`.
        size: Pages that an item stands for, for the progress bar.

    Yields:
        A `Prune` if there is anything to forget, then shards as they become whole, in any order.
    """
    if plan.stale and runtime.is_alone:  # of several workers none can know what the others still read
        yield Prune(plan.stale, plan.lineage)
    if plan.todo:
        yield from _made(plan, read, work, runtime, batch, size)
    if plan.feed is not None:
        plan.feed.end()


def _made(
    plan: Plan,
    read: Callable[[str], Iterable[Item]],
    work: Work[Item],
    runtime: RuntimeOptions,
    batch: int,
    size: Callable[[Item], int],
) -> Generator[Shard]:
    stage, share = plan.todo[0].stage, share_of(plan, runtime)
    pages = sum(info.pages for info in plan.todo)
    more = not share.grows or _wait(share, stage)
    EVENTS.note(Happening.STAGE_BEGAN, stage, pages=pages)
    with _progress(plan, runtime) as bar, start_workers(work, stage, runtime) as workers, shared_monitor() as gpus:
        first = iter((True,))

        def done(pages: int) -> None:
            bar.update(pages)
            if next(first, False):
                EVENTS.note(Happening.FIRST_DONE, stage, pages=pages)

        def submit(items: Sequence[Item]) -> BatchResult:
            FEEDS.check()
            result = workers.submit(items)
            result.future.add_done_callback(lambda _: done(sum(map(size, items))))
            return result

        while more:
            started = time.perf_counter()
            for shard in _run_all(_batches(share, read, batch), replace(workers, submit=submit)):
                now = time.perf_counter()
                info = replace(
                    shard.info,
                    wall_seconds=now - started,
                    workers=workers.count,
                    gpus=gpus.take(),
                    process=this_writer(),
                    made=time.time(),
                )
                yield replace(shard, info=info, lineage=plan.lineage)
                EVENTS.note(Happening.SHARD_MADE, stage, info.name, pages=info.pages)
                share.finish(info)  # it is stored: who is handed a shard stores it before asking for the next
                if plan.feed is not None:
                    plan.feed.settle(info)
                started = now
            more = _wait(share, stage)
    EVENTS.note(Happening.STAGE_ENDED, stage)


def _wait(share: Share, stage: str) -> bool:
    """Wait for more work, and say so where another stage is waited for: this one's time does not count that."""
    if not share.grows:
        return share.wait()
    EVENTS.note(Happening.STAGE_WAITS, stage)
    more = share.wait()
    EVENTS.note(Happening.STAGE_GOES_ON, stage)
    return more


def join_pages(pages: Iterator[Page], *others: Iterator[Any]) -> Iterator[tuple[Any, ...]]:
    """Walk through shards of the same name side by side, page by page.

    Args:
        pages: The pages of a shard.
        others: Rows with a `page_id`, one or more per page, in the order of the pages.

    Yields:
        The page, then a list of rows for each of `others`.

    Raises:
        ValueError: A page has no row in one of them: the shards are not of the same corpus.
    """
    grouped = [groupby(rows, key=lambda row: row.page_id) for rows in others]
    for page in pages:
        found = []
        for groups in grouped:
            page_id, rows = next(groups, (None, iter(())))
            if page_id != page.page_id:
                raise ValueError(f"page {page.page_id} of {page.path} is missing or out of order; run the stage again")
            found.append(list(rows))
        yield (page, *found)


@dataclass(slots=True, eq=False)
class _OpenShard:
    """A shard whose pages are in flight."""

    info: ShardInfo
    results: list[BatchResult] = field(default_factory=list)
    submitted: bool = False  # all of its items

    @property
    def is_whole(self) -> bool:
        return self.submitted and all(result.future.done() for result in self.results)

    def close(self) -> Shard:
        rows: list[Any] = []
        busy = 0.0
        for result in self.results:
            rows.extend(result.future.result())
            busy += result.seconds
        failed = sum(getattr(row, "status", Status.OK) is Status.FAILED for row in rows)  # a truth has none
        left = _left(rows) or self.info.left
        return Shard(replace(self.info, items=len(rows), failed=failed, busy_seconds=busy, left=left), rows)


def _left(rows: Sequence[Any]) -> str:
    """Return what tells the rows that failed by circumstance; an empty string where none did."""
    failed = [
        f"{''.join(getattr(row, name, '') for name in _IDS)} {getattr(row, 'index', '')}"
        for row in rows
        if fails_by_circumstance(row)
    ]
    return hashlib.sha256("\n".join(failed).encode()).hexdigest()[:16] if failed else ""


def _run_all(batches: Iterator[tuple[_OpenShard | None, list[Item]]], workers: Workers[Item]) -> Iterator[Shard]:
    """Keep workers busy with as few shards as that takes: what is open when the process dies is done again."""
    opened: list[_OpenShard] = []
    in_flight: set[Future[Any]] = set()
    for shard, items in batches:
        if shard is None:  # nothing is free at this moment
            if not in_flight:
                break
            in_flight = _wait_any(in_flight, _LOOK_SECONDS)
            yield from _completed(opened)
            continue
        begun = shard in opened
        yield from _completed(opened)
        while len(in_flight) >= (workers.limit if begun else workers.count):
            in_flight = _wait_any(in_flight)
            yield from _completed(opened)
        if not begun:
            opened.append(shard)
        if items:
            result = workers.submit(items)
            shard.results.append(result)
            in_flight.add(result.future)
    while opened:
        yield from _completed(opened)
        in_flight = _wait_any(in_flight) if in_flight else in_flight


def _batches(
    share: Share, read: Callable[[str], Iterable[Item]], batch: int
) -> Iterator[tuple[_OpenShard | None, list[Item]]]:
    """Yield batches shard after shard; an empty one after the last of a shard says that all are submitted.

    Where a share grows it does not end: no shard says that none is free now.
    """
    while True:
        for info in share.take():
            shard = _OpenShard(info)
            items = iter(read(info.name))
            while group := list(islice(items, batch)):
                yield shard, group
            shard.submitted = True
            yield shard, []
        if not share.grows:
            return
        yield None, []


def _wait_any(in_flight: set[Future[Any]], seconds: float | None = None) -> set[Future[Any]]:
    """Wait for at least one batch, return the others; raise what a worker raised.

    Args:
        in_flight: At least one.
        seconds: How long at most; None: as long as it takes, if the stage is not told to stop meanwhile.
    """
    while True:
        FEEDS.check()
        limit = seconds or (_STOP_SECONDS if FEEDS.is_active else None)
        done, others = wait(in_flight, limit, return_when=FIRST_COMPLETED)
        if done or seconds:
            break
    for future in done:
        future.result()
    return others


def _completed(opened: list[_OpenShard]) -> Iterator[Shard]:
    """Take out the shards of which all pages are done."""
    for shard in [shard for shard in opened if shard.is_whole]:
        opened.remove(shard)
        yield shard.close()


def _progress(plan: Plan, runtime: RuntimeOptions) -> tqdm[Any]:
    stage = plan.todo[0].stage
    missing = sum(info.pages for info in plan.todo)
    return tqdm(
        desc=f"{stage:>12}",
        total=missing + plan.done,
        initial=plan.done,
        unit=" pages",
        disable=not runtime.progress,
        file=sys.stderr,
        dynamic_ncols=True,
        mininterval=0.5 if sys.stderr.isatty() else 10.0,
    )
