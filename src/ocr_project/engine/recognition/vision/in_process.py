"""The recognizer `transformers`: the same models without a server, to compare one with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from ocr_project.domain.options import TransformersOptions
from ocr_project.domain.types import Task
from ocr_project.engine.models import ChatAnswer, ChatRequest, LocalTransport, dialect_of, find_local_model
from ocr_project.engine.recognition.vision.recognizer import VisionRecognizer, identity_of

_OPTION = "recognition.transformers"


class TransformersRecognizer(VisionRecognizer):
    """Reads regions with a model in this process; it is loaded with the first page."""

    def __init__(self, options: TransformersOptions, tasks: Mapping[str, Task] = MappingProxyType({})) -> None:
        """Look whether everything is there that the model needs.

        Args:
            options: Model, device, limits.
            tasks: `recognition.tasks`.

        Raises:
            BackendError: torch, transformers or the model is missing.
        """
        found = find_local_model(options.model, options.revision, option=_OPTION, dummy=options.dummy_weights)
        identity = identity_of("transformers", found.version, options, tasks, dtype=options.dtype)
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
        super().__init__(identity, options, tasks, transport, 2 * options.batch_regions)
