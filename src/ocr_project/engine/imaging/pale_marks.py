"""Pale marks across the print: a watermark, the other side of the sheet, a highlighter.

What tells them from pale print, from shaded cells and from charts: print keeps to the outline of those, and stands
within or beside. A mark lies under or over the print without regard for it, so its outline cuts letters.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.ink import LEAST_DIFFERENCE, Grey, Mask, components, levels

# Set by hand on drawn variants (benchmarks/page_kinds.py); what they give on the shared pages is in docs/log.md.
# Differences from the paper, of 255: what is at least this different is seen; print, in shares of the darkest ink, is
# at least so different, and a mark at most so.
_SEEN = 12
_PRINT, _PALE = 0.62, 0.6
_DARKEST = 0.97  # share of the ink's pixels that are paler than what is taken for its darkest tone
# Pixels as a share of the page's shorter side. The soft rim of print is thinner than the first, strokes of a mark are
# not; so far around the letters is looked; letters of one mark are nearer to each other than the last.
_LIGHT = 0.95  # share of the paper that is darker than what is taken for white
_STROKE, _AROUND, _TOGETHER = 1 / 330, 1 / 240, 1 / 30
_STEP = 2  # every second pixel tells whether there may be a mark
_LEAST_SHARE = 0.003  # of the page, that the strokes of marks cover
_LETTER = 1 / 12  # of the shorter side: letters are lower and narrower
_ONE_TONE = 24  # levels between the third and the ninth tenth of the tones of one mark
_MOST_MARKS = 60  # the largest of a page
_SAME_TONE = 6  # levels: what cuts no letter beside a mark that does is another of its kind
# Letters that a mark cuts: so many, this share of those that touch it. A letter is cut if this much of what is around
# it is the mark, and as much is clean paper.
_FEWEST, _CUT, _SIDES = 4, 0.12, 0.15


def lift_marks(grey: Grey, paper: Grey) -> Grey:
    """Take pale marks off the page that cut its print.

    Args:
        grey: Shape (height, width), uint8, dark on light.
        paper: A small copy without print, as `find_paper` gives it.

    Returns:
        A new array, or the same where there are none.
    """
    white = levels(paper, _LIGHT)[0]
    coarse = np.ascontiguousarray(grey[::_STEP, ::_STEP])
    darkest, strokes = _pale_strokes(_difference(coarse, white))
    if np.count_nonzero(strokes) < _LEAST_SHARE * coarse.size:
        return grey
    difference = _difference(grey, white)
    _, strokes = _pale_strokes(difference)
    shorter = min(grey.shape)
    reach = max(3, round(shorter * _TOGETHER)) | 1
    joined = cv2.dilate(strokes, np.ones((reach, reach), np.uint8))
    marks, _ = components(np.asarray(joined, np.uint8))
    marks = np.where(strokes > 0, marks, 0)
    cutting = _cutting(difference, strokes, marks, darkest)
    if not cutting:
        return grey
    largest = np.argsort(np.bincount(marks.ravel())[1:])[::-1][:_MOST_MARKS] + 1
    tones = {int(mark): _tone(difference[marks == mark]) for mark in largest}
    known = [tone for mark in cutting if (tone := tones.get(mark)) is not None]
    whole = grey
    for mark, tone in tones.items():
        if tone is not None and any(abs(tone - other) <= _SAME_TONE for other in known):
            own = np.where(marks == mark, 255, 0).astype(np.uint8)
            whole = _lifted(whole, white, own, tone, 2 * max(3, round(shorter * _STROKE)) + 1)
    return whole


def _tone(differences: Grey) -> float | None:
    """Return the tone of a mark, `None` where it has more than one; the palest are its soft rim."""
    low, tone, high = levels(np.ascontiguousarray(differences), 0.3, 0.5, 0.9)
    return tone if high - low <= _ONE_TONE else None


def _difference(grey: Grey, white: float) -> Grey:
    """Return how much darker each pixel is than the paper of the page: a fill would be paper to itself."""
    return np.asarray(cv2.subtract(np.full_like(grey, round(white)), grey), np.uint8)


def _pale_strokes(difference: Grey) -> tuple[float, Mask]:
    """Return how dark the darkest ink is, and what is pale beside it and broader than the soft rim of print."""
    counts = cv2.calcHist([difference], [0], None, [256], [0, 256]).ravel()
    counts[:LEAST_DIFFERENCE] = 0
    darkest = float(np.searchsorted(np.cumsum(counts, dtype=np.float64), _DARKEST * counts.sum(dtype=np.float64)))
    square = np.ones((max(3, round(min(difference.shape) * _STROKE)),) * 2, np.uint8)
    pale = cv2.inRange(difference, _SEEN, int(_PALE * darkest))
    if np.count_nonzero(pale) < _LEAST_SHARE * pale.size:
        return darkest, np.zeros_like(difference)
    _, print_ = cv2.threshold(difference, _PRINT * darkest, 255, cv2.THRESH_BINARY)
    pale = cv2.subtract(pale, cv2.dilate(print_, square))  # its soft rim, and what is between strokes of a syllable
    return darkest, np.asarray(cv2.morphologyEx(pale, cv2.MORPH_OPEN, square), np.uint8)


def _cutting(difference: Grey, strokes: Grey, marks: NDArray[np.int32], darkest: float) -> list[int]:
    """Return the marks whose outline goes through letters."""
    shorter = min(difference.shape)
    print_ = cv2.inRange(difference, int(_PRINT * darkest), 255)
    labels, stats = components(np.asarray(print_, np.uint8))
    ring = 2 * max(2, round(shorter * _AROUND)) + 1
    near = cv2.dilate(labels.astype(np.uint16 if len(stats) < 65536 else np.float32), np.ones((ring, ring), np.uint8))
    near = np.where(print_ > 0, 0, near).astype(np.int32).ravel()
    count = np.bincount(near, minlength=len(stats))
    marked = np.bincount(near, weights=(strokes > 0).ravel(), minlength=len(stats))
    clean = np.bincount(near, weights=(difference < _SEEN).ravel(), minlength=len(stats))
    letters = (stats[:, 2] <= shorter * _LETTER) & (stats[:, 3] <= shorter * _LETTER)
    letters &= np.minimum(stats[:, 2], stats[:, 3]) >= 3
    letters[0] = False
    touching = letters & (marked >= _SIDES * count)
    cut = touching & (clean >= _SIDES * count)
    most = int(marks.max()) + 1
    owner = np.zeros(len(stats), np.int64)
    where = np.flatnonzero((strokes > 0).ravel() & touching[near])
    owner[near[where]] = marks.ravel()[where]
    touched, crossed = np.bincount(owner[touching], minlength=most), np.bincount(owner[cut], minlength=most)
    good = (crossed >= _FEWEST) & (crossed >= _CUT * touched)
    good[0] = False
    return [int(mark) for mark in np.flatnonzero(good)]


def _lifted(grey: Grey, white: float, own: Grey, tone: float, reach: int) -> Grey:
    """Make the paper under one mark as light as the paper around, and what is printed on it lighter in proportion."""
    x, y, width, height = cv2.boundingRect(own)
    window = np.s_[max(0, y - reach) : y + height + reach, max(0, x - reach) : x + width + reach]
    near = cv2.dilate(own[window], np.ones((reach, reach), np.uint8)) > 0
    raised = np.clip(grey[window] * (white / max(1.0, white - tone)), 0, white).astype(np.uint8)
    found = grey.copy()
    found[window][near] = np.maximum(raised, grey[window])[near]
    return found
