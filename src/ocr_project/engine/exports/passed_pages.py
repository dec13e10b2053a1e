"""Pages of a PDF that carry their own text: they go into the searchable PDF as they are, with what OCR adds to them.

A page image at 200 dpi is larger than the typed page that it is of, a hundred times and more.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pikepdf

from ocr_project.domain.types import Document, Page
from ocr_project.engine.exports.searchable_pdf import SearchablePdf
from ocr_project.engine.transcript.lines import Reading

_MEDIA_TYPE = "application/pdf"
_DAMAGE = (pikepdf.PdfError, OSError, ValueError, TypeError, IndexError, AttributeError, RuntimeError, KeyError)


def carries_its_text(page: Page) -> bool:
    """Whether the text of a page in its file is right as far as it goes: no other may lie over it."""
    return page.text_layer_healthy or page.text_layer_preferred


def added_by_ocr(page: Page, readings: Sequence[Reading]) -> list[Reading]:
    """Return what was read of a page that carries its text, without the words that it has."""
    if not page.text_layer_preferred:
        return []
    known = {(word.text, word.box) for word in page.text_layer_words}
    found = []
    for reading in readings:
        read = reading.recognition
        words = tuple(word for word in read.words if (word.text, word.box) not in known)
        if read.attempts and (words or not read.words):
            found.append(replace(reading, recognition=replace(read, words=words)))
    return found


@dataclass(frozen=True, slots=True)
class PassedPage:
    """A page that is taken over.

    Attributes:
        number: In its file, from 1.
        is_added_to: Whether text was drawn that goes over it.
    """

    number: int
    is_added_to: bool


class SourcePdf:
    """The PDF that a document is, open."""

    def __init__(self, opened: pikepdf.Pdf) -> None:
        self._opened = opened

    @staticmethod
    def open(document: Document | None) -> SourcePdf | None:
        """Open the file of a document; `None` where it is not a PDF, or no longer the one that was read."""
        if document is None or document.media_type != _MEDIA_TYPE:
            return None
        path = Path(document.source)
        try:
            with path.open("rb") as file:
                if not hashlib.file_digest(file, "sha256").hexdigest().startswith(document.doc_id):
                    return None
            return SourcePdf(pikepdf.open(path))
        except _DAMAGE:
            return None  # its pages are drawn, as those of any other document

    def close(self) -> None:
        """Close the file."""
        self._opened.close()

    def gives(self, number: int) -> bool:
        """Say whether a page can be taken over: one that is damaged cannot."""
        try:
            with pikepdf.new() as trial:
                trial.add_pages_from(self._opened, [number - 1])
                trial.save(BytesIO())
        except _DAMAGE:
            return False
        return True

    def assemble(self, drawn: BinaryIO, passed: Sequence[PassedPage | None], file: BinaryIO) -> None:
        """Write a PDF of pages that were drawn and pages that are taken over.

        Args:
            drawn: A PDF with a page for each of `passed`: of one that is taken over, what is added to it.
            passed: In order; `None` for a page that is as it was drawn.
            file: Empty, open for writing.
        """
        with pikepdf.open(drawn) as ours, pikepdf.new() as made:
            made.add_pages_from(self._opened, [place.number - 1 for place in passed if place])  # forms and links, too
            for at, (page, place) in enumerate(zip(ours.pages, passed, strict=True)):
                if place is None:
                    made.pages.insert(at, page)
                elif place.is_added_to:
                    taken = made.pages[at]
                    taken.add_overlay(page, pikepdf.Rectangle(taken.cropbox))
            made.docinfo["/Title"] = ours.docinfo["/Title"]
            made.save(file, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)


@contextmanager
def _scratch() -> Iterator[BinaryIO]:
    with tempfile.TemporaryFile() as file:
        yield file


class PdfExport:
    """The searchable PDF of a document while its pages come in."""

    def __init__(self, file: BinaryIO, title: str, document: Document | None) -> None:
        """Begin a file without pages.

        Args:
            file: Empty, open for writing; it is not closed here.
            title: Shown by viewers.
            document: Whose pages are taken over where they carry their own text; `None` where it is not known.
        """
        self._file = file
        self._stack = ExitStack()
        self._source = SourcePdf.open(document)
        self._drawn = file
        if self._source is not None:
            self._stack.callback(self._source.close)
            self._drawn = self._stack.enter_context(_scratch())
        self._pdf = SearchablePdf(self._drawn, title)
        self._passed: list[PassedPage | None] = []

    def add(self, page: Page, readings: Sequence[Reading]) -> None:
        """Add one page: as it is in its file where that holds its text, else as an image with its text."""
        if self._source is not None and carries_its_text(page) and self._source.gives(page.number):
            is_added_to = self._pdf.add_words(page, added_by_ocr(page, readings))
            self._passed.append(PassedPage(page.number, is_added_to))
        else:
            self._pdf.add(page, readings)
            self._passed.append(None)

    def finish(self) -> None:
        """Write what belongs at the end of the file."""
        self._pdf.finish()
        if self._source is None:
            return
        self._drawn.seek(0)
        if any(self._passed):
            self._source.assemble(self._drawn, self._passed, self._file)
        else:
            shutil.copyfileobj(self._drawn, self._file)

    def close(self) -> None:
        """Close what was opened."""
        self._stack.close()
