"""The text layer of a PDF page: characters as PDFium gives them, put together to lines and words."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray

from ocr_project.domain.types import Box, Word
from ocr_project.engine.imaging.pixels import Pixels
from ocr_project.engine.ingest.text_layer import LayerFacts, ink_under, lines_outside, unseen_words

_LINE_END_HYPHENS = {0x02, 0xFFFE}  # PDFium writes one of these for a hyphen at the end of a line
_PROBE = 1 << 14  # pixels of the imaginary device by which the page's transformation is found
_OVERPAINT = 0.8  # an image over this share of the page hides the text drawn before it
_DEPTH = 3  # of forms within forms; OCR programs put their layer into one


@dataclass(frozen=True, slots=True)
class RawText:
    """Characters in content order, as PDFium gives them.

    Attributes:
        codes: UTF-32, or halves of surrogate pairs.
        boxes: Shape (len(codes), 4), float64: left, bottom, right, top in points of the unrotated page;
            zeros for white space.
        to_device: Shape (2, 3), float64: from such points to shares of the page, origin top left.
        unmapped: Characters whose font does not say which character they are.
        hidden: Share of the text, by area, that cannot be seen: invisible, or painted over by an image.
    """

    codes: tuple[int, ...]
    boxes: NDArray[np.float64]
    to_device: NDArray[np.float64]
    unmapped: int
    hidden: float


@dataclass(frozen=True, slots=True)
class Layer:
    """A text layer on its page, in pixels."""

    text: str
    words: tuple[Word, ...]
    facts: LayerFacts


def read_text(page: pdfium.PdfPage) -> RawText:
    """Copy the characters out of a page. Calls PDFium: hold its lock."""
    textpage = page.get_textpage()
    try:
        count = textpage.count_chars()
        raw = textpage.raw
        codes = tuple(pdfium_c.FPDFText_GetUnicode(raw, index) for index in range(count))
        boxes = np.zeros((count, 4), np.float64)
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        pointers = [ctypes.byref(edge) for edge in (left, right, bottom, top)]
        unmapped = 0
        for index, code in enumerate(codes):
            if code <= 0x20 and code not in _LINE_END_HYPHENS:
                continue
            if pdfium_c.FPDFText_GetCharBox(raw, index, *pointers):
                boxes[index] = left.value, bottom.value, right.value, top.value
            unmapped += pdfium_c.FPDFText_HasUnicodeMapError(raw, index) == 1
    finally:
        textpage.close()
    hidden = _hidden(page) if count else 0.0
    return RawText(codes, boxes, _to_device(page), unmapped, hidden)


def to_layer(raw: RawText, width: int, height: int, pixels: Pixels | None) -> Layer:
    """Put characters together to text and words, on an image of the page.

    Args:
        raw: At least one character.
        width: Of the image, in pixels.
        height: Of the image, in pixels.
        pixels: The rendered page, shape (height, width, 3), to compare the words with; `None` if
            there is nothing to compare with.
    """
    letters = _letters(raw.codes)
    boxes = _pixel_boxes(raw, width, height)
    words = _words(letters, boxes)
    text = "".join("" if letter == "\r" else letter for letter in letters)
    inside = sum(0 <= (w.box.x0 + w.box.x1) / 2 < width and 0 <= (w.box.y0 + w.box.y1) / 2 < height for w in words)
    facts = LayerFacts(text, len(words), len(words) - inside, raw.unmapped, raw.hidden)
    if pixels is not None:
        places = [word.box for word in words]
        on_ink, covered = ink_under(places, pixels)
        unseen, lost = unseen_words(words, pixels), lines_outside(places, pixels)
        facts = replace(facts, on_ink=on_ink, covered=covered, unseen=unseen, lost=lost)
    return Layer(text, words, facts)


def _letters(codes: tuple[int, ...]) -> list[str]:
    """One string for each code: valid Unicode, the second half of a surrogate pair joined to the first."""
    letters: list[str] = []
    for code in codes:
        if code in _LINE_END_HYPHENS:
            letters.append("-")
        elif 0xDC00 <= code <= 0xDFFF and letters and letters[-1] and 0xD800 <= ord(letters[-1][0]) <= 0xDBFF:
            high = ord(letters[-1])
            letters[-1] = chr(0x10000 + ((high - 0xD800) << 10) + code - 0xDC00)
            letters.append("")
        else:
            letters.append(chr(code) if 0 < code <= 0x10FFFF else "\ufffd")
    return ["\ufffd" if letter and 0xD800 <= ord(letter) <= 0xDFFF else letter for letter in letters]


def _pixel_boxes(raw: RawText, width: int, height: int) -> NDArray[np.float64]:
    """Return shape (n, 4): x0, y0, x1, y1 in pixels of the image."""
    size = np.array([width, height], np.float64)
    corners = [raw.boxes[:, columns] @ raw.to_device[:, :2].T + raw.to_device[:, 2] for columns in ([0, 1], [2, 3])]
    both = np.stack(corners) * size
    return np.concatenate([both.min(axis=0), both.max(axis=0)], axis=1)


def _words(letters: list[str], boxes: NDArray[np.float64]) -> tuple[Word, ...]:
    """Cut the letters at white space; all boxes are joined at once, since pages have thousands of letters."""
    spaces = np.array([True, *(letter.isspace() for letter in letters), True])
    edges = np.flatnonzero(spaces[1:] != spaces[:-1])  # where words begin and end, in turns
    if not len(edges):
        return ()
    lines = np.cumsum([letter == "\n" for letter in letters])[edges[::2]].tolist()
    padded = np.concatenate([boxes, boxes[-1:]])  # `reduceat` wants each edge to be a place in the array
    low = np.minimum.reduceat(padded[:, :2], edges)[::2].tolist()
    high = np.maximum.reduceat(padded[:, 2:], edges)[::2].tolist()
    return tuple(
        Word("".join(letters[start:end]), Box(*x0y0, *x1y1), 1.0, line)
        for start, end, x0y0, x1y1, line in zip(edges[::2], edges[1::2], low, high, lines, strict=True)
    )


def _to_device(page: pdfium.PdfPage) -> NDArray[np.float64]:
    """Ask PDFium where three points go: that includes crop box and rotation, whatever they are."""
    found = []
    for x, y in ((0.0, 0.0), (1024.0, 0.0), (0.0, 1024.0)):
        column, row = ctypes.c_int(), ctypes.c_int()
        pdfium_c.FPDF_PageToDevice(page, 0, 0, _PROBE, _PROBE, 0, x, y, column, row)
        found.append(np.array([column.value, row.value], np.float64) / _PROBE)
    origin, east, north = found
    return np.stack([(east - origin) / 1024.0, (north - origin) / 1024.0, origin], axis=1)


def _hidden(page: pdfium.PdfPage) -> float:
    """Return the share of the text, by area, that is invisible or that a large image is painted over.

    By area, because word processors strew invisible spaces over a page.
    """
    total = hidden = 0.0
    width, height = page.get_size()
    wanted: list[Any] = [pdfium_c.FPDF_PAGEOBJ_TEXT, pdfium_c.FPDF_PAGEOBJ_IMAGE]
    for item in page.get_objects(filter=wanted, max_depth=_DEPTH):
        left, bottom, right, top = item.get_bounds()
        area = (right - left) * (top - bottom)
        if item.type == pdfium_c.FPDF_PAGEOBJ_TEXT:
            total += area
            hidden += area * (pdfium_c.FPDFTextObj_GetTextRenderMode(item) == pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE)
        elif item.level == 0 and area >= _OVERPAINT * width * height:  # bounds within a form are the form's own
            hidden = total
    return hidden / total if total else 0.0
