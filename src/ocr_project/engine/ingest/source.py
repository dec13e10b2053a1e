"""What a source of documents is, and which one the options mean."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from ocr_project.domain.errors import SourceError
from ocr_project.domain.options import IngestOptions, TextLayer
from ocr_project.domain.types import Document, Identity, Page

OWN_DOCUMENTS = "01_raw/documents"  # below the data folder
DATA = "data"
SAMPLES = "samples/documents"
HUB = "hf://"
VERSION = "4"  # of the code that makes pages: raise it when the same bytes would give another page
_SETTINGS = {"dpi", "text_layer", "jpeg_quality", "max_pixels", "page_seconds"}
# What draws, decodes and encodes pages: another version may make other pixels, or read what this one cannot.
_READERS = ("pypdfium2", "pillow", "opencv-python-headless")

_READERS_OF_EXTRAS = ("rhwp-python",)


class Source(Protocol):
    """Where documents come from. Its methods may be called from several threads at once."""

    def check(self) -> None:
        """Look for the first document, before anything else is done.

        Raises:
            SourceError: There is none, or the source cannot be read.
        """
        ...

    def documents(self) -> Iterator[Document]:
        """List every document in the order of the corpus; what cannot be read is a row too."""
        ...

    def pages(self, document: Document, first: int, last: int) -> Iterator[Page]:
        """Yield pages `first` to `last`, both included, from 1; a page that fails says why."""
        ...


def open_source(options: IngestOptions, *, default_root: Path, data: Path | None = None) -> Source:
    """Open the source that the options name.

    Args:
        options: `source` may be a folder, a single file, a folder of the SDS-KoPub files, `hf://…` or None.
        default_root: The project, where None is looked up.
        data: Folder of the corpus; None: `data` in the project.

    Raises:
        SourceError: It does not exist, or holds no document.
    """
    return open_location(source_location(options, default_root=default_root, data=data), options)


def open_location(where: str, options: IngestOptions) -> Source:
    """Open a source that is looked up already.

    Args:
        where: From `source_location`.
        options: What is read of it, and how; their `source` is not looked at.

    Raises:
        SourceError: It does not exist, or holds no document.
    """
    from ocr_project.engine.ingest.folder import FolderSource
    from ocr_project.engine.ingest.kopub import KoPubSource, is_kopub

    if where.startswith(HUB):
        return KoPubSource(where, options)
    root = Path(where)
    if root.is_file():
        return FolderSource(root.parent, options, only=root.name)
    if not root.is_dir():
        how = "name another (kedro: --params ingest.source=/path/to/documents)"
        raise SourceError(f"the folder {root} does not exist; {how}")
    return KoPubSource(str(root), options) if is_kopub(root) else FolderSource(root, options)


def source_location(options: IngestOptions, *, default_root: Path, data: Path | None = None) -> str:
    """Return where the documents are: as the options say, else the data folder's own, else the samples."""
    if options.source is not None:
        return options.source if options.source.startswith(HUB) else str(Path(options.source).expanduser())
    from ocr_project.engine.ingest.folder import holds_documents

    own = (data or default_root / DATA) / OWN_DOCUMENTS
    return str(own if holds_documents(own) else default_root / SAMPLES)


def ingest_identity(options: IngestOptions) -> Identity:
    """Return what makes a page what it is, beside the bytes of its document."""
    from importlib.metadata import version
    from importlib.util import find_spec

    settings = options.model_dump(mode="json", include=_SETTINGS)
    if options.longest_side is not None:
        settings |= {"longest_side": options.longest_side, "dpi": None}
    if options.office_text_layer is not TextLayer.PREFER:
        settings |= {"office_text_layer": options.office_text_layer.value}
    here = (*_READERS, *(package for package in _READERS_OF_EXTRAS if find_spec(package.partition("-")[0])))
    readers = " ".join(f"{package}-{version(package)}" for package in here)
    return Identity("ingest", f"{VERSION} {readers}", settings)
