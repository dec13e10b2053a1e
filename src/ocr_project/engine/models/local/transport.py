"""Requests to a model in this process, gathered into batches on a thread of the model's own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Generic, TypeAlias, TypeVar

from ocr_project.engine.models.messages import ChatAnswer, EmbeddingAnswer, RequestFailed

Request = TypeVar("Request")
Answer = TypeVar("Answer", bound=ChatAnswer | EmbeddingAnswer)
Run: TypeAlias = Callable[[Sequence[Request]], list[Answer]]


class LocalTransport(Generic[Request, Answer]):
    """A `Transport` to a model that answers one batch at a time. It is loaded with the first batch."""

    def __init__(
        self,
        load: Callable[[], Run[Request, Answer]],
        size: int,
        *,
        alike: Callable[[Request], Hashable],
        wait: float = 0.0,
    ) -> None:
        """Start nothing.

        Args:
            load: Loads the model, on the thread that will use it; what it raises is the answer to every request.
            size: Requests in a batch, at most.
            alike: What the requests of a batch have in common: a batch is that of the request that waits longest.
            wait: Seconds for which a batch that is not full waits for more.
        """
        self._load = load
        self._size = size
        self._alike = alike
        self._wait = wait
        self._run: Run[Request, Answer] | None = None
        self._failure: Exception | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="model")
        self._waiting: list[tuple[Request, asyncio.Future[Answer]]] = []
        self._full = asyncio.Event()
        self._working: asyncio.Task[None] | None = None

    async def ask(self, request: Request) -> Answer:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((request, answer))
        if len(self._waiting) >= self._size:
            self._full.set()
        if self._working is None or self._working.done():
            self._working = loop.create_task(self._work())
        return await answer

    async def aclose(self) -> None:
        """End the thread once its batch is done."""
        await asyncio.to_thread(self._thread.shutdown, wait=True, cancel_futures=True)

    async def _work(self) -> None:
        """Answer batch after batch until nothing waits."""
        loop = asyncio.get_running_loop()
        while self._waiting:
            await self._gather()
            if not (batch := self._take()):
                return
            results = await loop.run_in_executor(self._thread, self._answers, [request for request, _ in batch])
            for (_, answer), result in zip(batch, results, strict=True):
                if answer.done():  # cancelled meanwhile
                    continue
                if isinstance(result, Exception):
                    answer.set_exception(result)
                else:
                    answer.set_result(result)

    async def _gather(self) -> None:
        """Wait until a batch may be full, and no longer than that takes at most."""
        if self._wait and len(self._waiting) < self._size:
            self._full.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._full.wait(), self._wait)

    def _take(self) -> list[tuple[Request, asyncio.Future[Answer]]]:
        """Take a batch out of what waits, and leave out what was cancelled."""
        waiting = [item for item in self._waiting if not item[1].done()]
        batch = [item for item in waiting if self._alike(item[0]) == self._alike(waiting[0][0])][: self._size]
        taken = set(map(id, batch))
        self._waiting = [item for item in waiting if id(item) not in taken]
        return batch

    def _answers(self, requests: Sequence[Request]) -> Sequence[Answer | Exception]:
        """Answer a batch, on the model's thread; all are answered by its error where the model cannot be loaded."""
        try:
            self._run = self._run or self._loaded()
        except Exception as error:
            self._failure = error
            return [error] * len(requests)
        return self._answered(self._run, requests)

    def _loaded(self) -> Run[Request, Answer]:
        if self._failure is not None:
            raise self._failure
        return self._load()

    def _answered(self, run: Run[Request, Answer], requests: Sequence[Request]) -> Sequence[Answer | Exception]:
        """Answer a batch; one that fails is asked again one by one, so that only the request at fault fails."""
        started = time.perf_counter()
        try:
            answers = run(requests)
        except Exception as error:
            if len(requests) == 1:
                reason = f"model: {type(error).__name__}, {' '.join(str(error).split())[:200]}"
                return [RequestFailed(reason, 1)]
            return [result for request in requests for result in self._answered(run, [request])]
        seconds = (time.perf_counter() - started) / len(requests)
        return [replace(answer, seconds=seconds) for answer in answers]
