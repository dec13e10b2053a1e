"""Questions of many pages gathered into batches, for a model that answers one batch at a time."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import TypeAlias

from ocr_project.engine.models.messages import ChatAnswer, Question, RequestFailed

Answer: TypeAlias = Callable[[Sequence[Question]], list[ChatAnswer]]
_Item: TypeAlias = tuple[Question, "Future[ChatAnswer]"]


class Batcher:
    """Gathers questions and has them answered on a thread of its own."""

    def __init__(self, load: Callable[[], Answer], size: int, wait: float) -> None:
        """Args:
        load: Loads the model, on the thread that will use it; what it raises is the answer to every question.
        size: Questions in a batch.
        wait: Seconds for which a batch that is not full waits for more.
        """
        self._load = load
        self._size = size
        self._wait = wait
        self._coming: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="model", daemon=True)
        self._closed = False

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Load the model, in the background."""
        self._thread.start()

    async def ask(self, question: Question) -> ChatAnswer:
        """Ask, together with whoever else asks now.

        Raises:
            RequestFailed: The model failed at this question.
            BackendError: There is no model.
        """
        future: Future[ChatAnswer] = Future()
        self._coming.put((question, future))
        return await asyncio.wrap_future(future)

    async def hang_up(self) -> None:
        """Nothing of it belongs to the loop."""

    def close(self) -> None:
        """End the thread once its batch is done. May be called twice, and without `start`."""
        if not self._closed and self._thread.ident is not None:
            self._coming.put(None)
            self._thread.join()
        self._closed = True

    def _run(self) -> None:
        try:
            answer = self._load()
        except Exception as error:
            failure = error
            while (item := self._coming.get()) is not None:
                _settle(item[1], failure)
            return
        waiting: list[_Item] = []
        while self._gather(waiting):
            batch = self._pick(waiting)
            live = [(question, future) for question, future in batch if future.set_running_or_notify_cancel()]
            self._answer(answer, live)
        for _, future in waiting:
            future.cancel()

    def _gather(self, waiting: list[_Item]) -> bool:
        """Wait for a batch; False at the end."""
        deadline: float | None = time.monotonic() + self._wait if waiting else None
        while len(waiting) < self._size:
            try:
                left = None if deadline is None else max(0.0, deadline - time.monotonic())
                item = self._coming.get(timeout=left)
            except queue.Empty:
                return True
            if item is None:
                return False
            waiting.append(item)
            deadline = deadline or time.monotonic() + self._wait
        return True

    def _pick(self, waiting: list[_Item]) -> list[_Item]:
        """Take a batch of one temperature and one limit: those of the question that has waited longest."""
        first = waiting[0][0]
        alike = [
            item
            for item in waiting
            if (item[0].temperature, item[0].max_tokens) == (first.temperature, first.max_tokens)
        ][: self._size]
        taken = set(map(id, alike))
        waiting[:] = [item for item in waiting if id(item) not in taken]
        return alike

    def _answer(self, answer: Answer, batch: list[_Item]) -> None:
        """Answer a batch; one that fails is asked again one by one, so that only the question at fault fails."""
        if not batch:
            return
        started = time.perf_counter()
        try:
            answers = answer([question for question, _ in batch])
        except Exception as error:
            if len(batch) == 1:
                reason = f"model: {type(error).__name__}, {' '.join(str(error).split())[:200]}"
                batch[0][1].set_exception(RequestFailed(reason, 1))
            for item in batch if len(batch) > 1 else ():
                self._answer(answer, [item])
            return
        seconds = (time.perf_counter() - started) / len(batch)
        for (_, future), said in zip(batch, answers, strict=True):
            future.set_result(replace(said, seconds=seconds))


def _settle(future: Future[ChatAnswer], error: Exception) -> None:
    if future.set_running_or_notify_cancel():
        future.set_exception(error)
