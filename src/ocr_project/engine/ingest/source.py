"""What a source of documents is, and which one the options mean."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from ocr_project.domain.errors import SourceError
from ocr_project.domain.options import IngestOptions
from ocr_project.domain.types import Document, Identity, Page

OWN_DOCUMENTS = "data/01_raw/documents"
SAMPLES = "samples/documents"
HUB = "hf://"


class Source(Protocol):
    """Where documents come from. Both methods may be called from several threads at once."""

    def documents(self) -> Iterator[Document]:
        """List every document in the order of the corpus; what cannot be read is a row too."""
        ...

    def pages(self, document: Document, first: int, last: int) -> Iterator[Page]:
        """Yield pages `first` to `last`, both included, from 1; a page that fails says why."""
        ...


def open_source(options: IngestOptions, *, default_root: Path) -> Source:
    """Open the source that the options name.

    Args:
        options: `source` may be a folder, a single file, a folder of the SDS-KoPub files, `hf://…` or None.
        default_root: The project, where None is looked up.

    Raises:
        SourceError: It does not exist, or holds no document.
    """
    from ocr_project.engine.ingest.folder import FolderSource
    from ocr_project.engine.ingest.kopub import KoPubSource, is_kopub

    where = source_location(options, default_root=default_root)
    if where.startswith(HUB):
        return KoPubSource(where, options)
    root = Path(where)
    if root.is_file():
        return FolderSource(root.parent, options, only=root.name)
    if not root.is_dir():
        raise SourceError(f"{root} is not there; name a folder with --params ingest.source=/path/to/documents")
    return KoPubSource(str(root), options) if is_kopub(root) else FolderSource(root, options)


def source_location(options: IngestOptions, *, default_root: Path) -> str:
    """Return where the documents are: as the options say, else the project's own folder, else the samples."""
    if options.source is not None:
        return options.source if options.source.startswith(HUB) else str(Path(options.source).expanduser())
    from ocr_project.engine.ingest.folder import holds_documents

    own = default_root / OWN_DOCUMENTS
    return str(own if holds_documents(own) else default_root / SAMPLES)


def ingest_identity(options: IngestOptions) -> Identity:
    """Return what makes a page what it is, beside the bytes of its document."""
    from importlib.metadata import version

    settings = options.model_dump(mode="json", include={"dpi", "text_layer", "jpeg_quality", "max_pixels"})
    return Identity("ingest", f"1 pypdfium2-{version('pypdfium2')}", settings)
