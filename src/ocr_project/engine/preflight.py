"""What would stop a run later is asked for first: packages, languages, models."""

from __future__ import annotations

from collections.abc import Mapping

from ocr_project.domain.options import EmbeddingOptions, LayoutOptions, Options, RecognitionOptions
from ocr_project.engine.embedding import build_embedder
from ocr_project.engine.layout import build_detector
from ocr_project.engine.recognition import build_recognizer


def check_backends(options: Mapping[str, Options]) -> None:
    """Build the backends that a run is going to need, before its first page is read.

    Args:
        options: The options of the stages in the run, by stage.

    Raises:
        BackendError: One cannot be built; the message says what to install or to change.
    """
    for chosen in options.values():
        match chosen:
            case LayoutOptions():
                build_detector(chosen)
            case RecognitionOptions():
                build_recognizer(chosen).close()
            case EmbeddingOptions():
                build_embedder(chosen)
