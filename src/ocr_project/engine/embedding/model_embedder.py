"""The embedder of all models that see: parts of pages in, rows out, many pages at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import Qwen3VlOptions
from ocr_project.domain.types import Box, Embedding, Identity, Label, Page, Part, Region, Status
from ocr_project.engine.models import (
    CropJob,
    EmbeddingAnswer,
    EmbeddingRequest,
    PageTurn,
    RequestFailed,
    Session,
    Transport,
    Turns,
    all_of,
    name_in_identity,
)
from ocr_project.engine.models.dialects.qwen3_vl_embedding import VERSION, clean, finished, fit_of, instruction_of

_PROBE = "probe"


@dataclass(frozen=True, slots=True)
class _Missing:
    """Why a part is not asked for."""

    status: Status
    reason: str


class ModelEmbedder:
    """Embeds texts and images with a vision-language model. Nothing starts before the first of them."""

    def __init__(
        self,
        identity: Identity,
        options: Qwen3VlOptions,
        transport: Transport[EmbeddingRequest, EmbeddingAnswer],
        requests: int,
        hidden: int | None,
    ) -> None:
        """Start nothing.

        Args:
            identity: See `identity_of`.
            options: Instructions, sizes, dimensions.
            transport: To the model; closed with the embedder.
            requests: In flight at once.
            hidden: Length of the model's vectors; None where it has to be asked for.
        """
        self._identity = identity
        self._options = options
        self._dimensions = options.dimensions or hidden
        self._instruction = instruction_of(options.instruction)
        self._query_instruction = instruction_of(options.query_instruction)
        self.session = Session(
            "embedder",
            transport,
            fit_of(options),
            turns=Turns(requests, longest_first=False),
            crop_workers=options.crop_workers,
            crop_memory=int(options.crop_memory_gib * 2**30),
        )

    @property
    def identity(self) -> Identity:
        return self._identity

    @property
    def dimensions(self) -> int:
        """Length of a vector. A server that is named by URL is asked for one, the first time.

        Raises:
            BackendError: It gives none.
        """
        if self._dimensions is None:
            try:
                answer = self.session.submit(self.session.ask, EmbeddingRequest(self._instruction, _PROBE)).result()
            except RequestFailed as failed:
                raise BackendError(f"the embedding server returned no vectors: {failed}") from failed
            self._dimensions = len(answer.vector)
        return self._dimensions

    @property
    def in_flight_pages(self) -> int:
        return self.session.in_flight_pages

    def submit(self, page: Page | None, parts: Sequence[Part]) -> Future[list[Embedding]]:
        """Embed parts of a page, without waiting for them."""
        empty = np.zeros(self.dimensions, np.float32)
        return self.session.submit(self._embed, page, parts, self._instruction, empty)

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed passages.

        Raises:
            BackendError: A text gets no vector; `submit` makes a row of that.
        """
        return self._embed_strings(texts, self._instruction)

    def embed_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Embed queries, with the instruction that tells the model so. Raises as `embed_texts`."""
        return self._embed_strings(queries, self._query_instruction)

    def embed_images(self, images: Sequence[bytes]) -> NDArray[np.float32]:
        futures = [self.submit(_page_of(image), [Part("", "page", "image")]) for image in images]
        return self._stacked([row for future in futures for row in future.result()])

    def close(self) -> None:
        """Stop all that was started; what is in flight is cancelled. Idempotent."""
        self.session.close()

    def _embed_strings(self, texts: Sequence[str], instruction: str) -> NDArray[np.float32]:
        empty = np.zeros(self.dimensions, np.float32)
        parts = [Part("", "", "text", text) for text in texts]
        rows = self.session.submit(self._embed, None, parts, instruction, empty).result()
        if failed := next((row for row in rows if row.status is Status.FAILED), None):
            raise BackendError(f"a text got no vector: {failed.reason}")
        return self._stacked(rows)

    def _stacked(self, rows: Sequence[Embedding]) -> NDArray[np.float32]:
        return np.stack([row.vector for row in rows]) if rows else np.zeros((0, self.dimensions), np.float32)

    async def _embed(
        self, page: Page | None, parts: Sequence[Part], instruction: str, empty: NDArray[np.float32]
    ) -> list[Embedding]:
        seen = [part for part in parts if part.modality == "image" and part.status is Status.OK]
        with self.session.page() as turn:
            images = iter(await self._images(page, seen, instruction) if seen else ())
            tasks = []
            for part in parts:
                request: EmbeddingRequest | _Missing
                if part.status is not Status.OK:
                    request = _Missing(part.status, part.reason)
                else:
                    request = next(images) if part.modality == "image" else _text_request(part.text, instruction)
                tasks.append(self._start(turn, part, request, empty))
            return await all_of(tasks)

    async def _images(
        self, page: Page | None, parts: Sequence[Part], instruction: str
    ) -> list[EmbeddingRequest | _Missing]:
        """Return a request for each image, or the reason why there is none."""
        if page is None or page.image is None:
            return [_Missing(Status.SKIPPED, (page and page.reason) or "the page has no image")] * len(parts)
        async with self.session.preparing:
            crops = await self.session.cut(
                page.image, [CropJob(part.region or _page_region(page), bands=False) for part in parts]
            )
        if isinstance(crops, str):
            return [_Missing(Status.FAILED, crops)] * len(parts)
        return [
            EmbeddingRequest(instruction, image=crop.images[0])
            if crop.images
            else _Missing(Status.EMPTY, crop.reason.replace("nothing to read", "nothing to see"))
            for crop in crops
        ]

    def _start(
        self, turn: PageTurn, part: Part, request: EmbeddingRequest | _Missing, empty: NDArray[np.float32]
    ) -> asyncio.Task[Embedding]:
        if isinstance(request, _Missing):
            return asyncio.create_task(_unasked(part, request, empty))
        size = len(request.image or request.text)
        return self.session.start(turn, size, self._ask, part, request, empty)

    async def _ask(self, part: Part, request: EmbeddingRequest, empty: NDArray[np.float32]) -> Embedding:
        try:
            answer = await self.session.ask(request)
            vector = finished(answer.vector, self._options.dimensions)
        except RequestFailed as failed:
            return _row(part, empty, Status.FAILED, str(failed))
        except ValueError as error:
            return _row(part, empty, Status.FAILED, f"model: {error}; look at embedding.dimensions and the weights")
        if len(vector) != len(empty):
            return _row(part, empty, Status.FAILED, f"model: {len(vector)} dimensions, not {len(empty)}")
        return replace(_row(part, vector, Status.OK, answer.note), seconds=answer.seconds)


def identity_of(name: str, version: str, options: Qwen3VlOptions, **more: object) -> Identity:
    """Return the identity of an embedder: all that changes a vector.

    Args:
        name: Of the backend.
        version: Of its library and its model.
        options: All but those of speed.
        more: What only this backend has.
    """
    return Identity(
        name,
        f"{VERSION} {version}",
        {
            "model": name_in_identity(options.model),
            "instruction": instruction_of(options.instruction),
            "query_instruction": instruction_of(options.query_instruction),
            "dimensions": options.dimensions,
            "pixels": [options.min_pixels, options.max_pixels],
            "jpeg_quality": options.jpeg_quality,
            "max_model_len": options.max_model_len,
            **more,
        },
    )


async def _unasked(part: Part, missing: _Missing, empty: NDArray[np.float32]) -> Embedding:
    return _row(part, empty, missing.status, missing.reason)


def _row(part: Part, vector: NDArray[np.float32], status: Status, reason: str) -> Embedding:
    return Embedding(part.item_id, part.kind, part.modality, vector, status, reason)


def _text_request(text: str, instruction: str) -> EmbeddingRequest | _Missing:
    cleaned = clean(text)
    return EmbeddingRequest(instruction, cleaned) if cleaned else _Missing(Status.EMPTY, "no text to embed")


def _page_region(page: Page) -> Region:
    return Region(page.page_id, 0, Label.PAGE, "page", Box(0, 0, page.width, page.height))


def _page_of(image: bytes) -> Page:
    """Return a page of nothing but an image; its size is that of the image."""
    found = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR) if image else None
    height, width = (0, 0) if found is None else found.shape[:2]
    return Page("", "", "", "", 1, width, height, 0.0, "", image)
