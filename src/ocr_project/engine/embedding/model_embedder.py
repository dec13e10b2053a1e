"""The embedder of all models that see: parts of pages in, rows out, many pages at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import Qwen3VlOptions
from ocr_project.domain.types import Box, Embedding, Identity, Label, Page, Part, Region, Status
from ocr_project.engine.embedding.qwen3_vl import clean, finished, fit_of, instruction_of
from ocr_project.engine.models.crops.pool import CropPool
from ocr_project.engine.models.crops.worker import CropJob
from ocr_project.engine.models.event_loop import LoopThread
from ocr_project.engine.models.messages import Passage, RequestFailed, VectorAnswer

_PROBE = "probe"


class Carrier(Protocol):
    """Whoever brings passages to a model: servers, or a model in this process."""

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin, in the background; passages wait until it is ready."""
        ...

    async def embed(self, passage: Passage) -> VectorAnswer:
        """Ask for a vector; a text that is too long is cut.

        Raises:
            RequestFailed: There will be none for this passage.
            BackendError: There will be none for any.
        """
        ...

    async def hang_up(self) -> None:
        """Close what belongs to the loop."""
        ...

    def close(self) -> None:
        """Stop the rest. May be called twice, and without `start`."""
        ...


@dataclass(frozen=True, slots=True)
class _Missing:
    """Why nobody is asked for a vector."""

    status: Status
    reason: str


@dataclass(frozen=True, slots=True)
class _Running:
    loop: LoopThread
    pool: CropPool
    slots: asyncio.Semaphore
    preparing: asyncio.Semaphore


