"""The cells of a ruled table: drawn lines to boxes, boxes to rows and columns.

What it does not know: tables without upright lines (`borderless_table.py` does), and rows that are told apart by white
alone unless nearly every column has something in each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.ink import components

Pixels = NDArray[np.uint8]

_RULE = 0.22  # inches: longer than a stroke of a letter of body text, shorter than the side of a cell
_THICK = 0.06  # inches: what is thicker is a fill, or a letter of a headline
_GAP = 0.03  # inches: a line broken by less than this is one line
_LEAST_CELL = 0.05  # inches: narrower white between lines is a double line
_RECTANGLE = 0.75  # share of its hull that a cell fills
_SAME = 0.06  # inches: edges of cells nearer than this are one line of the grid
_DEFAULT_DPI = 150.0
_STUB_ROWS, _STUB_FILLED = 3, 0.8  # rows of a cell that is looked into, and share of them that hold text
_BAND = 0.08  # inches: half the least height of a band
_BAND_CONTRAST = 10  # grey levels between the fills of two rows
_BAND_PAPER = 0.5  # of a row of pixels that is paper, at the least
_FEW_ROWS, _FEW_FILLED = 4, 0.5  # of so few lines, the share that each column must have something in
_SHARED_ROWS = 0.7  # of the columns have something in a row that white alone sets apart


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table.

    Attributes:
        box: x0, y0, x1, y1 in pixels of the table's crop, within the lines.
        row: From 0; likewise `column`.
        rows: Rows that it spans; likewise `columns`.
    """

    box: tuple[int, int, int, int]
    row: int
    column: int
    rows: int = 1
    columns: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class DrawnLines:
    """The drawn lines of a crop.

    Attributes:
        all: Their pixels, 255 and 0; shape of the crop.
        level: Shape (n, 4), int32: boxes x0 y0 x1 y1 of those that run from left to right.
    """

    all: Pixels
    level: NDArray[np.int32]


def find_cells(table: Pixels, dpi: float) -> tuple[list[Cell], Pixels]:
    """Find the cells of a ruled table.

    Args:
        table: Crop of the table, shape (height, width), uint8.
        dpi: Of the crop; 0 where unknown, which counts as 150.

    Returns:
        Cells by row and column, empty where there are fewer than two columns; and the crop with its
        lines painted over in the colour of the paper, for reading.
    """
    inch = dpi or _DEFAULT_DPI
    lines = drawn_lines(table, dpi).all
    cleaned = without_lines(table, lines)
    boxes = _boxes(_closed_sides(lines, inch), inch)
    boxes = [part for band in _bands(boxes, inch) for part in _split_rows(band, cleaned, inch)]
    cells = _placed(boxes, inch)
    cells = [part for cell in cells for part in _split_stub(cell, cells, cleaned)]
    cells.sort(key=lambda cell: (cell.row, cell.column))
    return (cells if len({cell.column for cell in cells}) >= 2 else []), cleaned


def drawn_lines(table: Pixels, dpi: float) -> DrawnLines:
    """Find the drawn lines of a table.

    Args:
        table: Crop of the table, shape (height, width), uint8.
        dpi: Of the crop; 0 where unknown, which counts as 150.
    """
    inch = dpi or _DEFAULT_DPI
    ink = cv2.adaptiveThreshold(table, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 31, 12)
    length, gap, thick = max(8, round(_RULE * inch)), max(2, round(_GAP * inch)), max(3, round(_THICK * inch))
    found = np.zeros_like(table)
    level = np.zeros((0, 4), np.int32)
    for axis in (0, 1):
        size, bridge = ((length, 1), (gap, 1)) if axis == 0 else ((1, length), (1, gap))
        # strokes first, bridges after: the other way round a row of letters becomes a line
        opened = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(size[::-1], np.uint8))
        joined = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones(bridge[::-1], np.uint8))
        labels, stats = components(np.asarray(joined, np.uint8))
        thin = stats[:, cv2.CC_STAT_HEIGHT if axis == 0 else cv2.CC_STAT_WIDTH] <= thick
        thin[0] = False
        if axis == 0:
            level = stats[thin][:, :4].copy()
            level[:, 2:] += level[:, :2]
        np.maximum(found, np.where(thin, 255, 0).astype(np.uint8)[labels], out=found)
    return DrawnLines(found, level)


