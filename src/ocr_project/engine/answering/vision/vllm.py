"""The answerer `vllm`: a model behind servers of our own, or behind those that are named by URL."""

from __future__ import annotations

from ocr_project.domain.options.fields import FieldsVllmOptions
from ocr_project.engine.answering.vision.answerer import VisionAnswerer, check_room, identity_of
from ocr_project.engine.models import ServedChat, find_served_model


class VllmAnswerer(VisionAnswerer):
    """Answers through vLLM, or through any server that speaks OpenAI's protocol."""

    def __init__(self, options: FieldsVllmOptions, max_pixels: int | None = None, system: str = "") -> None:
        """Look whether everything is there that servers need; none is started.

        Args:
            options: Model, servers, limits.
            max_pixels: Most pixels of an image; None: as the dialect says.
            system: The system text; empty: none.

        Raises:
            OptionError: An answer as long as its limit does not fit beside its prompt.
            BackendError: vLLM, the model, a GPU or a key is missing.
        """
        check_room(options, max_pixels)
        found = find_served_model(options)
        own = {"served_by": options.served_by} if options.urls else {"quantization": options.quantization}
        identity = identity_of("vllm", found.version, options, max_pixels, system, **own)
        super().__init__(identity, options, max_pixels, system, ServedChat(options), options.requests)
