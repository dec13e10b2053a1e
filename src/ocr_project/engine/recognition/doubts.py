"""Which parts of a Korean line a second model looks at: where Tesseract may have read what its model does not know.

The second model takes as long as Tesseract if it reads whole lines. Of 515 lines of the shared pages these parts were
37 % of the width, and held each sign that it sees in the whole lines, when Hangul below 0.85 was among them. With 0.6
and less beside them the model takes a sixth less time, and no more errors are left.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.tesseract import ReadWord
from ocr_project.engine.recognition.korean import is_hangul

Span = tuple[int, int]

_SURE_HANGUL, _SURE_NUMBER = 0.6, 0.9  # confidence of what is not looked at again
_SHORT = 3  # characters: a number that begins a line
_UNIT_LIKE = "068"  # what signs of units are read as
_APART_FROM = 0.2  # in heights of the number: white between it and a word
_PLAIN, _BRACKETS = frozenset("0123456789.,%:-~"), frozenset("()")
# In heights of the line.
_COVERED = 0.15  # beside the box of a letter: its ink
_LEAST_INK, _GAP = 0.25, 0.3  # ink outside of all boxes that may be a letter; white within it
_AROUND = 0.8  # that is looked at beside what is doubtful
_NARROWEST = 6.7  # what stands round it helps: with half as much the model reads less
_APART = 0.5  # spans that are nearer are one


def doubtful_spans(words: Sequence[ReadWord], columns: NDArray[np.bool_], height: float) -> list[Span]:
    """Find the parts of a line that are to be looked at again.

    Args:
        words: What Tesseract read, with boxes in pixels of the line.
        columns: Those of the line that hold ink.
        height: Of the line, in pixels.

    Returns:
        First column and the column after the last of each, from left to right; borders lie in white where there is
        some nearby.
    """
    parts = [part for word in words for part in word.parts or (word,)]
    inked = np.flatnonzero(columns)
    if not parts or not len(inked):
        return []
    spans = [(float(part.box[0]), float(part.box[2])) for place, part in enumerate(parts) if _doubted(parts, place)]
    spans += _uncovered(parts, columns, height)
    joined: list[tuple[float, float]] = []
    for left, right in sorted(spans):
        spare = max(_AROUND * height, (_NARROWEST * height - (right - left)) / 2)
        left, right = left - spare, right + spare
        if joined and left <= joined[-1][1] + _APART * height:
            joined[-1] = joined[-1][0], max(right, joined[-1][1])
        else:
            joined.append((left, right))
    ends = int(inked[0]), int(inked[-1]) + 1
    return [_in_white(span, columns, ends, height) for span in joined if span[1] > ends[0] and span[0] < ends[1]]


def _doubted(parts: Sequence[ReadWord], place: int) -> bool:
    part = parts[place]
    characters = set(part.text)
    if all(map(is_hangul, characters)):
        return part.confidence < _SURE_HANGUL
    if part.confidence < _SURE_NUMBER or (not place and len(part.text) < _SHORT):
        return True  # circled digits begin lines, and are read as numbers
    if characters & _BRACKETS:  # and as numbers in brackets
        return any(c.isdigit() for near in parts[max(0, place - 1) : place + 2] for c in near.text)
    if not characters <= _PLAIN:
        return True
    return _may_end_in_a_unit(part, parts[place + 1] if place + 1 < len(parts) else None)


def _may_end_in_a_unit(part: ReadWord, behind: ReadWord | None) -> bool:
    """Return whether a number may end in a sign: `㎡` is read as 0 and `℃` as 6, with up to 0.95."""
    number = part.text.rstrip(",")
    apart = behind is None or not is_hangul(behind.text[0]) or behind.box[0] - part.box[2] > _APART_FROM * _high(part)
    return len(number) > 1 and number[-1] in _UNIT_LIKE and apart


def _high(part: ReadWord) -> int:
    return part.box[3] - part.box[1]


def _uncovered(parts: Sequence[ReadWord], columns: NDArray[np.bool_], height: float) -> list[tuple[float, float]]:
    """Return where ink lies outside of all boxes: letters that were left out."""
    bare = columns.copy()
    beside = _COVERED * height
    for part in parts:
        bare[max(0, round(part.box[0] - beside)) : max(0, round(part.box[2] + beside))] = False
    left_out = np.flatnonzero(bare)
    if not len(left_out):
        return []
    cuts = np.flatnonzero(np.diff(left_out) > _GAP * height) + 1
    groups = np.split(left_out, cuts)
    return [(float(group[0]), float(group[-1])) for group in groups if group[-1] - group[0] >= _LEAST_INK * height]


def _in_white(span: tuple[float, float], columns: NDArray[np.bool_], ends: Span, height: float) -> Span:
    """Move the borders of a span into the nearest white within half a height."""
    moved = []
    for border in span:
        place = min(max(round(border), ends[0]), ends[1] - 1)
        low = max(ends[0], place - round(height / 2))
        white = low + np.flatnonzero(~columns[low : min(ends[1], place + round(height / 2) + 1)])
        moved.append(int(white[np.argmin(np.abs(white - place))]) if len(white) else place)
    left = ends[0] if span[0] <= ends[0] else moved[0]
    right = ends[1] if span[1] >= ends[1] else moved[1]
    return left, max(left + 1, right)
