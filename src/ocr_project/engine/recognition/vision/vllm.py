"""The recognizer `vllm`: a model behind servers of our own, or behind those that are named by URL."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ocr_project.domain.options import VllmOptions
from ocr_project.domain.types import Task
from ocr_project.engine.models import ServedChat, find_served_model
from ocr_project.engine.recognition.vision.recognizer import VisionRecognizer, check_limits, identity_of


class VllmRecognizer(VisionRecognizer):
    """Reads regions through vLLM."""

    def __init__(self, options: VllmOptions, tasks: Mapping[str, Task] = MappingProxyType({})) -> None:
        """Look whether everything is there that servers need; none is started.

        Args:
            options: Model, servers, limits.
            tasks: `recognition.tasks`.

        Raises:
            OptionError: An answer as long as its limit does not fit beside its prompt.
            BackendError: vLLM, the model, a GPU or a key is missing.
        """
        check_limits(options)
        found = find_served_model(options)
        identity = identity_of("vllm", found.version, options, tasks, quantization=options.quantization)
        super().__init__(identity, options, tasks, ServedChat(options), options.requests)
