"""Blanks to fill in: runs of underscores, told from rules, underlines and the lines of tables by where they stand.

A blank stands where a letter of its line would stand on: at the line's foot, with letters beside it and nothing above
it. A rule has no letters beside it, an underline has them above it, and the lines of a table meet others.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.ink import Boxes, Grey, Mask, components, corners, levels

# Set by hand on drawn variants (benchmarks/blank_kinds.py); what they give on the shared pages is in docs/log.md.
# In heights of a line of text: a blank's least length (two underscores), its greatest thickness, the length that one
# underscore has at least, and the white between two, at most.
_LENGTH, _THICKNESS, _SINGLE, _BRIDGE = 0.85, 0.2, 0.4, 0.12
# Above a blank nothing stands, so high; this share of its columns may have ink (a slash leans over it).
_ABOVE, _INKED = 0.7, 0.12
_CLOSE, _TOUCHED = 0.12, 0.25  # so close below a blank, at most this share is ink: it is not the top of letters
# The foot of a line: how far above (below 0) and below its letters' foot a blank stands.
_FOOT = -0.16, 0.42
# Letters: their heights; how far a line is looked along for its foot; and how near one stands to a blank.
_LETTER, _ALONG, _BESIDE = (0.4, 1.7), 12.0, 8.0
_SYLLABLE = 0.2  # white between the parts of a syllable, from top to bottom
_OVER = 0.25  # a letter may lean over the end of a blank
_TALLEST = 1.9  # how far above a blank its line is looked at: of Korean, lines are measured by parts of syllables
_RISE = 0.5  # the tallest of its letters rises so far above a blank
_FEWEST = 2  # underscores: a single one is a sign of a name, or a dash
# The next line of the same blank, in heights of the tallest letter: so far below, ending where the first ends.
_NEXT_LINE, _SAME_END = (0.8, 2.6), 1.0
_UPRIGHT = 0.8  # a stroke so high on a blank is the side of a box
# An underscore is so many times as wide as its top is below the top of the tallest letter of its line (fonts: 0.54 to
# 0.69), give or take this share; so many pixels measuring its ends may be wrong; and one blank that is not a whole
# number of them counts as so many such errors at most.
_WIDTH, _WIDTH_SPREAD, _ENDS, _WORST = 0.6, 0.1, 1.6, 5.0
_RIM = 0.01  # of that height, and a pixel, that a blank's ink is wider than its underscores
_LETTERS = 0.8  # of what the tallest letter rises above a blank: a box so high is one of its line's words
_LEAST_LINE = 10.0  # pixels: of smaller print a dash looks as a blank
_MOST = 600  # blanks on a page; more lines without anything above them are a pattern


@dataclass(frozen=True, slots=True, eq=False)
class Blanks:
    """The blanks of a page or of a crop.

    Attributes:
        boxes: Shape (n, 4): as high as a letter that stands on them.
        counts: How many underscores each is as wide as, shape (n,).
        mask: Their pixels and one more on every side; of the shape of the ink.
    """

    boxes: Boxes
    counts: NDArray[np.int32]
    mask: Mask

    def taken_off(self, grey: Grey) -> Grey:
        """Return a page without its blanks, a new array."""
        cleaned = grey.copy()
        cleaned[self.mask > 0] = round(levels(grey, 0.90)[0])
        return cleaned


@dataclass(frozen=True, slots=True)
class _Foot:
    """What stands beside a line: whether letters are near, and how high the tallest of them rises above it."""

    beside: bool
    rise: float


def find_blanks(ink: Mask, line: float) -> Blanks | None:
    """Find the blanks among the ink of a level page.

    Args:
        ink: As `find_ink` gives it.
        line: Height of a line of text in pixels.

    Returns:
        `None` where there are none.
    """
    if line < _LEAST_LINE:
        return None
    lines = _level_lines(ink, line)
    lines = lines[_is_free(ink, lines, line)]
    if not 0 < len(lines) <= _MOST:
        return None
    feet = [_foot(ink, box, line) for box in lines]
    blank = np.asarray([foot.beside for foot in feet])
    if not blank.any():
        return None
    usual = float(np.median([foot.rise for foot in feet if foot.beside]))
    _add_next_lines(lines, blank, usual)
    boxes = lines[blank]
    counts = _counts(boxes[:, 2] - boxes[:, 0] - 1 - _RIM * usual, _WIDTH * usual)
    boxes, counts = boxes[counts >= _FEWEST], counts[counts >= _FEWEST]
    if not len(boxes):
        return None
    mask = np.zeros_like(ink)
    for x0, y0, x1, y1 in boxes:
        mask[max(0, y0 - 1) : y1 + 1, max(0, x0 - 1) : x1 + 1] = 255
    boxes[:, 1] = np.maximum(0, boxes[:, 1] - round(_LETTERS * usual))
    return Blanks(boxes, counts, mask)


def _level_lines(ink: Mask, line: float) -> Boxes:
    """Return thin level lines; none where each has something above it all along, as the strokes of letters have."""
    length, thickness = max(3, round(_LENGTH * line)) | 1, max(3, round(_THICKNESS * line))
    above = max(thickness + 2, round(_ABOVE * line))
    single, bridge = (np.ones((1, max(1, round(share * line)) | 1), np.uint8) for share in (_SINGLE, _BRIDGE))
    # of some fonts underscores do not quite meet: they are joined before short strokes are dropped
    strokes = cv2.morphologyEx(cv2.morphologyEx(ink, cv2.MORPH_OPEN, single), cv2.MORPH_CLOSE, bridge)
    lines = cv2.morphologyEx(strokes, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    covered, reach = np.zeros_like(ink), above - thickness
    covered[thickness:] = cv2.dilate(ink, np.ones((reach, 1), np.uint8), anchor=(0, reach - 1))[:-thickness]
    free = cv2.bitwise_and(lines, cv2.bitwise_not(covered))
    if not cv2.erode(free, np.ones((1, length * 2 // 3), np.uint8)).any():
        return np.zeros((0, 4), np.int32)
    stats = components(np.asarray(lines, np.uint8))[1][1:]
    return corners(stats[stats[:, 3] <= thickness])


def _is_free(ink: Mask, lines: Boxes, line: float) -> NDArray[np.bool_]:
    """Return which lines have nothing above them and no strokes that go up or down from them."""
    sums = cv2.integral(ink & 1)
    x0, y0, x1, _ = lines.T
    top, bottom = np.maximum(0, y0 - round(_ABOVE * line)), np.maximum(0, y0 - 1)
    inked = sums[bottom, x1] - sums[top, x1] - sums[bottom, x0] + sums[top, x0]
    free = np.asarray(
        inked <= _INKED * (bottom - top) * (x1 - x0)
    )  # a cheap look: strokes of letters have letters above them
    reach, touching = round(_UPRIGHT * line), max(2, round(_CLOSE * line))
    for place in np.flatnonzero(free).tolist():
        left, upper, right, lower = (int(value) for value in lines[place])
        above = ink[int(top[place]) : int(bottom[place]), left:right]
        free[place] = (
            np.count_nonzero(above.any(axis=0)) <= _INKED * (right - left)
            and np.count_nonzero(ink[lower + 1 : lower + 1 + touching, left:right])
            <= _TOUCHED * touching * (right - left)
            and not _strokes(ink, (left, upper - reach, right, upper))
            and not _strokes(ink, (left, lower, right, lower + reach))
        )
    return free


def _strokes(ink: Mask, box: tuple[int, int, int, int]) -> bool:
    """Return whether a column of a strip is all ink: an upright stroke."""
    x0, y0, x1, y1 = box
    strip = ink[max(0, y0) : y1, max(0, x0 - 1) : x1 + 1]
    return bool(strip.all(axis=0).any()) if len(strip) else False


def _foot(ink: Mask, box: NDArray[np.int32], line: float) -> _Foot:
    """Look at the letters on the line of text that a drawn line may be a part of."""
    x0, y0, x1, y1 = (int(value) for value in box)
    left, top = max(0, x0 - round(_ALONG * line)), max(0, y0 - round(_TALLEST * line))
    around = ink[top : y1 + round(0.6 * line), left : x1 + round(_ALONG * line)].copy()
    around[max(0, y0 - top - 1) : y1 - top + 1, x0 - left : x1 - left] = 0
    whole = cv2.morphologyEx(around, cv2.MORPH_CLOSE, np.ones((round(_SYLLABLE * line) | 1, 1), np.uint8))
    stats = components(np.asarray(whole, np.uint8))[1][1:]
    height, bottom = stats[:, 3], stats[:, 1] + stats[:, 3]
    letters = (height >= _LETTER[0] * line) & (height <= _LETTER[1] * line) & (stats[:, 2] <= 4 * line)
    letters &= (stats[:, 1] > 0) & (bottom < len(around)) & (stats[:, 1] < y0 - top - 0.3 * line)
    letters &= np.abs(bottom - (y0 - top)) < 0.6 * line
    boxes = corners(stats[letters])
    if not len(boxes):
        return _Foot(False, 0.0)
    below = y0 - top - float(np.median(boxes[:, 3]))
    gap = np.maximum(boxes[:, 0] - (x1 - left), (x0 - left) - boxes[:, 2])
    near = (gap >= -_OVER * line) & (gap <= _BESIDE * line)
    rise = float(y0 - top - boxes[:, 1].min())
    beside = _FOOT[0] * line <= below <= _FOOT[1] * line and near.any() and rise >= _RISE * line
    return _Foot(bool(beside), rise)


def _add_next_lines(lines: Boxes, blank: NDArray[np.bool_], height: float) -> None:
    """Take in, from above to below, what goes on with a blank that began beside letters."""
    for place in np.argsort(lines[:, 1], kind="stable"):
        if not blank[place]:
            below, ends = lines[place, 1] - lines[:, 1], np.abs(lines[place, 2] - lines[:, 2])
            longer = lines[:, 0] >= lines[place, 0] - _SAME_END * height
            near = (below >= _NEXT_LINE[0] * height) & (below <= _NEXT_LINE[1] * height) & (ends <= _SAME_END * height)
            blank[place] = bool((blank & near & longer).any())


def _counts(widths: NDArray[np.float64], usual: float) -> NDArray[np.int32]:
    """Say how many underscores blanks have: of one page all have underscores of one width, and whole numbers of them.

    Args:
        widths: In pixels.
        usual: What one is about as wide as.
    """
    trials = usual * np.linspace(1 - 3 * _WIDTH_SPREAD, 1 + 3 * _WIDTH_SPREAD, 97)
    numbers = widths[:, None] / trials
    apart = np.abs(numbers - np.rint(numbers)) * trials / _ENDS
    cost = np.square(np.minimum(apart, _WORST)).sum(axis=0) + ((trials / usual - 1) / _WIDTH_SPREAD) ** 2
    return np.maximum(1, np.rint(numbers[:, int(np.argmin(cost))])).astype(np.int32)
