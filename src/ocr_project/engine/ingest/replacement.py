"""Whether a run over one source would remove what was made of another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ocr_project.domain.types import Document, Status
from ocr_project.engine.ingest.source import HUB


def documents_going(held: Sequence[Document], source: str, samples: Path) -> list[Document]:
    """Name the documents that a run over a source would remove, though their files are still there.

    A file that is deleted from the folder of the last run is meant to go, and so are the bundled samples. A folder
    that was moved is the same corpus: its files lie at the same places below the new one, with the same sizes.

    Args:
        held: The documents of the last run.
        source: The folder, file or address of this run, from `source_location`.
        samples: Folder of the bundled documents.

    Returns:
        Documents that could be read, and come from elsewhere.
    """
    return [
        document
        for document in held
        if document.status is Status.OK
        and not _lies_in(document.source, str(samples.resolve()))
        and not _stays(document, source)
    ]


def folder_of(document: Document) -> str:
    """Return the source that a document came from: its own place without its path in that source."""
    where = document.source.partition("#")[0]
    return where.removesuffix(document.path).rstrip("/") or "/"


def _stays(document: Document, source: str) -> bool:
    if source.startswith(HUB):
        return _lies_in(document.source, source)
    here = Path(source).resolve()
    if _lies_in(document.source, str(here)):
        return True
    moved = here / document.path if here.is_dir() else here
    return moved.name == Path(document.path).name and moved.is_file() and moved.stat().st_size == document.bytes


def _lies_in(where: str, folder: str) -> bool:
    return where == folder or where.startswith((folder.rstrip("/") + "/", folder + "#"))
