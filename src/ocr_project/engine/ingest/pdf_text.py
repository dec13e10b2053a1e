"""The text layer of a PDF page: characters as PDFium gives them, put together to lines and words."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray

from ocr_project.domain.types import Box, Word
from ocr_project.engine.imaging.pixels import Pixels
from ocr_project.engine.ingest.seen_text import Drawings, look_at, text_without_words
from ocr_project.engine.ingest.text_layer import LayerFacts, ink_under, is_healthy, stands_in

_LINE_END_HYPHENS = {0x02, 0xFFFE}  # PDFium writes one of these for a hyphen at the end of a line
_LAST_WHITE = 0x20  # of the codes that PDFium gives for white space and line ends
_ALEFS, _LAM = frozenset({0x0622, 0x0623, 0x0625, 0x0627}), 0x0644
_PROBE = 1 << 14  # pixels of the imaginary device by which the page's transformation is found
_OVERPAINT = 0.8  # an image over this share of the page hides the text drawn before it
_DEPTH = 3  # of forms within forms; OCR programs put their layer into one
_DEEPEST = 12  # the same, of all that is drawn


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
    """A text layer on its page, in pixels.

    Attributes:
        text: Of a layer that stands in for OCR and is not healthy, only what is seen.
        words: Of a layer that stands in: those that are seen, and with a confidence of 0 those that are doubted.
        healthy: Whether it says what is seen, all of it and nothing else.
        stands_in: Whether its words may be used in place of OCR.
        gaps: Where it stands in: what looks like text and lies under no word that is seen.
    """

    text: str
    words: tuple[Word, ...]
    healthy: bool
    stands_in: bool = False
    gaps: tuple[Box, ...] = ()


def _with_line_ends(raw: RawText) -> RawText:
    """Put a line end behind each hyphen that ends a line: PDFium joins such lines, and words would lie on both."""
    ends = [
        at + 1
        for at, code in enumerate(raw.codes[:-1])
        if code in _LINE_END_HYPHENS and raw.codes[at + 1] > _LAST_WHITE
    ]
    if not ends:
        return raw
    codes = np.insert(np.array(raw.codes, np.int64), ends, ord("\n"))
    return replace(raw, codes=tuple(codes.tolist()), boxes=np.insert(raw.boxes, ends, 0.0, axis=0))


def _with_lam_alef(raw: RawText) -> RawText:
    """Put lam before alef where one glyph is both: PDFium turns right-to-left text around letter by letter.

    Lam and alef are always written as one sign, alef and lam never are (The Unicode Standard, section 9.2).
    """
    codes = list(raw.codes)
    for at in [at for at, code in enumerate(codes[:-1]) if code in _ALEFS and codes[at + 1] == _LAM]:
        if (raw.boxes[at] == raw.boxes[at + 1]).all():
            codes[at], codes[at + 1] = codes[at + 1], codes[at]
    return replace(raw, codes=tuple(codes))


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
            if code <= _LAST_WHITE and code not in _LINE_END_HYPHENS:
                continue
            if pdfium_c.FPDFText_GetCharBox(raw, index, *pointers):
                boxes[index] = left.value, bottom.value, right.value, top.value
            unmapped += pdfium_c.FPDFText_HasUnicodeMapError(raw, index) == 1
    finally:
        textpage.close()
    hidden = _hidden(page) if count else 0.0
    return RawText(codes, boxes, _to_device(page), unmapped, hidden)


@contextmanager
def hidden_text(page: pdfium.PdfPage) -> Iterator[None]:
    """Leave the text out of what is drawn of a page. Calls PDFium: hold its lock."""
    wanted: list[Any] = [pdfium_c.FPDF_PAGEOBJ_TEXT]
    texts = [item.raw for item in page.get_objects(filter=wanted, max_depth=_DEEPEST)]
    for text in texts:
        pdfium_c.FPDFPageObj_SetIsActive(text, False)
    try:
        yield
    finally:
        for text in texts:
            pdfium_c.FPDFPageObj_SetIsActive(text, True)


def to_layer(raw: RawText, width: int, height: int, drawings: Drawings | None) -> Layer:
    """Put characters together to text and words, on an image of the page.

    Args:
        raw: At least one character.
        width: Of the image, in pixels.
        height: Of the image, in pixels.
        drawings: The rendered page, with its text and without; `None` if there is nothing to compare with.
    """
    raw = _with_lam_alef(_with_line_ends(raw))
    letters = _letters(raw.codes)
    boxes = _pixel_boxes(raw, width, height)
    spans = _spans(letters)
    words = _words(letters, boxes, spans)
    raw_text = "".join("" if letter == "\r" else letter for letter in letters)
    inside = sum(0 <= (w.box.x0 + w.box.x1) / 2 < width and 0 <= (w.box.y0 + w.box.y1) / 2 < height for w in words)
    facts = LayerFacts(raw_text, len(words), len(words) - inside, raw.unmapped, raw.hidden)
    if drawings is None:
        return Layer(raw_text, words, is_healthy(facts))
    found = look_at(words, boxes, spans, drawings)
    facts = _with_ink(facts, words, drawings.whole)
    told = _those(words, (found.seen | found.doubted) & ~found.shared)
    lost = text_without_words(told, drawings)
    healthy = is_healthy(replace(facts, unseen=len(words) - len(told), lost=len(lost)))
    seen = _those(words, found.seen)
    doubted = _those(words, found.doubted)
    used = _those(
        [replace(w, confidence=float(s)) for w, s in zip(words, found.seen, strict=True)], found.seen | found.doubted
    )
    text = raw_text if len(seen) == len(words) else _text_of(seen)
    of_seen = _with_ink(replace(facts, text=text, words=len(seen)), used, drawings.whole)
    if not stands_in(facts, of_seen):
        return Layer(raw_text, words, healthy)
    unsaid = lost if len(seen) == len(told) else text_without_words(seen, drawings)
    gaps = (*unsaid, *(word.box for word in doubted))
    return Layer(raw_text if healthy else text, used, healthy, True, gaps)


def _those(words: Sequence[Word], which: NDArray[np.bool_]) -> tuple[Word, ...]:
    return tuple(word for word, is_so in zip(words, which.tolist(), strict=True) if is_so)


def _with_ink(facts: LayerFacts, words: Sequence[Word], pixels: Pixels) -> LayerFacts:
    on_ink, covered = ink_under([word.box for word in words], pixels)
    return replace(facts, on_ink=on_ink, covered=covered)


def _text_of(words: Sequence[Word]) -> str:
    lines = groupby(words, key=lambda word: word.line)
    return "\n".join(" ".join(word.text for word in line) for _, line in lines)


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


def _spans(letters: Sequence[str]) -> NDArray[np.int64]:
    """Return where words begin and end, shape (words, 2): they are cut at white space, and where a line ends."""
    spaces = np.array([True, *(letter.isspace() for letter in letters), True])
    edges = np.flatnonzero(spaces[1:] != spaces[:-1]).reshape(-1, 2)
    return np.asarray(edges, np.int64)


def _words(letters: Sequence[str], boxes: NDArray[np.float64], spans: NDArray[np.int64]) -> tuple[Word, ...]:
    """Put words together; all boxes are joined at once, since pages have thousands of letters."""
    if not len(spans):
        return ()
    lines = np.cumsum([letter == "\n" for letter in letters])[spans[:, 0]].tolist()
    padded = np.concatenate([boxes, boxes[-1:]])  # `reduceat` wants each edge to be a place in the array
    low = np.minimum.reduceat(padded[:, :2], spans.ravel())[::2].tolist()
    high = np.maximum.reduceat(padded[:, 2:], spans.ravel())[::2].tolist()
    return tuple(
        Word("".join(letters[start:end]), Box(*x0y0, *x1y1), 1.0, line)
        for (start, end), x0y0, x1y1, line in zip(spans.tolist(), low, high, lines, strict=True)
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
