"""Who does the work of a stage: threads of this process, or something outside of it that answers with futures."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from ocr_project.domain.options import RuntimeOptions

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class AsyncWork(Generic[Item]):
    """Work that is done outside of this process's threads: a page in flight holds no thread.

    Attributes:
        submit: Takes a batch, returns at once; the rows come with the future. What the future raises ends the stream.
        limit: Batches at once.
    """

    submit: Callable[[Sequence[Item]], Future[Any]]
    limit: int


Work: TypeAlias = "Callable[[Sequence[Item]], Sequence[Any]] | AsyncWork[Item]"


@dataclass(slots=True, eq=False)
class BatchResult:
    """A batch in flight.

    Attributes:
        future: Its rows.
        seconds: How long it took, once it is done.
    """

    future: Future[Any]
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Workers(Generic[Item]):
    """What takes batches.

    Attributes:
        submit: Takes a batch, and returns at once.
        count: Batches that are worked on at once.
        limit: Batches that are worked on or wait.
    """

    submit: Callable[[Sequence[Item]], BatchResult]
    count: int
    limit: int


@contextmanager
def start_workers(work: Work[Item], stage: str, runtime: RuntimeOptions) -> Iterator[Workers[Item]]:
    """Yield the workers of a stage; none works on afterwards, also after an error, Ctrl-C or a closed generator."""
    if isinstance(work, AsyncWork):
        in_flight: set[Future[Any]] = set()
        try:
            yield Workers(lambda items: _send(work, items, in_flight), work.limit, work.limit)
        finally:
            left = list(in_flight)
            for future in left:
                future.cancel()
            wait(left)
        return
    count = worker_count(runtime)
    pool = ThreadPoolExecutor(count, thread_name_prefix=stage)
    try:
        yield Workers(lambda items: _enqueue(pool, work, items), count, count * (1 + runtime.ahead))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def worker_count(runtime: RuntimeOptions) -> int:
    """Return the number of workers: as asked for, else the cores that this process may use."""
    return runtime.workers or len(os.sched_getaffinity(0))


def _send(work: AsyncWork[Item], items: Sequence[Item], in_flight: set[Future[Any]]) -> BatchResult:
    started = time.perf_counter()
    result = BatchResult(Future())
    sent = work.submit(items)
    in_flight.add(sent)

    def settle(sent: Future[Any]) -> None:
        result.seconds = time.perf_counter() - started
        in_flight.discard(sent)
        if sent.cancelled():
            result.future.cancel()
        elif (error := sent.exception()) is not None:
            result.future.set_exception(error)
        else:
            result.future.set_result(sent.result())

    sent.add_done_callback(settle)
    return result


def _enqueue(
    pool: ThreadPoolExecutor, work: Callable[[Sequence[Item]], Sequence[Any]], items: Sequence[Item]
) -> BatchResult:
    result = BatchResult(Future())

    def timed() -> Sequence[Any]:
        started = time.perf_counter()
        rows = work(items)
        result.seconds = time.perf_counter() - started
        return rows

    result.future = pool.submit(timed)
    return result
