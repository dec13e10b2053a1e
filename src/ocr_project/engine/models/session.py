"""What every backend with a model has while it works: an event loop, a pool that cuts crops, a way to the model."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Any, Generic, ParamSpec, TypeVar

from ocr_project.engine.models.crops.pool import CropPool, Cut
from ocr_project.engine.models.crops.worker import CropJob, Fit
from ocr_project.engine.models.event_loop import LoopThread
from ocr_project.engine.models.transport import Transport
from ocr_project.engine.models.turns import PageTurn, Turns

P = ParamSpec("P")
T = TypeVar("T")
Request = TypeVar("Request")
Answer = TypeVar("Answer")


class Session(Generic[Request, Answer]):
    """Work on many pages at once. Nothing starts before the first `submit`.

    Attributes:
        preparing: To be held while the crops of a page are cut: as many pages as keep the workers busy.
        transport: The way to the model; closed with the session.
    """

    def __init__(
        self,
        name: str,
        transport: Transport[Request, Answer],
        fit: Fit,
        *,
        turns: Turns,
        crop_workers: int,
        crop_memory: int,
    ) -> None:
        """Start nothing.

        Args:
            name: Of the backend's role, for messages.
            transport: To the model.
            fit: The sizes that crops get.
            turns: How many requests are in flight at once, over all pages, and which come first.
            crop_workers: Processes that cut crops; 0: one per two cores, at least two.
            crop_memory: Bytes that one of these may take.
        """
        self.transport = transport
        self._name = name
        self._pool = CropPool(crop_workers, fit, memory=crop_memory)
        self._turns = turns
        self.preparing = asyncio.Semaphore(2 * self._pool.workers)
        self._lock = threading.Lock()
        self._loop: LoopThread | None = None
        self._closed = False

    @property
    def in_flight_pages(self) -> int:
        """Pages that keep all requests in flight, also where each page has one region, and are looked at ahead."""
        return self._turns.pages + 2 * self._pool.workers

    def submit(self, work: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a coroutine function on the session's loop, without waiting for it; cancelling the future cancels it.

        Raises:
            RuntimeError: The session is closed.
        """
        with self._lock:
            if self._closed:
                raise RuntimeError(f"the {self._name} is closed")
            self._loop = self._loop or LoopThread(f"{self._name}-loop")
            return self._loop.submit(work(*args, **kwargs))

    async def ask(self, request: Request) -> Answer:
        """Ask the model, as `Transport.ask` does."""
        return await self.transport.ask(request)

    def page(self) -> AbstractContextManager[PageTurn]:
        """Take the next place in the order of the pages, until the page is finished."""
        return self._turns.page()

    async def cut(self, image: bytes, jobs: Sequence[CropJob]) -> Cut:
        """Return a crop for each job, in order, or the reason why the page cannot be used."""
        await self._turns.room()
        return await asyncio.wrap_future(self._pool.submit(image, list(jobs)))

    def start(
        self, page: PageTurn, size: int, work: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs
    ) -> asyncio.Task[T]:
        """Start what asks the model as soon as it is its turn; it counts as a request in flight until it ends.

        Args:
            page: Which it belongs to.
            size: Bytes of the request.
            work: A coroutine function, and what it is called with.
        """

        async def in_turn() -> T:
            async with self._turns.turn(page, size):
                return await work(*args, **kwargs)

        self._turns.announce(page, size)
        return asyncio.create_task(in_turn())

    def close(self) -> None:
        """Cancel what is in flight and stop all that was started. Idempotent."""
        with self._lock:
            self._closed = True
            loop, self._loop = self._loop, None
        if loop is not None:
            try:
                loop.cancel_all()
                loop.call(self.transport.aclose())
            finally:
                loop.close()
        self._pool.close()


async def all_of(tasks: Sequence[asyncio.Task[T]]) -> list[T]:
    """Wait for tasks and return their results in order; an error of one cancels the others, and is raised."""
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
