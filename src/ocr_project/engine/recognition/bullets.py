"""Filled dots that begin the lines of a list: Tesseract reads them as `*`, `e` or `.`, or leaves them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.tesseract import ReadWord
from ocr_project.engine.imaging.text_bands import find_inked

BULLET = "•"
_BULLETS = frozenset("•●▪■◦○□‣–—-")  # what is right as it was read
# In heights of the line's ink.
_LOW, _HIGH = 0.16, 0.5  # height of the dot
_BETWEEN = 0.2, 0.8  # where its middle lies, from the top: a full stop lies lower; of low letters only it lies high
_GAP = 0.3  # white behind it
_ROUND = 0.75, 1.35  # width over height
_FILLED = 0.6  # of its box that is ink: a disc of a few pixels covers two thirds, an asterisk half


def put_bullet(words: Sequence[ReadWord], line: NDArray[np.uint8]) -> list[ReadWord]:
    """Put a bullet where a line begins with a filled dot.

    Args:
        words: Of the line, with boxes in its pixels.
        line: Shape (height, width), uint8, dark on light.
    """
    if not words or (box := _dot(find_inked(line))) is None:
        return list(words)
    first = words[0]
    if (first.box[0] + first.box[2]) / 2 > box[2]:
        return [ReadWord(BULLET, box, first.confidence, first.line), *words]
    if len(first.text) > 1 or first.text in _BULLETS:
        return list(words)
    return [replace(first, text=BULLET, box=box, parts=()), *words[1:]]


def _dot(ink: NDArray[np.bool_]) -> tuple[int, int, int, int] | None:
    """Return the box of the filled dot that the ink of a line begins with."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return None
    height, gaps = rows[-1] + 1 - rows[0], np.flatnonzero(np.diff(columns) > 1)
    if not len(gaps) or columns[gaps[0] + 1] - columns[gaps[0]] < _GAP * height:
        return None
    left, right = int(columns[0]), int(columns[gaps[0]]) + 1
    own = np.flatnonzero(ink[:, left:right].any(axis=1))
    top, bottom = int(own[0]), int(own[-1]) + 1
    if not _LOW * height <= bottom - top <= _HIGH * height:
        return None
    if not _BETWEEN[0] <= ((top + bottom) / 2 - rows[0]) / height <= _BETWEEN[1]:
        return None
    wide = (right - left) / (bottom - top)
    if not _ROUND[0] <= wide <= _ROUND[1] or ink[top:bottom, left:right].mean() < _FILLED:
        return None
    return left, top, right, bottom
