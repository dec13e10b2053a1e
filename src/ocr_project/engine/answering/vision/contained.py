"""Answers of a model in a container: started with the first question, gone with the answerer."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future

from ocr_project.domain.errors import BackendError, OptionError
from ocr_project.domain.options import FieldsBackend, FieldsOptions
from ocr_project.domain.types import Answer, Asked, Identity, Page
from ocr_project.engine.answering.vision.answerer import Told
from ocr_project.engine.answering.vision.vllm import VllmAnswerer
from ocr_project.engine.models.served.container import ServedContainer, identify_image

_NOT_YET = "http://127.0.0.1:9"  # nothing is asked before the container has an address


class ContainedAnswerer:
    """An answerer of `vllm` whose server is a container. Nothing starts before the first page."""

    def __init__(self, options: FieldsOptions, system: str) -> None:
        """Look whether the image is here; no container is started.

        Args:
            options: Image, container, model.
            system: The system text; empty: none.

        Raises:
            OptionError: Another backend is chosen, servers are named as well, or the image can't be told from others.
            BackendError: There is no such image, or nothing here starts containers.
        """
        assert options.image is not None
        if options.backend is not FieldsBackend.VLLM:
            raise OptionError(f"fields.image is set: fields.backend has to be vllm, and is {options.backend}")
        if options.vllm.urls:
            raise OptionError("fields.image and fields.vllm.urls are both set: take one of them out")
        self._options = options
        self._system = system
        self._image = options.image
        self._digest = identify_image(options.image, options.container)
        self._container = ServedContainer(options.image, options.container)
        self._answerer = self._at(_NOT_YET)
        self._started = False
        self._lock = threading.Lock()

    @property
    def identity(self) -> Identity:
        return self._answerer.identity

    @property
    def in_flight_pages(self) -> int:
        return self._answerer.in_flight_pages

    def submit(self, page: Page, asked: Sequence[Asked], told: Told | None = None) -> Future[list[Answer]]:
        """Answer the questions about one page, as `VllmAnswerer.submit` does; the first call starts the container.

        Raises:
            BackendError: It does not start, or serves another model.
        """
        with self._lock:
            if not self._started:
                self._start()
        return self._answerer.submit(page, asked, told)

    def answer(self, page: Page, asked: Sequence[Asked]) -> list[Answer]:
        return self.submit(page, asked).result()

    def close(self) -> None:
        """End the container; questions in flight are cancelled. Idempotent."""
        self._answerer.close()
        self._container.close()

    def _start(self) -> None:
        self._container.start()
        if (model := self._options.vllm.model) not in self._container.models:
            names = ", ".join(self._container.models) or "none"
            self._container.close()
            raise BackendError(f"{self._image} serves {names}, and fields.vllm.model is {model}: change one of them")
        self._answerer = self._at(self._container.url)
        self._started = True

    def _at(self, url: str) -> VllmAnswerer:
        vllm = self._options.vllm.model_copy(update={"urls": (url,), "served_by": self._digest})
        return VllmAnswerer(vllm, self._options.max_pixels, self._system)
