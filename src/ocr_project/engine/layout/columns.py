"""Cutting a page into columns along gutters: tall empty strips with running text on both sides.

The strip between two columns of a table is as tall and as empty. What tells them apart is what stands
beside it: lines of running text fill their column, cells do not. Two blocks of signatures side by side have the same
blanks to fill in, at the same heights, and are columns, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.types import Box
from ocr_project.engine.imaging.ink import Boxes, Mask

# Set by hand; what they give on the shared pages is in docs/log.md.
# Squares of the raster on which gutters are looked for: this many to a body height, each way.
_CELLS = 5
# In body heights: the least width of a gutter, also in gaps between words; the least height over which both of
# its sides are written on; and the least area of what it is wider than a gap between words, since a few such gaps
# one above the other make a strip that is as high as it is narrow.
_GUTTER_WIDTH = 0.8
_GUTTER_GAPS = 1.4
_GUTTER_HEIGHT = 5.0
_GUTTER_AREA = 7.0
# In body heights: where one column is longer than the other, it ends at the first white that is higher than this.
_BREAK = 2.5
# In body heights: the gap up to which ink beside ink is one run of text.
_RUN_GAP = 1.25
# Running text: the mean length of its runs (in body heights, each run weighted by its length), and the share
# of its column's width that its lines fill.
_RUN_LENGTH = 7.0
_FILLED = 0.25
# Blocks of signatures: so many blanks on each side at least, whose widths differ by this share, and whose heights on
# the page by as many body heights, at most.
_BLANKS, _ALIKE, _LEVEL = 2, 0.1, 0.6
_DEEPEST = 24  # nested cuts; a page of a newspaper has fewer than ten
_TRIES = 12  # gutters looked at in one rectangle, tallest first

Raster = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Gutter:
    """An empty strip, in squares of the raster, half open."""

    x0: int
    x1: int
    y0: int
    y1: int


def find_columns(occupied: Mask, body: float, gap: float, blanks: Boxes | None = None) -> list[Box]:
    """Cut a page into rectangles of one column each.

    Args:
        occupied: Shape (height, width), uint8: words, and whatever else no gutter may cross.
        body: Height of a line of body text in pixels.
        gap: Usual white between words in pixels.
        blanks: Boxes of blanks to fill in; all of them are among what is occupied.

    Returns:
        Rectangles that tile the page, in reading order.
    """
    cell = body / _CELLS
    size = max(1, round(occupied.shape[1] / cell)), max(1, round(occupied.shape[0] / cell))
    raster = np.asarray(cv2.resize(occupied, size, interpolation=cv2.INTER_AREA)) > 32
    scale_x, scale_y = occupied.shape[1] / size[0], occupied.shape[0] / size[1]
    forms = np.zeros((0, 4)) if blanks is None else blanks / np.asarray([scale_x, scale_y] * 2)
    leaves = _cut(Squares(raster, forms, gap / cell), (0, 0, size[0], size[1]), 0)
    return [Box(x0 * scale_x, y0 * scale_y, x1 * scale_x, y1 * scale_y) for x0, y0, x1, y1 in leaves]


Rect = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Squares:
    """A page, or a rectangle of it, in squares of the raster.

    Attributes:
        raster: Shape (height, width): where something stands.
        blanks: Shape (n, 4): blanks to fill in.
        gap: Usual white between words.
    """

    raster: Raster
    blanks: NDArray[np.float64]
    gap: float

    def part(self, rect: Rect) -> Squares:
        """Return a rectangle of it, with the blanks whose middle it holds."""
        x0, y0, x1, y1 = rect
        middle = (self.blanks[:, :2] + self.blanks[:, 2:]) / 2
        inside = ((middle >= (x0, y0)) & (middle < (x1, y1))).all(axis=1)
        return Squares(self.raster[y0:y1, x0:x1], self.blanks[inside] - (x0, y0, x0, y0), self.gap)


def _cut(page: Squares, rect: Rect, depth: int) -> Iterator[Rect]:
    x0, y0, x1, y1 = rect
    gutter = _best_gutter(page.part(rect)) if depth < _DEEPEST else None
    if gutter is None:
        yield rect
        return
    middle = x0 + (gutter.x0 + gutter.x1) // 2
    top, bottom = y0 + gutter.y0, y0 + gutter.y1
    parts = [(x0, y0, x1, top), (x0, top, middle, bottom), (middle, top, x1, bottom), (x0, bottom, x1, y1)]
    for part in parts:
        if part[3] > part[1]:
            yield from _cut(page, part, depth + 1)


def _best_gutter(page: Squares) -> Gutter | None:
    """Return the tallest strip that has running text on both sides, or the same blanks."""
    for gutter in _strips(page.raster, page.gap):
        area = (gutter.x1 - gutter.x0 - page.gap) * (gutter.y1 - gutter.y0)
        if area < _GUTTER_AREA * _CELLS**2:
            continue
        rows = page.raster[gutter.y0 : gutter.y1]
        if _is_text(rows[:, : gutter.x0]) and _is_text(rows[:, gutter.x1 :]):
            return gutter
        if len(page.blanks) >= 2 * _BLANKS and _same_blanks(page, gutter):
            return gutter
    return None


def _same_blanks(page: Squares, gutter: Gutter) -> bool:
    """Return whether the blanks left and right of a strip are as many, as wide, and as high on the page."""
    width = page.raster.shape[1]
    sides = (0, gutter.y0, gutter.x0, gutter.y1), (gutter.x1, gutter.y0, width, gutter.y1)
    left, right = (page.part(side).blanks for side in sides)
    if not _BLANKS <= len(left) == len(right):
        return False
    # in order of rows, and in a row from left to right
    left, right = (one[np.lexsort((one[:, 0], np.rint(one[:, 3] / _CELLS)))] for one in (left, right))
    widths = [one[:, 2] - one[:, 0] for one in (left, right)]
    alike = np.abs(widths[0] - widths[1]) <= np.maximum(1.0, _ALIKE * np.maximum(*widths))
    return bool(alike.all() and (np.abs(left[:, 3] - right[:, 3]) <= _LEVEL * _CELLS).all())


def _strips(raster: Raster, gap: float) -> list[Gutter]:
    """Find empty strips with ink on both sides over enough of their height, tallest first."""
    width = max(round(_GUTTER_WIDTH * _CELLS), round(_GUTTER_GAPS * gap))
    columns = np.nonzero(raster.any(axis=0))[0]
    if len(columns) < 2 or raster.shape[1] < 3 * width:
        return []
    totals = np.cumsum(np.pad(raster, ((0, 0), (1, 0))), axis=1, dtype=np.int32)
    free = totals[:, width:] == totals[:, :-width]
    padded = np.pad(free, ((1, 1), (0, 0))).astype(np.int8)
    edges = np.diff(padded, axis=0).T
    start_x, start_y = np.nonzero(edges == 1)
    _, end_y = np.nonzero(edges == -1)
    tall = (end_y - start_y >= _GUTTER_HEIGHT * _CELLS) & (start_x > columns[0]) & (start_x + width <= columns[-1])
    runs = sorted(zip((end_y - start_y)[tall], start_x[tall], start_y[tall], end_y[tall], strict=True), reverse=True)
    strips: list[Gutter] = []
    for _, x, y0, y1 in runs:
        if any(strip.x0 <= x < strip.x1 and strip.y0 <= y0 and y1 <= strip.y1 for strip in strips):
            continue
        strips.append(_widened(raster, Gutter(int(x), int(x) + width, int(y0), int(y1))))
        if len(strips) >= _TRIES:
            break
    return [trimmed for strip in strips if (trimmed := _trim(raster, strip)) is not None]


def _widened(raster: Raster, gutter: Gutter) -> Gutter:
    """Take in all that is empty beside a strip over its whole height."""
    inked = np.nonzero(raster[gutter.y0 : gutter.y1].any(axis=0))[0]
    left, right = inked[inked < gutter.x0], inked[inked >= gutter.x1]
    x0 = int(left[-1]) + 1 if len(left) else 0
    x1 = int(right[0]) if len(right) else raster.shape[1]
    return Gutter(x0, x1, gutter.y0, gutter.y1)


def _trim(raster: Raster, gutter: Gutter) -> Gutter | None:
    """Cut a strip to the rows that are written on; `None` where too few have ink on both sides."""
    rows = raster[gutter.y0 : gutter.y1]
    left = np.nonzero(rows[:, : gutter.x0].any(axis=1))[0]
    right = np.nonzero(rows[:, gutter.x1 :].any(axis=1))[0]
    if not len(left) or not len(right):
        return None
    first, last = max(left[0], right[0]), min(left[-1], right[-1])
    if last - first + 1 < _GUTTER_HEIGHT * _CELLS:
        return None
    bottom = 1 + max(_reach(left, last), _reach(right, last))
    top = -max(_reach(-left[::-1], -first), _reach(-right[::-1], -first))
    return Gutter(gutter.x0, gutter.x1, gutter.y0 + int(top), gutter.y0 + int(bottom))


def _reach(rows: NDArray[np.intp], end: np.intp) -> int:
    """Return the last of the rising rows that is joined to `end` without a break in its column."""
    beyond = rows[rows > end]
    before = rows[rows <= end]
    if not len(beyond):
        return int(before[-1])
    breaks = np.nonzero(np.diff(beyond, prepend=before[-1]) > _BREAK * _CELLS)[0]
    return int(beyond[-1] if not len(breaks) else beyond[breaks[0] - 1] if breaks[0] else end)


def _is_text(part: Raster) -> bool:
    """Tell running text from the cells of a table."""
    columns = np.nonzero(part.any(axis=0))[0]
    rows = np.nonzero(part.any(axis=1))[0]
    if not len(columns):
        return False
    reach = round(_RUN_GAP * _CELLS)
    inner = part[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.uint8)
    joined = cv2.morphologyEx(inner, cv2.MORPH_CLOSE, np.ones((1, reach), np.uint8))
    edges = np.diff(joined.astype(np.int8), axis=1, prepend=0, append=0)
    lengths = (np.nonzero(edges == -1)[1] - np.nonzero(edges == 1)[1]).astype(np.float64)
    run = float(np.square(lengths).sum() / lengths.sum())
    solid = cv2.morphologyEx(joined, cv2.MORPH_CLOSE, np.ones((reach, 1), np.uint8))
    return run >= _RUN_LENGTH * _CELLS and float(solid.mean()) >= _FILLED
