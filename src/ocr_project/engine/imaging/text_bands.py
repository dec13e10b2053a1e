"""The lines of a block of text as bands of rows, by the white between them.

Not the lines of `text_lines.py`: what is read is cut where no row of pixels has ink, and not at all where letters of
two lines touch. Bands from its lines were tried and read worse, with more time of our own (docs/log.md, 2026-11-28).
"""

from __future__ import annotations

import math
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.ink import levels

_CONTRAST = 0.45  # of the way from paper to ink: darker is ink
_LEAST_RANGE = 40  # grey levels between paper and ink; below that there is no telling
_SPECKS = 2  # pixels of ink that a row of white may hold
# Heights in those of the usual line.
_PART = 0.45  # a lower band is part of a letter: an accent, a dot, an underline
_MERGED = 1.7  # a higher one is several lines that touch, or something else than text
# In heights of a line of the page's text: parts of one line are together no higher than the first, and have no more
# white between them than the second (between vowel and final consonant of a Hangul syllable; lines are further apart).
_ONE_LINE, _WITHIN = 1.4, 0.2


def find_inked(block: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which pixels of a block, shape (height, width), are ink; none where it has too little contrast."""
    paper, dark, least = levels(block, 0.90, 0.01, 0.001)
    if paper - dark < _LEAST_RANGE:
        dark = least  # a short word in a wide cell
    if paper - dark < _LEAST_RANGE:
        return np.zeros(block.shape, np.bool_)
    return np.asarray(block < math.ceil(paper - _CONTRAST * (paper - dark)))  # whole: NumPy compares bytes


def find_bands(block: NDArray[np.uint8], line: float = 0.0) -> list[tuple[int, int]]:
    """Cut a level block into its lines.

    Args:
        block: Shape (height, width), uint8, dark on light.
        line: Height of a line of the page's text in pixels, by which a line of one short word is told from two lines;
            0 where it is not known.

    Returns:
        First row and the row after the last of each line, from top to bottom, with half of the white
        around it; empty where the lines cannot be told apart.
    """
    inked = np.count_nonzero(find_inked(block), axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (inked > _SPECKS).astype(np.int8), [0]])))
    bands = [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    if not bands:
        return []
    bands = _whole(bands, inked == 0, line)
    usual = _usual([b - a for a, b in bands])
    bands = _joined(bands, usual)
    if max(b - a for a, b in bands) > _MERGED * usual:
        return []
    middles = [(above[1] + below[0]) // 2 for above, below in pairwise(bands)]
    return list(zip([0, *middles], [*middles, len(block)], strict=True))


def _usual(heights: list[int]) -> float:
    """Return the height at which half of all inked rows are reached: dots and accents count little."""
    ordered = np.sort(heights)
    reached = np.cumsum(ordered)
    return float(ordered[int(np.searchsorted(reached, reached[-1] / 2))])


def ink_box(block: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Return x0, y0, x1, y1 of all ink of a level block, shape (height, width); zeros where there is none."""
    x, y, width, height = cv2.boundingRect(find_inked(block).astype(np.uint8))
    return int(x), int(y), int(x + width), int(y + height)


def _whole(bands: list[tuple[int, int]], white: NDArray[np.bool_], line: float) -> list[tuple[int, int]]:
    """Join what is one line by the height of the page's lines, the nearest first."""
    found = list(bands)
    while True:
        gaps = [
            (int(white[above[1] : below[0]].sum()), place)
            for place, (above, below) in enumerate(pairwise(found))
            if below[1] - above[0] <= _ONE_LINE * line
        ]
        least, place = min(gaps, default=(0, -1))
        if place < 0 or least > _WITHIN * line:
            return found
        found[place : place + 2] = [(found[place][0], found[place + 1][1])]


def _joined(bands: list[tuple[int, int]], usual: float) -> list[tuple[int, int]]:
    """Join parts of letters to the nearer line."""
    found = list(bands)
    place = 0
    while place < len(found) and len(found) > 1:
        top, bottom = found[place]
        if bottom - top >= _PART * usual:
            place += 1
            continue
        above = top - found[place - 1][1] if place else np.inf
        below = found[place + 1][0] - bottom if place + 1 < len(found) else np.inf
        other = place - 1 if above < below else place + 1
        low, high = min(place, other), max(place, other)
        found[low : high + 1] = [(found[low][0], found[high][1])]
        place = low
    return found
