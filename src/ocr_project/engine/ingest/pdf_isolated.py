"""PDFs read in processes of their own: the page that hangs PDFium, or crashes it, is a failed page and no more.

Each thread that asks has a process, since PDFium takes one thread at a time; it ends with the thread. Starting one
takes 0.7 s of a core: what listed the documents is left to the code that draws them.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ocr_project.domain.errors import BrokenDocument, DocumentError, Killed
from ocr_project.domain.options import IngestOptions
from ocr_project.engine.ingest.rendered_page import Answers
from ocr_project.engine.running.worker_process import Child, Lost

MEDIA_TYPE = "application/pdf"
_CHILD = "ocr_project.engine.ingest.pdf_worker"


@dataclass(frozen=True, slots=True)
class PdfRequest:
    """What is asked about a PDF.

    Attributes:
        pages: First and last page to draw, from 1; None asks how many there are.
    """

    path: Path
    options: IngestOptions
    pages: tuple[int, int] | None = None


def count_pages(path: Path, options: IngestOptions) -> int:
    """Return the number of pages.

    Raises:
        DocumentError: As `pdf.count_pages`; `BrokenDocument` also where PDFium hangs over it, or crashes.
    """
    return _OWN.reader.count_pages(path, options)


def read_pages(path: Path, first: int, last: int, options: IngestOptions) -> Answers:
    """Draw pages: yields what `pdf.read_pages` does, and for a page that hangs PDFium, or crashes it, why."""
    yield from _OWN.reader.read_pages(path, first, last, options)


def release() -> None:
    """Leave the process of this thread, where it has one, to the thread that asks next."""
    _OWN.reader.leave()


class _ReaderProcess:
    """The process of one thread; it starts with the first request."""

    def __init__(self) -> None:
        self._child: Child | None = None
        self._last_request: PdfRequest | None = None  # the one whose next page can be asked for

    def count_pages(self, path: Path, options: IngestOptions) -> int:
        answer = self._ask(PdfRequest(path, options), options, "the PDF")
        if isinstance(answer, DocumentError):
            raise answer
        return int(answer)

    def read_pages(self, path: Path, first: int, last: int, options: IngestOptions) -> Answers:
        request = None
        for number in range(first, last + 1):
            if request is None or self._last_request is not request:
                request = PdfRequest(path, options, (number, last))
            yield self._ask(request, options, f"page {number} of the PDF")

    def leave(self) -> None:
        if self._child is not None:
            _SPARE.append(self._child)
            del _SPARE[:-_MOST_SPARE]
        self._child = self._last_request = None

    def _started(self, options: IngestOptions) -> Child:
        return Child(_CHILD, "read PDFs", int(options.pdf_memory_gib * 2**30))

    def _ask(self, request: PdfRequest, options: IngestOptions, what: str) -> Any:
        child = self._child = self._child or _spare() or self._started(options)
        try:
            child.send(None if request is self._last_request else request)
            self._last_request = request
            return child.receive(options.page_seconds)
        except Lost as lost:
            child.end()
            self._child = self._last_request = None
            return _failure(lost, what, options)


class _Own(threading.local):
    def __init__(self) -> None:
        self.reader = _ReaderProcess()


_OWN = _Own()
_SPARE: list[Child] = []  # processes without a thread
_MOST_SPARE = 1


def _spare() -> Child | None:
    try:
        child = _SPARE.pop()
    except IndexError:
        return None
    return child if child.is_alive else None


def _failure(lost: Lost, what: str, options: IngestOptions) -> DocumentError:
    if lost.status is None:
        limit = f"ingest.page_seconds ({options.page_seconds:g})"
        return BrokenDocument(f"{what} was not read within {limit}; export the PDF again, or raise the limit")
    if lost.was_killed:
        advice = "the machine may lack memory; run again"
        return Killed(f"the process that read {what} was killed from outside (status {lost.status}): {advice}")
    limit = f"ingest.pdf_memory_gib ({options.pdf_memory_gib:g})"
    advice = f"it is damaged, or needs more memory than {limit}; export the PDF again, or raise the limit"
    return BrokenDocument(f"{what} ended the process that reads it (status {lost.status}): {advice}")
