"""Dot leaders: rows of equal dots from a title to its page number, told before anything is measured in letters."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.ink import Boxes, Grey, Mask, components, corners, levels
from ocr_project.engine.imaging.words import height_among

# Set by hand on drawn variants (benchmarks/page_kinds.py); what they give on the shared pages is in docs/log.md.
# A dot is at most this share of the page's shorter side, and of the height of the letters around, and about square.
_OF_PAGE, _OF_LETTERS, _SQUARE = 1 / 80, 0.4, 2.2
# A row of so many dots, of about one size and pitch, is drawn; this share of the steps between them must be.
_FEWEST, _ALIKE, _REGULAR = 7, 0.4, 0.75
_PITCH = 9.0  # the next dot is so near, in sizes of a dot
_LEVEL = 0.6  # sizes of a dot by which the next may stand higher or lower: pages are not quite level yet
_BESIDE = 4.0  # heights of a letter from a row of dots to what it leads from, or to
_BUCKET, _RUN = 8, 3  # pixels of a level; steps in a row that are alike, before a row is followed
_RIM = 5  # pixels: dots and their soft rim are painted over this far
_MOST = 20_000  # dots on a page; more are a halftone or noise


@dataclass(frozen=True, slots=True, eq=False)
class Leaders:
    """The dot leaders of a page or of a crop.

    Attributes:
        boxes: Of each row of dots, shape (n, 4).
        mask: The ink of their dots, of the page's shape; nothing of other ink.
    """

    boxes: Boxes
    mask: Mask

    def taken_off(self, grey: Grey, ink: Mask) -> tuple[Grey, Mask]:
        """Return a page without its dots, and its ink; both are new arrays."""
        cleaned = grey.copy()
        cleaned[cv2.dilate(self.mask, np.ones((_RIM, _RIM), np.uint8)) > 0] = round(levels(grey, 0.90)[0])
        return cleaned, np.asarray(cv2.subtract(ink, self.mask), np.uint8)


def find_leaders(ink: Mask) -> Leaders | None:
    """Find the dot leaders among the ink of a page.

    Args:
        ink: As `find_ink` gives it.

    Returns:
        `None` where there are none: on nearly all pages.
    """
    labels, stats = components(ink)
    shorter = min(ink.shape)
    width, height = stats[:, 2], stats[:, 3]
    small = (np.maximum(width, height) <= max(3.0, _OF_PAGE * shorter)) & (width <= _SQUARE * height)
    small &= height <= _SQUARE * width
    small[0] = False
    dots = np.flatnonzero(small)
    if not _FEWEST <= len(dots) <= _MOST:
        return None
    dots = dots[_in_step(stats[dots])]
    rows = [row for row in _chains(stats, dots) if _is_regular(stats[row])]
    rest = np.ones(len(stats), np.bool_)
    rest[0] = False
    for row in rows:
        rest[row] = False
    usual = height_among(stats[rest], ink.shape)
    letters = corners(stats[rest & (height > _OF_LETTERS * usual)])
    found = [row for row in rows if _size(stats[row]) <= _OF_LETTERS * usual and _leads(corners(stats[row]), letters)]
    if not found:
        return None
    own = np.zeros(len(stats), np.uint8)
    own[np.concatenate(found)] = 255
    hulls = [corners(stats[row]) for row in found]
    boxes = [np.concatenate([hull[:, :2].min(axis=0), hull[:, 2:].max(axis=0)]) for hull in hulls]
    return Leaders(np.stack(boxes), own[labels])


def _in_step(dots: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return which dots have others beside them at equal distances: a cheap look, before dots are followed one by one.

    Dots are sorted into levels twice, half a level apart, so that neighbours are in one level at least once.
    """
    size = np.maximum(dots[:, 2], dots[:, 3])
    middle, across = dots[:, 1] + dots[:, 3] // 2, dots[:, 0] + dots[:, 2] // 2
    found = np.zeros(len(dots), np.bool_)
    for offset in (0, _BUCKET // 2):
        level = (middle + offset) // _BUCKET
        order = np.lexsort((across, level))
        steps = np.diff(across[order]).astype(np.float64)
        steps[(np.diff(level[order]) != 0) | (steps > (_PITCH + 1) * size[order][1:])] = 0
        alike = (np.minimum(steps[1:], steps[:-1]) > 0) & (
            np.abs(steps[1:] - steps[:-1]) <= np.maximum(2.0, _ALIKE * steps[:-1])
        )
        runs = np.convolve(alike, np.ones(_RUN, np.int64))[_RUN - 1 :] >= _RUN if len(alike) >= _RUN else alike[:0]
        for place in np.flatnonzero(runs):
            found[order[place : place + _RUN + 2]] = True
    return found


def _chains(stats: NDArray[np.int32], dots: NDArray[np.intp]) -> list[list[int]]:
    """Gather dots that follow each other from left to right, level and of one size."""
    order = dots[np.argsort(stats[dots, 0], kind="stable")]
    ends: dict[int, list[list[int]]] = {}  # by height on the page: the rows that may go on there
    rows: list[list[int]] = []
    for dot in order.tolist():
        x, y, width, height = (int(value) for value in stats[dot, :4])
        size, middle = max(width, height), y + height / 2
        bucket = int(middle) // _BUCKET
        best: list[int] | None = None
        for near in (bucket - 1, bucket, bucket + 1):
            for row in ends.get(near, ()):
                other = stats[row[-1]]
                gap, apart = x - int(other[0] + other[2]), abs(middle - (other[1] + other[3] / 2))
                alike = abs(max(int(other[2]), int(other[3])) - size) <= max(1.0, _ALIKE * size)
                if alike and 0 <= gap <= _PITCH * size and apart <= max(1.0, _LEVEL * size):
                    best = row if best is None or stats[best[-1], 0] < other[0] else best
        if best is None:
            best = []
            rows.append(best)
        else:
            last = stats[best[-1]]
            ends[int(last[1] + last[3] / 2) // _BUCKET].remove(best)
        best.append(dot)
        ends.setdefault(bucket, []).append(best)
        if len(ends[bucket]) > 6:  # rows that ended long ago
            ends[bucket].pop(0)
    return [row for row in rows if len(row) >= _FEWEST]


def _is_regular(row: NDArray[np.int32]) -> bool:
    """Return whether the steps from dot to dot are of one length."""
    steps = np.diff(row[:, 0] + row[:, 2] / 2)
    usual = float(np.median(steps))
    return bool(np.mean(np.abs(steps - usual) <= max(1.5, _ALIKE * usual)) >= _REGULAR)


def _size(row: NDArray[np.int32]) -> float:
    return float(np.median(np.maximum(row[:, 2], row[:, 3])))


def _leads(dots: Boxes, high: Boxes) -> bool:
    """Return whether letters stand beside a row of dots, and none in it, on its line."""
    size = float(np.median(dots[:, 3] - dots[:, 1]))
    x0, x1 = int(dots[:, 0].min()), int(dots[:, 2].max())
    height = high[:, 3] - high[:, 1]
    if _between(dots, high):
        return False
    for edge, outside in ((dots[0], high[:, 2] <= x0), (dots[-1], high[:, 0] >= x1)):
        middle = (edge[1] + edge[3]) / 2
        level = (high[:, 1] <= middle + size) & (high[:, 3] >= middle - size)
        gap = np.maximum(x0 - high[:, 2], high[:, 0] - x1)
        if (level & outside & (gap <= _BESIDE * height)).any():
            return True
    return False


def _between(dots: Boxes, letters: Boxes) -> bool:
    """Return whether letters stand in a row of dots: then these are parts of letters, or of text."""
    middle = (letters[:, 0] + letters[:, 2]) / 2
    inside = letters[(middle > dots[0, 0]) & (middle < dots[-1, 2])]
    if not len(inside):
        return False
    beside = np.clip(np.searchsorted(dots[:, 0], (inside[:, 0] + inside[:, 2]) / 2), 1, len(dots) - 1)
    level = (dots[beside, 1] + dots[beside, 3]) / 2
    return bool(((inside[:, 1] < level) & (inside[:, 3] > level)).any())
