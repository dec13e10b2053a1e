"""Dashes and quotes of Latin print, told by their ink.

PP-OCRv6 writes `-` for `–` and `'` for `’`, and is sure of it. A dash is as wide as it is: a hyphen has a third of a
digit's height, an en dash three quarters. A straight quote is straight, also where it leans; a curly one bends. What
ink and the model's second choice do not tell is what most quotes of its block are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.ink import levels
from ocr_project.engine.imaging.tesseract import ReadWord
from ocr_project.engine.imaging.text_bands import find_inked
from ocr_project.engine.models.onnx.line_reader import ReadCharacter

_DASHES, _SINGLE, _DOUBLE = "-–—", "'‘’", '"“”'
_STRAIGHT, _CURLY = "'\"", "‘’“”"
_OPENS = "([{‘“—–"  # before a quote that opens
# In heights of the line's ink. Hyphens of 76 fonts have 0.2 to 0.4, en dashes 0.37 to 0.9, em dashes 0.8 to 1.5.
_EN, _EM = 0.4, 1.0
_REACH = 0.35  # from where a dash was seen to its ink
_MIDDLE = 0.25, 0.8  # rows that a dash may be in, from the top
_FLAT = 0.2  # most ink in a column of a dash
_TIGHT = 0.15  # most white beside a long dash: it fills its advance, hyphens of typewriters do not
_BESIDE = 0.4  # more white than this is a space
_UPPER = 0.42  # rows that a quote is in
_QUOTE = 0.12, 0.55  # height of a quote
_BROAD = 0.4  # most width of a quote
_NEAR = 0.45  # from where a quote was seen to its ink
# In advances: of characters beside each other in the line.
_EN_ADVANCES, _EN_IN_WORDS, _EM_ADVANCES = 0.85, 0.75, 1.7
_FEWEST = 3  # characters that tell an advance
# Of a straight quote's height, how far its middle is beside the line from its top to its end: 99 of 100 have under it.
_BENT = 0.03
_SECOND = {"dash": 0.02, "quote": 0.05}  # probability of a second choice that bears the ink out


def mend_marks(seen: Sequence[ReadCharacter], line: NDArray[np.uint8]) -> list[ReadCharacter]:
    """Write dashes and quotes as their ink is.

    Args:
        seen: Of the line, from left to right, spaces among them.
        line: What was read: shape (height, width), uint8, dark on light.
    """
    found = list(seen)
    dashes = [place for place, one in enumerate(found) if one.text == "-"]
    quotes = [place for place, one in enumerate(found) if one.text in _STRAIGHT]
    if not dashes and not quotes:
        return found
    ink = find_inked(line)
    rows = np.flatnonzero(ink.any(axis=1))
    if not len(rows):
        return found
    ink = ink[rows[0] : rows[-1] + 1]
    for place in dashes:
        found[place] = replace(found[place], text=_dash(found, place, ink))
    if quotes:
        marks = _Marks(ink, line[rows[0] : rows[-1] + 1])
        for place in quotes:
            found[place] = replace(found[place], text=_quote(found, place, marks))
    return found


def one_kind_of_quotes(words: Sequence[ReadWord]) -> list[ReadWord]:
    """Make the straight quotes of a block curly where as many are curly; not behind digits, where they are units."""
    text = " ".join(word.text for word in words)
    kinds = [kind for kind in (_SINGLE, _DOUBLE) if 0 < text.count(kind[0]) <= sum(map(text.count, kind[1:]))]
    return [replace(word, text=_curled(word.text, kinds)) for word in words] if kinds else list(words)


def _curled(text: str, kinds: Sequence[str]) -> str:
    found = ""
    for sign in text:
        kind = next((kind for kind in kinds if sign == kind[0]), "")
        if kind and not found[-1:].isdigit():
            opens = kind == _DOUBLE and (not found or found[-1] in _OPENS)
            sign = kind[1] if opens else kind[2]
        found += sign
    return found


def _dash(seen: Sequence[ReadCharacter], place: int, ink: NDArray[np.bool_]) -> str:
    """Return the dash that a hyphen is: beside letters only where the model sees that it may be one."""
    one, height = seen[place], len(ink)
    advance = _advance(seen)
    span = _flat_span(ink, one.x)
    if span is None or not advance or span[1] - span[0] < _EN * height:
        return one.text
    before, behind = (_text(seen, other) for other in (place - 1, place + 1))
    wide = (span[1] - span[0]) / advance
    if (before.isdigit() or behind.isdigit()) and not (before.isalpha() or behind.isalpha()):
        long = wide >= _EN_ADVANCES and _white_beside(ink, span) < _TIGHT * height
    else:
        second = one.second in _DASHES and one.second_confidence >= _SECOND["dash"]
        long = wide >= _EN_IN_WORDS and second
    if not long:
        return one.text
    return "—" if span[1] - span[0] >= _EM * height and wide >= _EM_ADVANCES else "–"


def _text(seen: Sequence[ReadCharacter], place: int) -> str:
    return seen[place].text if 0 <= place < len(seen) else " "


def _advance(seen: Sequence[ReadCharacter]) -> float:
    """Return the usual distance of characters in pixels; 0 where there are too few."""
    if len(seen) < _FEWEST:
        return 0.0
    return float(np.median(np.diff([one.x for one in seen])))


def _flat_span(ink: NDArray[np.bool_], x: float) -> tuple[int, int] | None:
    """Return the first column and the column after the last of the longest flat stroke at a place."""
    height = len(ink)
    first, last = int(_MIDDLE[0] * height), int(np.ceil(_MIDDLE[1] * height))
    columns, middle = ink.sum(axis=0), ink[first:last].sum(axis=0)
    flat = (columns > 0) & (columns == middle) & (columns <= max(2, round(_FLAT * height)))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flat.astype(np.int8), [0]])))
    spans = [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    near = [span for span in spans if max(span[0] - x, x - span[1]) < _REACH * height]
    return max(near, key=lambda span: span[1] - span[0], default=None)


def _white_beside(ink: NDArray[np.bool_], span: tuple[int, int]) -> float:
    """Return the mean white between a dash and what stands close to it on either side, in pixels; 0 beside spaces."""
    inked = np.flatnonzero(ink.any(axis=0))
    before, behind = inked[inked < span[0]], inked[inked >= span[1]]
    white = [*(span[0] - 1 - before[-1:]), *(behind[:1] - span[1])]
    close = [gap for gap in white if gap < _BESIDE * len(ink)]
    return float(np.mean(close)) if close else 0.0


def _quote(seen: Sequence[ReadCharacter], place: int, marks: _Marks) -> str:
    one = seen[place]
    bend = marks.bend(one.x)
    bent = bend is not None and abs(bend) >= _BENT
    if not bent and not (one.second in _CURLY and one.second_confidence >= _SECOND["quote"]):
        return one.text
    before = _text(seen, place - 1)
    begins = before.isspace() or before in _OPENS
    if one.text == _DOUBLE[0]:
        return _DOUBLE[1] if begins else _DOUBLE[2]
    return _SINGLE[1] if begins and bend is not None and bend < 0 else _SINGLE[2]


class _Marks:
    """What stands by itself in the ink of a line."""

    def __init__(self, ink: NDArray[np.bool_], grey: NDArray[np.uint8]) -> None:
        _, self._labels, stats, middles = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
        self._boxes, self._middles = stats[1:, :4], middles[1:]
        self._dark = np.maximum(0.0, float(levels(grey, 0.90)[0]) - grey)

    def bend(self, x: float) -> float | None:
        """Return how far the quote at a place bends, in its heights: more than 0 to the right, as `’` does.

        None where no mark of a quote's size stands there by itself.
        """
        height = len(self._dark)
        near = [
            (abs(middle - x), place)
            for place, ((middle, y), box) in enumerate(zip(self._middles, self._boxes, strict=True))
            if y < _UPPER * height
            and _QUOTE[0] * height <= box[3] <= _QUOTE[1] * height
            and box[2] <= _BROAD * height
            and abs(middle - x) < _NEAR * height
        ]
        return self._bend(min(near)[1]) if near else None

    def _bend(self, place: int) -> float:
        """Measure by grey levels: of a mark of three pixels by five the ink alone says little."""
        x, y, width, height = self._boxes[place].tolist()
        window = np.s_[max(0, y - 1) : y + height + 1, max(0, x - 1) : x + width + 1]
        labels = self._labels[window]
        own = cv2.dilate((labels == place + 1).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        dark = np.where(own & ((labels == 0) | (labels == place + 1)), self._dark[window], 0.0)
        rows = dark.sum(axis=1)
        centres = (dark @ np.arange(dark.shape[1]) / np.maximum(rows, 1e-9))[rows > 0.15 * rows.max()]
        third = max(1, len(centres) // 3)
        top, bottom = centres[:third].mean(), centres[-third:].mean()
        middle = centres[len(centres) // 3 : max(len(centres) // 3 + 1, len(centres) - len(centres) // 3)].mean()
        return float((middle - (top + bottom) / 2) / max(1, height))
