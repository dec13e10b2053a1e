"""What would stop a run later is asked for first: documents, packages, languages, models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ocr_project.domain.options import EmbeddingOptions, IngestOptions, LayoutOptions, Options, RecognitionOptions
from ocr_project.engine.embedding import build_embedder
from ocr_project.engine.ingest import open_source
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


def check_source(options: IngestOptions, *, default_root: Path) -> None:
    """Look for the first document of the source; nothing is rendered.

    Args:
        options: Name the source.
        default_root: The project.

    Raises:
        SourceError: The source is not there, or holds no document.
    """
    next(open_source(options, default_root=default_root).documents())
