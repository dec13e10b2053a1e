"""Resume and overlap: what is missing, and how it is worked on. The only scheduler in the project.

A stage is a three-line generator: build the backend, ask `pending` what is missing, `yield from
stream`. Pages of several shards are in flight at once, so that no worker waits while the last slow
page of a shard is read; a shard is handed on as soon as all of its pages are there.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import groupby, islice
from typing import Any, Generic, TypeAlias, TypeVar

from tqdm import tqdm

from ocr_project.domain.options import RuntimeOptions
from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.types import Identity, Page, Prune, Shard, ShardInfo, Status, derive_key
from ocr_project.engine.running.monitoring import GpuMonitor

log = logging.getLogger(__name__)

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Elsewhere(Generic[Item]):
    """Work that is done outside of this process's threads: a page in it holds no thread.

    Attributes:
        submit: Takes a batch, returns at once; the rows come with the future. What the future raises ends the stream.
        limit: Batches at once.
    """

    submit: Callable[[Sequence[Item]], Future[Any]]
    limit: int


Work: TypeAlias = "Callable[[Sequence[Item]], Sequence[Any]] | Elsewhere[Item]"


@dataclass(slots=True, eq=False)
class _Answer:
    """A batch on its way.

    Attributes:
        future: Its rows.
        seconds: How long it took, once it is done.
    """

    future: Future[Any]
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a stage has to do.

    Attributes:
        todo: Shards to make, with their new keys, in the order of the corpus.
        stale: Names of shards that no longer belong to the corpus.
        done: Number of pages that need no work.
    """

    todo: tuple[ShardInfo, ...]
    stale: tuple[str, ...]
    done: int


def pending(source: Iterable[ShardInfo], done: ShardSource, stage: str, identity: Identity) -> Plan:
    """Find the shards of a stage that are missing or were made from, or by, something else.

    Args:
        source: The shards that the stage starts from.
        done: The folder that the stage writes to.
        stage: Name of the stage, part of every key.
        identity: Of the backend.
    """
    have = {name: info.key for name, info in done.index().items()}
    wanted = [
        ShardInfo(
            name=info.name,
            key=derive_key(info.key, stage, identity),
            order=info.order,
            pages=info.pages,
            stage=stage,
            identity=identity.canonical(),
        )
        for info in source
    ]
    names = {info.name for info in wanted}
    done_pages = sum(info.pages for info in wanted if have.get(info.name) == info.key)
    if done_pages:
        log.info("%s: %d of %d pages are done already", stage, done_pages, sum(info.pages for info in wanted))
    return Plan(
        todo=tuple(info for info in wanted if have.get(info.name) != info.key),
        stale=tuple(sorted(set(have) - names)),
        done=done_pages,
    )


def stream(
    plan: Plan,
    read: Callable[[str], Iterable[Item]],
    work: Work[Item],
    runtime: RuntimeOptions,
    *,
    batch: int = 1,
    size: Callable[[Item], int] = lambda _: 1,
) -> Iterator[Shard | Prune]:
    """Work through a plan, several shards at once, and hand each on when it is whole.

    Args:
        plan: From `pending`.
        read: Yields the items of the named shard (a page, or a page with its regions), lazily; it is
            called in this thread, never further ahead than `runtime.ahead` allows.
        work: Turns a batch of items into rows, in order; called in worker threads, or done `Elsewhere`.
            What it raises ends the stream: shards handed on before stay finished.
        runtime: Workers, queue and progress.
        batch: Items in one call of `work`.
        size: Pages that an item stands for, for the progress bar.

    Yields:
        A `Prune` if there is anything to forget, then shards as they become whole, in any order.
    """
    if plan.stale:
        yield Prune(plan.stale)
    if not plan.todo:
        return
    with _progress(plan, runtime) as bar, _crew(work, plan.todo[0].stage, runtime) as crew, GpuMonitor() as gpus:

        def submit(items: Sequence[Item]) -> _Answer:
            answer = crew.submit(items)
            answer.future.add_done_callback(lambda _: bar.update(sum(map(size, items))))
            return answer

        started = time.perf_counter()
        for shard in _drain(_batches(plan, read, batch), submit, workers=crew.workers, limit=crew.limit):
            now = time.perf_counter()
            info = replace(shard.info, wall_seconds=now - started, workers=crew.workers, gpus=gpus.take())
            yield replace(shard, info=info)
            started = now


def worker_count(runtime: RuntimeOptions) -> int:
    """Return the number of workers: as asked for, else the cores that this process may use."""
    return runtime.workers or len(os.sched_getaffinity(0))


