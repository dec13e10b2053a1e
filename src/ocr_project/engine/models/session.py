"""What every backend with a model has while it works: an event loop, a pool that cuts crops, a way to the model."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from typing import Any, Generic, ParamSpec, TypeVar

from ocr_project.engine.models.crops.pool import CropPool, Cut
from ocr_project.engine.models.crops.worker import CropJob, Fit
from ocr_project.engine.models.event_loop import LoopThread
from ocr_project.engine.models.transport import Transport

P = ParamSpec("P")
T = TypeVar("T")
Request = TypeVar("Request")
Answer = TypeVar("Answer")


class Session(Generic[Request, Answer]):
    """Work on many pages at once. Nothing starts before the first `submit`.

    Attributes:
        preparing: To be held while the crops of a page are cut and wait for a request that may be sent: as many pages
            as keep the workers busy, and no more in memory.
        transport: The way to the model; closed with the session.
    """

    def __init__(
        self,
        name: str,
        transport: Transport[Request, Answer],
        fit: Fit,
        *,
        requests: int,
        crop_workers: int,
        crop_memory: int,
    ) -> None:
        """Start nothing.

        Args:
            name: Of the backend's role, for messages.
            transport: To the model.
            fit: The sizes that crops get.
            requests: In flight at once, over all pages.
            crop_workers: Processes that cut crops; 0: one per two cores, at least two.
            crop_memory: Bytes that one of these may take.
        """
        self.transport = transport
        self._name = name
        self._requests = requests
        self._pool = CropPool(crop_workers, fit, memory=crop_memory)
        self._slots = asyncio.Semaphore(requests)
        self.preparing = asyncio.Semaphore(2 * self._pool.workers)
        self._lock = threading.Lock()
        self._loop: LoopThread | None = None
        self._closed = False

    @property
    def in_flight_pages(self) -> int:
        """Pages that keep all requests in flight, also where each page has one region."""
        return self._requests + 2 * self._pool.workers

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

    async def cut(self, image: bytes, jobs: Sequence[CropJob]) -> Cut:
        """Return a crop for each job, in order, or the reason why the page cannot be used."""
        return await asyncio.wrap_future(self._pool.submit(image, list(jobs)))

    async def start(
        self, work: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs
    ) -> asyncio.Task[T]:
        """Start what asks the model, as soon as one more request may be in flight; it counts as one until it ends."""
        await self._slots.acquire()
        task = asyncio.create_task(work(*args, **kwargs))
        task.add_done_callback(lambda _: self._slots.release())
        return task

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
