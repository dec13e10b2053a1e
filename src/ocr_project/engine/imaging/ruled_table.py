"""The cells of a ruled table: rulings to boxes, boxes to rows and columns.

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

from ocr_project.engine.imaging.ink import Grey, Mask, levels
from ocr_project.engine.imaging.rulings import Rulings, enclosed_cells, find_rulings, framed, hull_of, without
from ocr_project.engine.imaging.table_fills import lift_cells

# Set by hand; what they give on the shared pages is in docs/log.md.
# Lengths in inches.
_RULE = 0.22  # longer than a stroke of a letter of body text, shorter than the side of a cell
_THICK = 0.06  # what is thicker is a fill, or a letter of a headline
_BRIDGE = 0.03  # a line broken by less than this is one line
_LEAST_CELL = 0.05  # narrower white between lines is a double line
_RECTANGLE = 0.75  # share of its hull that a cell fills
_FRAME = 0.005  # half the thickness of a frame around all lines
_SAME = 0.06  # edges of cells nearer than this are one line of the grid
_DEFAULT_DPI = 150.0
_STUB_ROWS, _STUB_FILLED = 3, 0.8  # rows of a cell that is looked into, and share of them that hold text
# Columns of a cell that is looked into, share of them that become cells, and inches of white beside their borders.
_HEAD_COLUMNS, _HEAD_PARTS, _HEAD_WHITE = 3, 0.75, 0.05
_FILL_REACH = 0.08  # half the least height of a filled row
_FILL_CONTRAST = 10  # grey levels between the fills of two rows
_FILL_PAPER = 0.5  # of a row of pixels that is paper, at the least
_FEW_ROWS, _FEW_FILLED = 4, 0.5  # of so few lines, the share that each column must have something in
_SHARED_ROWS = 0.7  # of the columns have something in a row that white alone sets apart
# A text within a cell: its lines; their width and how far they end from the edge, in heights of a line; and the share
# of those before the last that are full.
_TEXT_LINES, _TEXT_WIDTH, _RAGGED, _FULL_LINES = 3, 7.0, 2.5, 0.6
_CONTRAST = 60  # grey levels from the paper to what counts as written

PixelBox = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell of a table as it is drawn, before it is read.

    Attributes:
        box: x0, y0, x1, y1 in pixels of the table's crop, within the lines.
        row: From 0.
        column: From 0.
        rows: That it spans.
        columns: That it spans.
    """

    box: PixelBox
    row: int
    column: int
    rows: int = 1
    columns: int = 1


def find_ruled_cells(table: Grey, dpi: float, known: Sequence[PixelBox] = ()) -> tuple[list[TableCell], Grey]:
    """Find the cells of a ruled table.

    Args:
        table: Crop of the table, shape (height, width).
        dpi: Of the crop; 0 where unknown, which counts as 150.
        known: Boxes that lines leave, where they have been found before: then no lines are looked for.

    Returns:
        Cells by row and column, empty where there are fewer than two columns; and the crop for reading, its
        lines painted over in the colour of the paper, print on fills dark on white.
    """
    inch = dpi or _DEFAULT_DPI
    if known:
        enclosed, lines = list(known), _outside_of(known, table.shape)
    else:
        lifted = lift_cells(table, dpi)
        table = lifted.grey if lifted else table
        rulings = table_rulings(table, dpi, lifted.edges if lifted else None)
        enclosed, lines = _boxes(rulings, inch), rulings.mask
    cleaned = without(table, lines)
    boxes = [part for row in _ruled_rows(enclosed, inch) for part in _split_rows(row, cleaned)]
    cells = grid_of(boxes, inch)
    cells = [part for cell in cells for part in _split_stub(cell, cells, cleaned)]
    cells = [part for cell in cells for part in _split_head(cell, cells, cleaned, inch)]
    cells.sort(key=lambda cell: (cell.row, cell.column))
    return (cells if len({cell.column for cell in cells}) >= 2 else []), cleaned


def without_lines(table: Grey, dpi: float) -> Grey:
    """Return the crop of a table, shape (height, width), without its lines and fills: a new array."""
    lifted = lift_cells(table, dpi)
    grey, edges = (lifted.grey, lifted.edges) if lifted else (table, None)
    return without(grey, table_rulings(grey, dpi, edges).mask)