def join_pages(pages: Iterator[Page], *others: Iterator[Any]) -> Iterator[tuple[Any, ...]]:
    """Walk through shards of the same name side by side, page by page.

    Args:
        pages: The pages of a shard.
        others: Rows with a `page_id`, one or more a page, in the order of the pages.

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
                raise ValueError(f"page {page.page_id} of {page.path} is not where it should be; run the stage again")
            found.append(list(rows))
        yield (page, *found)


@dataclass(frozen=True, slots=True)
class _Crew(Generic[Item]):
    """Whoever does the work.

    Attributes:
        submit: Takes a batch, and returns at once.
        workers: Batches that are worked on at once.
        limit: Batches that are worked on or wait.
    """

    submit: Callable[[Sequence[Item]], _Answer]
    workers: int
    limit: int


@contextmanager
def _crew(work: Work[Item], stage: str, runtime: RuntimeOptions) -> Iterator[_Crew[Item]]:
    """Yield the crew; nothing of it works on afterwards, also on an error, on Ctrl-C and when nobody asks any more."""
    if isinstance(work, Elsewhere):
        flying: set[Future[Any]] = set()
        try:
            yield _Crew(lambda items: _sent(work, items, flying), work.limit, work.limit)
        finally:
            left = list(flying)
            for future in left:
                future.cancel()
            wait(left)
        return
    workers = worker_count(runtime)
    pool = ThreadPoolExecutor(workers, thread_name_prefix=stage)
    try:
        yield _Crew(lambda items: _queued(pool, work, items), workers, workers * (1 + runtime.ahead))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _sent(work: Elsewhere[Item], items: Sequence[Item], flying: set[Future[Any]]) -> _Answer:
    started = time.perf_counter()
    answer = _Answer(Future())
    sent = work.submit(items)
    flying.add(sent)

    def land(sent: Future[Any]) -> None:
        answer.seconds = time.perf_counter() - started
        flying.discard(sent)
        if sent.cancelled():
            answer.future.cancel()
        elif (error := sent.exception()) is not None:
            answer.future.set_exception(error)
        else:
            answer.future.set_result(sent.result())

    sent.add_done_callback(land)
    return answer


def _queued(
    pool: ThreadPoolExecutor, work: Callable[[Sequence[Item]], Sequence[Any]], items: Sequence[Item]
) -> _Answer:
    answer = _Answer(Future())

    def timed() -> Sequence[Any]:
        started = time.perf_counter()
        rows = work(items)
        answer.seconds = time.perf_counter() - started
        return rows

    answer.future = pool.submit(timed)
    return answer


@dataclass(slots=True, eq=False)
class _Open:
    """A shard whose pages are being worked on."""

    info: ShardInfo
    answers: list[_Answer] = field(default_factory=list)
    complete: bool = False  # all of its items are submitted

    def close(self) -> Shard:
        rows: list[Any] = []
        busy = 0.0
        for answer in self.answers:
            rows.extend(answer.future.result())
            busy += answer.seconds
        failed = sum(getattr(row, "status", Status.OK) is Status.FAILED for row in rows)  # a truth has none
        return Shard(replace(self.info, items=len(rows), failed=failed, busy_seconds=busy), rows)


def _drain(
    batches: Iterator[tuple[_Open, list[Item]]],
    submit: Callable[[Sequence[Item]], _Answer],
    *,
    workers: int,
    limit: int,
) -> Iterator[Shard]:
    """Keep workers busy with as few shards as that takes: what is open when the process dies is done again."""
    opened: list[_Open] = []
    flying: set[Future[Any]] = set()
    for shard, items in batches:
        begun = shard in opened
        yield from _whole(opened)
        while len(flying) >= (limit if begun else workers):
            flying = _land(flying)
            yield from _whole(opened)
        if not begun:
            opened.append(shard)
        if items:
            answer = submit(items)
            shard.answers.append(answer)
            flying.add(answer.future)
    while opened:
        yield from _whole(opened)
        flying = _land(flying) if flying else flying


def _batches(plan: Plan, read: Callable[[str], Iterable[Item]], batch: int) -> Iterator[tuple[_Open, list[Item]]]:
    """Yield batches shard after shard; an empty one after the last of a shard says that it is complete."""
    for info in plan.todo:
        shard = _Open(info)
        items = iter(read(info.name))
        while group := list(islice(items, batch)):
            yield shard, group
        shard.complete = True
        yield shard, []


def _land(flying: set[Future[Any]]) -> set[Future[Any]]:
    """Wait for at least one batch; raise what a worker raised."""
    landed, still = wait(flying, return_when=FIRST_COMPLETED)
    for future in landed:
        future.result()
    return still


def _whole(opened: list[_Open]) -> Iterator[Shard]:
    """Take the shards out whose every page is done."""
    for shard in [
        shard for shard in opened if shard.complete and all(answer.future.done() for answer in shard.answers)
    ]:
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