class ModelEmbedder:
    """Embeds texts and images with a vision-language model. Nothing starts before the first of them."""

    def __init__(
        self, identity: Identity, options: Qwen3VlOptions, carrier: Carrier, requests: int, hidden: int | None
    ) -> None:
        """Args:
        identity: See `qwen3_vl.identity_of`.
        carrier: It is started with the first passage, and closed with the embedder.
        requests: In flight.
        hidden: Length of the model's vectors; None where it has to be asked for.
        """
        self._identity = identity
        self._options = options
        self._carrier = carrier
        self._requests = requests
        self._dimensions = options.dimensions or hidden
        self._passage_instruction = instruction_of(options.instruction)
        self._query_instruction = instruction_of(options.query_instruction)
        self._lock = threading.Lock()
        self._running: _Running | None = None
        self._closed = False

    @property
    def identity(self) -> Identity:
        return self._identity

    @property
    def dimensions(self) -> int:
        """Length of a vector. A server of somebody else's is asked for one, the first time.

        Raises:
            BackendError: It gives none.
        """
        if self._dimensions is None:
            running = self._start()
            try:
                answer = running.loop.submit(self._carrier.embed(Passage(self._passage_instruction, _PROBE))).result()
            except RequestFailed as failed:
                raise BackendError(f"the embedding server gives no vectors: {failed}") from failed
            self._dimensions = len(answer.vector)
        return self._dimensions

    @property
    def in_flight_pages(self) -> int:
        """Pages that keep all requests in flight, also where each page has one part."""
        return self._requests + 2 * (self._options.crop_workers or 2)

    def submit(self, page: Page | None, parts: Sequence[Part]) -> Future[list[Embedding]]:
        """Embed parts of a page, without waiting for them."""
        dimensions = self.dimensions
        running = self._start()
        return running.loop.submit(self._embed(running, page, parts, np.zeros(dimensions, np.float32)))

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed passages.

        Raises:
            BackendError: A text gets no vector; `submit` makes a row of that.
        """
        return self._embed_strings(texts, self._passage_instruction)

    def embed_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Embed queries, with the instruction that tells the model so. Raises as `embed_texts`."""
        return self._embed_strings(queries, self._query_instruction)

    def embed_images(self, images: Sequence[bytes]) -> NDArray[np.float32]:
        futures = [self.submit(_page_of(image), [Part("", "page", "image")]) for image in images]
        return self._stacked([future.result()[0].vector for future in futures])

    def close(self) -> None:
        """Stop all that was started; what is in flight is cancelled. May be called twice."""
        with self._lock:
            self._closed = True
            running, self._running = self._running, None
        if running is not None:
            running.loop.call(self._carrier.hang_up())
            running.loop.close()
            running.pool.close()
        self._carrier.close()

    def _embed_strings(self, texts: Sequence[str], instruction: str) -> NDArray[np.float32]:
        empty = np.zeros(self.dimensions, np.float32)
        running = self._start()
        part = Part("", "", "text")
        futures = [running.loop.submit(self._one(running, part, _text(text, instruction), empty)) for text in texts]
        rows = [future.result() for future in futures]
        if failed := next((row for row in rows if row.status is Status.FAILED), None):
            raise BackendError(f"a text got no vector: {failed.reason}")
        return self._stacked([row.vector for row in rows])

    def _stacked(self, vectors: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        return np.stack(vectors) if vectors else np.zeros((0, self.dimensions), np.float32)

    def _start(self) -> _Running:
        with self._lock:
            if self._closed:
                raise RuntimeError("the embedder is closed")
            if self._running is None:
                loop = LoopThread("embedding-loop")
                pool = CropPool(self._options.crop_workers, fit_of(self._options))
                # pages that are being scaled or wait for a slot: as many as keep the workers busy
                self._running = _Running(
                    loop, pool, asyncio.Semaphore(self._requests), asyncio.Semaphore(2 * pool.workers)
                )
                self._carrier.start(loop.loop)
            return self._running

    async def _embed(
        self, running: _Running, page: Page | None, parts: Sequence[Part], empty: NDArray[np.float32]
    ) -> list[Embedding]:
        seen = [part for part in parts if part.modality == "image" and part.status is Status.OK]
        images = iter(await self._images(running, page, seen) if seen else ())
        asked: list[Coroutine[Any, Any, Embedding]] = []
        for part in parts:
            if part.status is not Status.OK:
                asked.append(self._one(running, part, _Missing(part.status, part.reason), empty))
            elif part.modality == "image":
                asked.append(self._one(running, part, next(images), empty))
            else:
                asked.append(self._one(running, part, _text(part.text, self._passage_instruction), empty))
        return await _all([asyncio.create_task(each) for each in asked])

    async def _images(self, running: _Running, page: Page | None, parts: Sequence[Part]) -> list[Passage | _Missing]:
        """Return each image as a passage, or the reason why there is none."""
        if page is None or page.image is None:
            return [_Missing(Status.SKIPPED, (page and page.reason) or "the page has no image")] * len(parts)
        jobs = [CropJob(part.region or _whole(page), bands=False) for part in parts]
        async with running.preparing:
            crops = await asyncio.wrap_future(running.pool.submit(page.image, jobs))
        if isinstance(crops, str):
            return [_Missing(Status.FAILED, crops)] * len(parts)
        return [
            Passage(self._passage_instruction, image=crop.images[0])
            if crop.images
            else _Missing(Status.EMPTY, crop.reason.replace("nothing to read", "nothing to see"))
            for crop in crops
        ]

    async def _one(
        self, running: _Running, part: Part, passage: Passage | _Missing, empty: NDArray[np.float32]
    ) -> Embedding:
        if isinstance(passage, _Missing):
            return _row(part, empty, passage.status, passage.reason)
        async with running.slots:
            try:
                answer = await self._carrier.embed(passage)
                vector = finished(answer.vector, self._options.dimensions)
            except RequestFailed as failed:
                return _row(part, empty, Status.FAILED, str(failed))
            except ValueError as error:
                return _row(
                    part, empty, Status.FAILED, f"model: {error}; look at embedding.dimensions and the weights"
                )
        if len(vector) != len(empty):
            return _row(part, empty, Status.FAILED, f"model: {len(vector)} dimensions, not {len(empty)}")
        return replace(_row(part, vector, Status.OK, answer.note), seconds=answer.seconds)


def _row(part: Part, vector: NDArray[np.float32], status: Status, reason: str) -> Embedding:
    return Embedding(part.item_id, part.kind, part.modality, vector, status, reason)


def _text(text: str, instruction: str) -> Passage | _Missing:
    cleaned = clean(text)
    return Passage(instruction, cleaned) if cleaned else _Missing(Status.EMPTY, "no text to embed")


def _whole(page: Page) -> Region:
    return Region(page.page_id, 0, Label.PAGE, "page", Box(0, 0, page.width, page.height))


def _page_of(image: bytes) -> Page:
    """Return a page of nothing but an image; its size is that of the image."""
    found = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR) if image else None
    height, width = (0, 0) if found is None else found.shape[:2]
    return Page("", "", "", "", 1, width, height, 0.0, "", image)


async def _all(tasks: Sequence[asyncio.Task[Embedding]]) -> list[Embedding]:
    """Wait for all; an error cancels what else is asked."""
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