def table_rulings(table: Grey, dpi: float, edges: Mask | None = None) -> Rulings:
    """Find the drawn lines of a table.

    Args:
        table: Crop of the table, shape (height, width).
        dpi: Of the crop; 0 where unknown, which counts as 150.
        edges: Where its fills end: as good as lines.
    """
    inch = dpi or _DEFAULT_DPI
    ink = cv2.adaptiveThreshold(table, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 31, 12)
    if edges is not None:
        ink = cv2.bitwise_or(ink, edges)
    length, thickness, bridge = (
        max(8, round(_RULE * inch)),
        max(3, round(_THICK * inch)),
        max(2, round(_BRIDGE * inch)),
    )
    return find_rulings(np.asarray(ink, np.uint8), length, thickness, bridge)


def without_fills(table: Grey, dpi: float) -> Grey:
    """Take away the fills of rows, where every row of pixels has one paper from end to end.

    Light letters on a dark fill become dark ones on white.

    Returns:
        A new array, or the same where nothing is filled or something else than whole rows is.
    """
    reach = 2 * round(_FILL_REACH * (dpi or _DEFAULT_DPI)) + 1
    paper = _running_median(np.median(table, axis=1), reach)  # of several rows: a ruling is not a fill
    if paper.max() - paper.min() < _FILL_CONTRAST:
        return table
    ink = np.abs(table.astype(np.int16) - paper[:, None].astype(np.int16))
    if float((ink < _FILL_CONTRAST).mean(axis=1).min()) < _FILL_PAPER:
        return table
    darkest = np.maximum(paper, 255 - paper)[:, None]
    return np.asarray(255 - np.minimum(255, ink * 255.0 / darkest), np.uint8)


