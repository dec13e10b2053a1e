"""The embedder `transformers`: the same model without a server, to compare one with."""

from __future__ import annotations

import asyncio
import importlib.util
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.metadata import version
from typing import TypeAlias

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import EmbeddingTransformersOptions
from ocr_project.engine.embedding.model_embedder import ModelEmbedder
from ocr_project.engine.embedding.qwen3_vl import identity_of
from ocr_project.engine.models.locate import hidden_size, locate_model
from ocr_project.engine.models.messages import Passage, RequestFailed, VectorAnswer

Run: TypeAlias = Callable[[Sequence[Passage]], list[VectorAnswer]]


class TransformersEmbedder(ModelEmbedder):
    """Embeds with a model in this process; it is loaded with the first passage."""

    def __init__(self, options: EmbeddingTransformersOptions) -> None:
        """Look whether everything is there that the model needs.

        Raises:
            BackendError: torch, transformers or the model is missing.
        """
        missing = [name for name in ("torch", "transformers") if importlib.util.find_spec(name) is None]
        if missing:
            raise BackendError(f"{' and '.join(missing)} not installed: pip install -e '.[gpu]', or leave out --env")
        located = locate_model(options.model, options.revision, option="embedding.transformers.model")
        revision = f"transformers-{version('transformers')} {located.revision}"
        identity = identity_of("transformers", revision, options, dtype=options.dtype)

        def load() -> Run:
            from ocr_project.engine.embedding.local_model import LocalModel

            return LocalModel(options).embed

        carrier = _Batches(load, options.batch_items)
        super().__init__(identity, options, carrier, 4 * options.batch_items, hidden_size(located))


class _Batches:
    """Gathers what waits into batches, for a model that has a thread of its own."""

    def __init__(self, load: Callable[[], Run], size: int) -> None:
        self._load = load
        self._size = size
        self._run: Run | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embedding-model")
        self._waiting: list[tuple[Passage, asyncio.Future[VectorAnswer]]] = []
        self._working: asyncio.Task[None] | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """The model is loaded with the first batch."""

    async def embed(self, passage: Passage) -> VectorAnswer:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[VectorAnswer] = loop.create_future()
        self._waiting.append((passage, answer))
        if self._working is None or self._working.done():
            self._working = loop.create_task(self._work())
        return await answer

    async def hang_up(self) -> None:
        for _, answer in self._waiting:
            answer.cancel()

    def close(self) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            # images apart from texts: a batch is as long as its longest
            first = bool(self._waiting[0][0].image)
            batch = [item for item in self._waiting if bool(item[0].image) == first][: self._size]
            taken = set(map(id, batch))
            self._waiting = [item for item in self._waiting if id(item) not in taken]
            answers = await loop.run_in_executor(self._thread, self._answers, [passage for passage, _ in batch])
            for (_, future), answer in zip(batch, answers, strict=True):
                if future.done():
                    continue
                if isinstance(answer, Exception):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)

    def _answers(self, passages: Sequence[Passage]) -> Sequence[VectorAnswer | Exception]:
        """Embed a batch; one that fails is tried again one by one, so that only the passage at fault fails."""
        try:
            self._run = self._run or self._load()
        except Exception as error:
            return [error] * len(passages)
        started = time.perf_counter()
        try:
            answers = self._run(passages)
        except Exception as error:
            if len(passages) == 1:
                reason = f"model: {type(error).__name__}, {' '.join(str(error).split())[:200]}"
                return [RequestFailed(reason, 1)]
            return [answer for passage in passages for answer in self._answers([passage])]
        seconds = (time.perf_counter() - started) / len(passages)
        return [replace(answer, seconds=seconds) for answer in answers]
