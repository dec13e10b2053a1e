"""The answerer `transformers`: the same models without a server, to compare one with."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ocr_project.domain.options.fields import FieldsTransformersOptions
from ocr_project.engine.answering.vision.answerer import VisionAnswerer, identity_of
from ocr_project.engine.models import ChatAnswer, ChatRequest, LocalTransport, dialect_of, find_local_model

_OPTION = "fields.transformers"


class TransformersAnswerer(VisionAnswerer):
    """Answers with a model in this process; it is loaded with the first page."""

    def __init__(self, options: FieldsTransformersOptions, max_pixels: int | None = None, system: str = "") -> None:
        """Look whether everything is there that the model needs.

        Args:
            options: Model, device, limits.
            max_pixels: Most pixels of an image; None: as the dialect says.
            system: The system text; empty: none.

        Raises:
            BackendError: torch, transformers or the model is missing.
        """
        found = find_local_model(options.model, options.revision, option=_OPTION, dummy=options.dummy_weights)
        identity = identity_of("transformers", found.version, options, max_pixels, system, dtype=options.dtype)
        image_first = dialect_of(options.model, options.dialect).image_first

        def load() -> Callable[[Sequence[ChatRequest]], list[ChatAnswer]]:
            from ocr_project.engine.models.local.chat import LocalChat

            return LocalChat(options, image_first=image_first, option=_OPTION).answer

        transport = LocalTransport(
            load,
            options.batch_regions,
            alike=lambda request: (request.temperature, request.max_tokens),
            wait=options.wait_seconds,
        )
        super().__init__(identity, options, max_pixels, system, transport, 2 * options.batch_regions)
