"""The process in which PDFs are drawn and counted: PDFium may hang or crash on a damaged file.

Requests come in over a socket, one answer per page goes back (`pdf_isolated.py`).
"""

from __future__ import annotations

import pickle
import signal

from ocr_project.domain.errors import DocumentError
from ocr_project.engine.ingest import pdf
from ocr_project.engine.ingest.pdf_isolated import PdfRequest
from ocr_project.engine.ingest.rendered_page import Answers
from ocr_project.engine.running.worker_process import open_line

_ORPHAN_SECONDS = 60  # more than the parent waits: a process that still works on a page then has lost its parent


def main(descriptor: int) -> None:
    """Answer until the other end is closed: a `PdfRequest` begins anew, None asks for its next page.

    Args:
        descriptor: Number of the open socket.
    """
    line = open_line(descriptor)
    pages: Answers | None = None
    patience = 0
    try:
        while True:
            request: PdfRequest | None = pickle.loads(line.recv_bytes())
            if request is not None:
                pages = _pages(request, pages)
                patience = int(request.options.page_seconds) + _ORPHAN_SECONDS
            signal.alarm(patience)
            answer = next(pages) if pages is not None else _count(request)
            line.send_bytes(pickle.dumps(answer, protocol=5))
            signal.alarm(0)
    except (EOFError, ConnectionError):
        return


def _pages(request: PdfRequest, before: Answers | None) -> Answers | None:
    """Close the file at hand, and open the next."""
    if before is not None:
        before.close()
    return None if request.pages is None else pdf.read_pages(request.path, *request.pages, request.options)


def _count(request: PdfRequest | None) -> int | DocumentError:
    assert request is not None, "there is no page to go on from"
    try:
        return pdf.count_pages(request.path, request.options)
    except DocumentError as error:
        return error
