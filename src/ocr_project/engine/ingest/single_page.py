"""One page that no source lists: an image in memory, or a file somewhere."""

from __future__ import annotations

from pathlib import Path

from ocr_project.domain.errors import BrokenDocument, DocumentError
from ocr_project.domain.options import IngestOptions
from ocr_project.domain.types import Document, Page
from ocr_project.engine.ingest import images, pdf_isolated
from ocr_project.engine.ingest.rendered_page import Answers, to_pages

_PDF = b"%PDF-"
_HEAD = 1024  # bytes within which a PDF says that it is one


def read_single_page(document: Document, number: int, source: bytes | Path | None, options: IngestOptions) -> Page:
    """Read one page.

    Args:
        document: That the page belongs to: the row is made of its fields. `pages` says which page of a PDF it is.
        number: Of the row.
        source: The encoded image, or an image or PDF file; `None` where there is none.
        options: Resolution and limits.

    Returns:
        A page; `failed` with the reason where it cannot be read.
    """
    (page,) = to_pages(document, number, _answers(source, document.pages, options), options)
    return page


def _answers(source: bytes | Path | None, number: int, options: IngestOptions) -> Answers:
    if source is None:
        yield BrokenDocument("the image is not there; get the set again")
    elif isinstance(source, bytes):
        try:
            yield images.read_image(source, options)
        except DocumentError as error:
            yield error
    elif not source.is_file():
        yield BrokenDocument(f"{source} is not there; get the set again")
    else:
        with source.open("rb") as file:
            is_pdf = _PDF in file.read(_HEAD)
        if is_pdf or number > 1:
            yield from (pdf_isolated if is_pdf else images).read_pages(source, number, number, options)
            return
        try:
            yield images.read_whole(source, options)
        except DocumentError as error:
            yield error
