"""The recognizer of all vision-language models: pages in, rows out, many pages at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Protocol

from ocr_project.domain.options import VisionModelOptions
from ocr_project.domain.types import Identity, Page, Recognition, Region, Task
from ocr_project.engine.models.crops.pool import CropPool
from ocr_project.engine.models.crops.worker import Fit
from ocr_project.engine.models.dialects import Dialect, dialect_of
from ocr_project.engine.models.event_loop import LoopThread
from ocr_project.engine.recognition.vision.page_reader import Asker, PageReader
from ocr_project.engine.recognition.vision.planning import plan_page


class Carrier(Asker, Protocol):
    """An `Asker` with a life: servers, connections, a model in memory."""

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin, in the background; questions wait until it is ready."""
        ...

    async def hang_up(self) -> None:
        """Close what belongs to the loop."""
        ...

    def close(self) -> None:
        """Stop the rest. May be called twice, and without `start`."""
        ...


class VisionRecognizer:
    """Reads regions with a vision-language model. Nothing starts before the first page."""

    def __init__(
        self,
        identity: Identity,
        options: VisionModelOptions,
        tasks: Mapping[str, Task],
        carrier: Carrier,
        requests: int,
    ) -> None:
        """Args:
        identity: See `identity_of`.
        tasks: `recognition.tasks`.
        carrier: It is started with the first page, and closed with the recognizer.
        requests: In flight.
        """
        self._identity = identity
        self._options = options
        self._tasks = dict(tasks)
        self._dialect = dialect_of(options.model, options.dialect)
        self._carrier = carrier
        self._requests = requests
        self._lock = threading.Lock()
        self._running: tuple[LoopThread, PageReader, CropPool] | None = None
        self._closed = False

    @property
    def identity(self) -> Identity:
        return self._identity

    @property
    def in_flight_pages(self) -> int:
        """Pages that keep all requests in flight, also where each page has one region."""
        return self._requests + 2 * (self._options.crop_workers or 2)

    def submit(self, page: Page, regions: Sequence[Region]) -> Future[list[Recognition]]:
        """Read the regions of one page, without waiting for them.

        Returns:
            What `recognize` returns; it raises BackendError where no page can be read any more.
        """
        loop, reader = self._start()
        return loop.submit(self._read(reader, page, regions))

    def recognize(self, page: Page, regions: Sequence[Region]) -> list[Recognition]:
        return self.submit(page, regions).result()

    def close(self) -> None:
        """Stop all that was started; pages in flight are cancelled. May be called twice."""
        with self._lock:
            self._closed = True
            running, self._running = self._running, None
        if running is not None:
            loop, _, pool = running
            loop.call(self._carrier.hang_up())
            loop.close()
            pool.close()
        self._carrier.close()

    async def _read(self, reader: PageReader, page: Page, regions: Sequence[Region]) -> list[Recognition]:
        wanted, rows = plan_page(page, regions, self._tasks, self._dialect)
        rows |= await reader.read(page, wanted)
        return [rows[place] for place in range(len(regions))]

    def _start(self) -> tuple[LoopThread, PageReader]:
        with self._lock:
            if self._closed:
                raise RuntimeError("the recognizer is closed")
            if self._running is None:
                dialect = self._dialect
                loop = LoopThread("recognition-loop")
                pool = CropPool(self._options.crop_workers, fit_of(dialect, self._options))
                reader = PageReader(self._carrier, pool, dialect, self._options, self._requests)
                self._carrier.start(loop.loop)
                self._running = loop, reader, pool
            loop, reader, _ = self._running
            return loop, reader


def fit_of(dialect: Dialect, options: VisionModelOptions) -> Fit:
    """Return the sizes that crops get."""
    most = min(dialect.most_pixels, options.max_pixels or dialect.most_pixels)
    return Fit(min(dialect.least_pixels, most), most, dialect.side, options.jpeg_quality)


def identity_of(
    name: str, revision: str, options: VisionModelOptions, tasks: Mapping[str, Task], **more: object
) -> Identity:
    """Return the identity of a recognizer: all that changes what is read.

    Args:
        name: Of the backend.
        revision: Of its code, its library and its model.
        more: What only this backend has.
    """
    dialect = dialect_of(options.model, options.dialect)
    fit = fit_of(dialect, options)
    folder = Path(options.model).expanduser()
    return Identity(
        name,
        revision,
        {
            "model": folder.name if folder.is_dir() else options.model,  # it may move; its revision tells it apart
            "dialect": f"{dialect.name}-{dialect.version}",
            "pixels": [fit.least_pixels, fit.most_pixels],
            "jpeg_quality": options.jpeg_quality,
            "max_tokens": options.max_tokens.model_dump(),
            "temperatures": list(options.temperatures) if options.loops else [],
            "loops": options.loops,
            "whole_page": options.whole_page,
            "tasks": {label: task.value for label, task in tasks.items()},
            **more,
        },
    )