def without_bands(table: Pixels, dpi: float) -> Pixels:
    """Take away the fills of rows, where every row of pixels has one paper from end to end.

    Light letters on a dark fill become dark ones on white.

    Returns:
        A new array, or the same where nothing is filled or something else than whole rows is.
    """
    reach = 2 * round(_BAND * (dpi or _DEFAULT_DPI)) + 1
    paper = _running_median(np.median(table, axis=1), reach)  # of several rows: a rule is no band
    if paper.max() - paper.min() < _BAND_CONTRAST:
        return table
    ink = np.abs(table.astype(np.int16) - paper[:, None].astype(np.int16))
    if float((ink < _BAND_CONTRAST).mean(axis=1).min()) < _BAND_PAPER:
        return table
    darkest = np.maximum(paper, 255 - paper)[:, None]
    return np.asarray(255 - np.minimum(255, ink * 255.0 / darkest), np.uint8)


def _running_median(values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Return the median of each value and those around it, `reach` in all; at the ends fewer count twice."""
    padded = np.pad(values, reach // 2, mode="edge")
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, reach), axis=1))


def without_lines(table: Pixels, lines: Pixels, reach: int = 3) -> Pixels:
    """Paint lines over in the colour of the paper, `reach` pixels wider than they are; returns a new array."""
    cleaned = table.copy()
    cleaned[cv2.dilate(lines, np.ones((reach, reach), np.uint8)) > 0] = int(np.percentile(table, 90))
    return cleaned


def _closed_sides(lines: Pixels, inch: float) -> Pixels:
    """Draw the frame that many tables leave out, around all of their lines."""
    points = cv2.findNonZero(lines)
    if points is None:
        return lines
    x, y, width, height = cv2.boundingRect(points)
    framed = cv2.dilate(lines, np.ones((3, 3), np.uint8))
    cv2.rectangle(framed, (x, y), (x + width - 1, y + height - 1), 255, max(2, round(0.01 * inch)))
    return np.asarray(framed, np.uint8)


def _boxes(lines: Pixels, inch: float) -> list[tuple[int, int, int, int]]:
    """Return the white rectangles between lines; what touches the edge of the crop is outside of the table."""
    white = cv2.bitwise_not(lines)
    _, stats = components(np.asarray(white, np.uint8), connectivity=4)
    height, width = lines.shape
    least = _LEAST_CELL * inch
    return [
        (int(x), int(y), int(x + w), int(y + h))
        for x, y, w, h, area in stats[1:]
        if x > 0 and y > 0 and x + w < width and y + h < height
        if min(w, h) >= least and area >= _RECTANGLE * w * h
    ]


def _bands(boxes: Sequence[tuple[int, int, int, int]], inch: float) -> list[list[tuple[int, int, int, int]]]:
    """Gather cells of the same height and place: the rows that lines set apart."""
    bands: list[list[tuple[int, int, int, int]]] = []
    for box in sorted(boxes, key=lambda box: (box[1], box[0])):
        same = _SAME * inch
        for band in bands:
            if abs(band[0][1] - box[1]) < same and abs(band[0][3] - box[3]) < same:
                band.append(box)
                break
        else:
            bands.append([box])
    return bands


def _split_rows(
    band: list[tuple[int, int, int, int]], cleaned: Pixels, inch: float
) -> list[tuple[int, int, int, int]]:
    """Cut a row into several where white runs through all of its columns and nearly all have text on either side."""
    if len(band) < 2:
        return band
    top, bottom = max(box[1] for box in band), min(box[3] for box in band)
    paper = int(np.percentile(cleaned, 90))
    profiles = [np.asarray((cleaned[top:bottom, x0 + 2 : x1 - 2] < paper - 60).any(axis=1)) for x0, _, x1, _ in band]
    rows = _runs(np.asarray(np.any(profiles, axis=0), np.bool_))
    if len(rows) < 3:
        return band
    filled = np.array([[profile[a:b].any() for profile in profiles] for a, b in rows])
    if filled.mean() < _SHARED_ROWS:
        return band
    if len(rows) <= _FEW_ROWS and filled[:, filled.any(axis=0)].mean(axis=0).min() < _FEW_FILLED:
        return band  # one line in the middle of its cell, beside cells of several
    cuts = [top, *(top + (a[1] + b[0]) // 2 for a, b in pairwise(rows)), bottom]
    return [(x0, y0, x1, y1) for y0, y1 in pairwise(cuts) for x0, _, x1, _ in band]


def _split_stub(cell: Cell, cells: Sequence[Cell], cleaned: Pixels) -> list[Cell]:
    """Cut a cell along the rows beside it, if it has text in nearly each of them and none across their borders.

    The first column of many tables is not ruled though the others are; a heading that spans rows has
    fewer lines than rows.
    """
    if cell.rows < _STUB_ROWS:
        return [cell]
    beside = [other for other in cells if other.rows == 1 and cell.row <= other.row < cell.row + cell.rows]
    tops = [min((o.box[1] for o in beside if o.row == row), default=-1) for row in _rows_of(cell)]
    x0, y0, x1, y1 = cell.box
    cuts = [y0, *tops[1:], y1]
    if min(tops) < 0 or any(below - above <= 2 for above, below in pairwise(cuts)):
        return [cell]
    inked = np.asarray((cleaned[:, x0 + 2 : x1 - 2] < int(np.percentile(cleaned, 90)) - 60).any(axis=1), np.bool_)
    filled = sum(bool(inked[above:below].any()) for above, below in pairwise(cuts))
    if any(inked[cut] for cut in cuts[1:-1]) or filled < _STUB_FILLED * cell.rows:
        return [cell]
    return [
        Cell((x0, above, x1, below), cell.row + place, cell.column, 1, cell.columns)
        for place, (above, below) in enumerate(pairwise(cuts))
    ]


def _rows_of(cell: Cell) -> range:
    return range(cell.row, cell.row + cell.rows)


def _runs(profile: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.pad(profile.astype(np.int8), 1)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > 2]


def _placed(boxes: Sequence[tuple[int, int, int, int]], inch: float) -> list[Cell]:
    """Give each box its row and column, and how many of each it spans."""
    tops = _levels([box[1] for box in boxes], inch)
    lefts = _levels([box[0] for box in boxes], inch)
    cells = []
    for box in boxes:
        row, column = _level(tops, box[1]), _level(lefts, box[0])
        rows = max(1, _level(tops, box[3], before=True) - row + 1)
        columns = max(1, _level(lefts, box[2], before=True) - column + 1)
        cells.append(Cell(box, row, column, rows, columns))
    return sorted(cells, key=lambda cell: (cell.row, cell.column))


def _levels(values: Sequence[int], inch: float) -> list[float]:
    """Merge coordinates that belong to one line of the grid; return their means, in order."""
    groups: list[list[int]] = []
    for value in sorted(values):
        if groups and value - groups[-1][0] < _SAME * inch:
            groups[-1].append(value)
        else:
            groups.append([value])
    return [sum(group) / len(group) for group in groups]


def _level(levels: Sequence[float], value: float, *, before: bool = False) -> int:
    """Index of the level nearest to a value, or of the last one that lies before it."""
    if before:
        return sum(level < value for level in levels) - 1
    return int(np.argmin([abs(level - value) for level in levels]))
