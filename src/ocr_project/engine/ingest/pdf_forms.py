"""Forms and annotations of a PDF: what PDFium draws of a page beside its content.

Calls PDFium: hold its lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

_NOTICES = ("please wait", "bitte warten", "veuillez patienter", "подождите", "기다리")  # of Adobe's waiting page
_UNSEEN = pdfium_c.FPDF_ANNOT_FLAG_HIDDEN | pdfium_c.FPDF_ANNOT_FLAG_NOVIEW

_NOT_DRAWN = (pdfium_c.FPDF_ANNOT_LINK, pdfium_c.FPDF_ANNOT_POPUP)


def is_waiting(opened: pdfium.PdfDocument) -> bool:
    """Whether the first page stands in for an XFA form that is drawn elsewhere: no field is on it, and it says so."""
    kind = opened.get_formtype()
    if kind not in (pdfium_c.FORMTYPE_XFA_FULL, pdfium_c.FORMTYPE_XFA_FOREGROUND):
        return False
    page = opened[0]
    try:
        if any(subtype == pdfium_c.FPDF_ANNOT_WIDGET for _, subtype in _annotations(page)):
            return False
        return kind == pdfium_c.FORMTYPE_XFA_FULL or any(notice in _text(page).casefold() for notice in _NOTICES)
    finally:
        page.close()


def is_annotated(page: pdfium.PdfPage) -> bool:
    """Whether fields or annotations may be drawn on a page; links and the windows of notes are not."""
    return any(subtype not in _NOT_DRAWN for _, subtype in _annotations(page))


@contextmanager
def flattened(opened: pdfium.PdfDocument, page: pdfium.PdfPage, number: int) -> Iterator[pdfium.PdfPage]:
    """Give a page of which fields and annotations are content, as far as they are shown; the file is left alone.

    Args:
        opened: The document.
        page: The page as it is in the file. It is not to be drawn any more.
        number: Of the page, from 1.

    Yields:
        The page itself where it has no annotations.
    """
    if not pdfium_c.FPDFPage_GetAnnotCount(page):
        yield page
        return
    for index in reversed(range(pdfium_c.FPDFPage_GetAnnotCount(page))):
        with _annotation(page, index) as handle:
            unseen = bool(handle) and pdfium_c.FPDFAnnot_GetFlags(handle) & _UNSEEN
        if unseen:
            pdfium_c.FPDFPage_RemoveAnnot(page, index)
    if pdfium_c.FPDFPage_Flatten(page, pdfium_c.FLAT_NORMALDISPLAY) != pdfium_c.FLATTEN_SUCCESS:
        yield page
        return
    anew = opened[number - 1]
    try:
        yield anew
    finally:
        anew.close()


def _text(page: pdfium.PdfPage) -> str:
    textpage = page.get_textpage()
    try:
        return str(textpage.get_text_bounded())
    finally:
        textpage.close()


def _annotations(page: pdfium.PdfPage) -> Iterator[tuple[Any, int]]:
    """Yield the handle and the subtype of each annotation; the handle is closed behind it."""
    for index in range(pdfium_c.FPDFPage_GetAnnotCount(page)):
        with _annotation(page, index) as handle:
            if handle:
                yield handle, int(pdfium_c.FPDFAnnot_GetSubtype(handle))


@contextmanager
def _annotation(page: pdfium.PdfPage, index: int) -> Iterator[Any]:
    handle = pdfium_c.FPDFPage_GetAnnot(page, index)
    try:
        yield handle
    finally:
        if handle:
            pdfium_c.FPDFPage_CloseAnnot(handle)
