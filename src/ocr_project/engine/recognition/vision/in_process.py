"""The recognizer `transformers`: the same models without a server, to compare one with."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from importlib.metadata import version
from types import MappingProxyType

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import TransformersOptions
from ocr_project.domain.types import Task
from ocr_project.engine.models.dialects import dialect_of
from ocr_project.engine.models.locate import locate_model
from ocr_project.engine.recognition.vision.batching import Answer, Batcher
from ocr_project.engine.recognition.vision.recognizer import VisionRecognizer, identity_of

_VERSION = "1"


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
        missing = [name for name in ("torch", "transformers") if importlib.util.find_spec(name) is None]
        if missing:
            raise BackendError(f"{' and '.join(missing)} not installed: pip install -e '.[gpu]', or leave out --env")
        found = locate_model(options.model, options.revision, option="recognition.transformers.model")
        library = f"transformers-{version('transformers')}"
        identity = identity_of(
            "transformers", f"{_VERSION} {library} {found.revision}", options, tasks, dtype=options.dtype
        )
        image_first = dialect_of(options.model, options.dialect).image_first

        def load() -> Answer:
            from ocr_project.engine.recognition.vision.local_model import LocalModel

            return LocalModel(options, image_first=image_first).answer

        batcher = Batcher(load, options.batch_regions, options.wait_seconds)
        super().__init__(identity, options, tasks, batcher, 2 * options.batch_regions)