def _running_median(values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Return the median of each value and those around it, `reach` in all; at the ends fewer count twice."""
    padded = np.pad(values, reach // 2, mode="edge")
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, reach), axis=1))


def _outside_of(boxes: Sequence[PixelBox], shape: tuple[int, ...]) -> Mask:
    outside = np.full(shape, 255, np.uint8)
    for x0, y0, x1, y1 in boxes:
        outside[y0:y1, x0:x1] = 0
    return outside


def _boxes(rulings: Rulings, inch: float) -> list[PixelBox]:
    """Return the white rectangles between lines; the frame that many tables leave out is drawn around all lines."""
    left, top, right, bottom = (int(value) for value in hull_of(rulings.mask))
    if right <= left:
        return []
    frame = 2 + round(_FRAME * inch)  # the mask is a pixel wider than the lines
    closed = framed(rulings.mask[top:bottom, left:right], frame)
    cells = enclosed_cells(closed, _LEAST_CELL * inch, _RECTANGLE)
    return [(left + x0, top + y0, left + x1, top + y1) for x0, y0, x1, y1 in cells.tolist()]


def _ruled_rows(boxes: Sequence[PixelBox], inch: float) -> list[list[PixelBox]]:
    """Gather cells of the same height and place: the rows that lines set apart."""
    rows: list[list[PixelBox]] = []
    for box in sorted(boxes, key=lambda box: (box[1], box[0])):
        same = _SAME * inch
        for row in rows:
            if abs(row[0][1] - box[1]) < same and abs(row[0][3] - box[3]) < same:
                row.append(box)
                break
        else:
            rows.append([box])
    return rows


def _split_rows(row: list[PixelBox], cleaned: Grey) -> list[PixelBox]:
    """Cut a row into several where white runs through all of its columns and nearly all have text on either side."""
    if len(row) < 2:
        return row
    top, bottom = max(box[1] for box in row), min(box[3] for box in row)
    paper = int(levels(cleaned, 0.90)[0])
    profiles = [
        np.asarray((cleaned[top:bottom, x0 + 2 : x1 - 2] < paper - _CONTRAST).any(axis=1)) for x0, _, x1, _ in row
    ]
    lines = _runs(np.asarray(np.any(profiles, axis=0), np.bool_))
    if (
        len(lines) < 3
        or sum(_is_running_text(cleaned[y0:y1, x0:x1] < paper - _CONTRAST) for x0, y0, x1, y1 in row) > 1
    ):
        return row  # texts side by side: what stands on one level is not a row
    filled = np.array([[profile[a:b].any() for profile in profiles] for a, b in lines])
    if filled.mean() < _SHARED_ROWS:
        return row
    if len(lines) <= _FEW_ROWS and filled[:, filled.any(axis=0)].mean(axis=0).min() < _FEW_FILLED:
        return row  # one line in the middle of its cell, beside cells of several
    cuts = [top, *(top + (a[1] + b[0]) // 2 for a, b in pairwise(lines)), bottom]
    return [(x0, y0, x1, y1) for y0, y1 in pairwise(cuts) for x0, _, x1, _ in row]


def _is_running_text(written: NDArray[np.bool_]) -> bool:
    """Return whether nearly all lines of a cell are full, as those of a text are that goes on from line to line.

    Args:
        written: Shape (height, width).
    """
    lines = _runs(np.asarray(written.any(axis=1)))
    ends = np.asarray([int(np.flatnonzero(written[a:b].any(axis=0))[-1]) for a, b in lines])
    if len(ends) < _TEXT_LINES:
        return False
    letter = float(np.median([b - a for a, b in lines]))
    full = ends[:-1] >= ends.max() - _RAGGED * letter
    return bool(ends.max() >= _TEXT_WIDTH * letter and full.mean() >= _FULL_LINES)


def _split_stub(cell: TableCell, cells: Sequence[TableCell], cleaned: Grey) -> list[TableCell]:
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
    inked = np.asarray((cleaned[:, x0 + 2 : x1 - 2] < int(levels(cleaned, 0.90)[0]) - _CONTRAST).any(axis=1), np.bool_)
    filled = sum(bool(inked[above:below].any()) for above, below in pairwise(cuts))
    if any(inked[cut] for cut in cuts[1:-1]) or filled < _STUB_FILLED * cell.rows:
        return [cell]
    return [
        TableCell((x0, above, x1, below), cell.row + place, cell.column, 1, cell.columns)
        for place, (above, below) in enumerate(pairwise(cuts))
    ]


def _split_head(cell: TableCell, cells: Sequence[TableCell], cleaned: Grey, inch: float) -> list[TableCell]:
    """Cut a cell along the columns below it, where white runs along nearly all of their borders and text is between.

    The head of many coloured tables has no lines.
    """
    if cell.columns < _HEAD_COLUMNS:
        return [cell]
    lefts = [
        min((o.box[0] for o in cells if o.column == column and o.columns == 1), default=-1)
        for column in _columns_of(cell)
    ]
    if min(lefts) < 0:
        return [cell]
    x0, y0, x1, y1 = cell.box
    dark = int(levels(cleaned, 0.90)[0]) - _CONTRAST
    inked = np.asarray((cleaned[y0 + 2 : y1 - 2] < dark).any(axis=0), np.bool_)
    reach = round(_HEAD_WHITE * inch)
    cuts = [(column, left) for column, left in zip(_columns_of(cell), lefts, strict=True) if left > x0 + reach]
    cuts = [(column, left) for column, left in cuts if not inked[left - reach : left + reach].any()]
    starts = [(cell.column, x0), *cuts]
    ends = [*cuts, (cell.column + cell.columns, x1)]
    filled = all(inked[left:right].any() for (_, left), (_, right) in zip(starts, ends, strict=True))
    if not filled or len(starts) < _HEAD_PARTS * cell.columns:
        return [cell]
    return [
        TableCell((left, y0, right, y1), cell.row, column, cell.rows, after - column)
        for (column, left), (after, right) in zip(starts, ends, strict=True)
    ]


def _columns_of(cell: TableCell) -> range:
    return range(cell.column, cell.column + cell.columns)


def _rows_of(cell: TableCell) -> range:
    return range(cell.row, cell.row + cell.rows)


def _runs(profile: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.pad(profile.astype(np.int8), 1)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > 2]


def grid_of(boxes: Sequence[PixelBox], inch: float) -> list[TableCell]:
    """Give each box its row and column, and how many of each it spans.

    Args:
        boxes: Cells, in pixels.
        inch: Pixels of an inch.

    Returns:
        The cells by row and column.
    """
    tops = _grid_lines([box[1] for box in boxes], inch)
    lefts = _grid_lines([box[0] for box in boxes], inch)
    cells = []
    for box in boxes:
        row, column = _nearest_line(tops, box[1]), _nearest_line(lefts, box[0])
        rows = max(1, _nearest_line(tops, box[3], before=True) - row + 1)
        columns = max(1, _nearest_line(lefts, box[2], before=True) - column + 1)
        cells.append(TableCell(box, row, column, rows, columns))
    return sorted(cells, key=lambda cell: (cell.row, cell.column))


def _grid_lines(values: Sequence[int], inch: float) -> list[float]:
    """Merge coordinates that belong to one line of the grid; return their means, in order."""
    groups: list[list[int]] = []
    for value in sorted(values):
        if groups and value - groups[-1][0] < _SAME * inch:
            groups[-1].append(value)
        else:
            groups.append([value])
    return [sum(group) / len(group) for group in groups]


def _nearest_line(lines: Sequence[float], value: float, *, before: bool = False) -> int:
    """Return the place of the line nearest to a value, or of the last one that lies before it."""
    if before:
        return sum(line < value for line in lines) - 1
    return int(np.argmin([abs(line - value) for line in lines]))
