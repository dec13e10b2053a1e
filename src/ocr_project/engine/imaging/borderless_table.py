"""The cells of a table without upright lines: columns from white, rows from lines of text and horizontal rulings.

What it does not know: a cell of the first column that belongs to several rows (nothing but white says so), and rows
whose wrapped lines stand as far apart as the rows themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from ocr_project.engine.imaging.column_gaps import CELL_GAP, ColumnGap, find_column_gaps
from ocr_project.engine.imaging.ink import Boxes, Grey, Mask, find_ink
from ocr_project.engine.imaging.row_joins import RulesBetween, find_heading, joined_to_previous
from ocr_project.engine.imaging.ruled_table import PixelBox, TableCell, table_rulings, without_fills
from ocr_project.engine.imaging.rulings import widened, without
from ocr_project.engine.imaging.text_lines import TextLine, find_text_lines
from ocr_project.engine.imaging.words import letter_height

# Tuned on one half of `tables_en` and checked on the other (docs/decisions/0013).
_RIM = 0.008  # inches of grey on either side of a ruling
_FULL_RULE = 0.8  # of the width of the text: a shorter rule stands under a heading of several columns
# In letter heights.
_LEAST_HEIGHT = 5  # pixels of a letter that can be read
_SPLIT = 0.7  # white within a run of words that is cut where it lies in the white between columns
_OVER = 0.7  # how far something reaches into a column that it spans
_MARGIN = 0.35  # white around what is read
_LEAST_ROWS = 2
_INSIDE_CELLS = 0.5  # of the ink stands in the cells of a ruled table
_CROWDED_ROWS = 3  # of a column that lines leave, at least and half of them, hold several cells
_LEAST_FILLED = 0.25  # of the places of a table hold something


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row from edge to edge.

    Attributes:
        top: First row of pixels, with half of the white above.
        bottom: The row of pixels after its last, with half of the white below.
        single: Whether it is one line of text.
    """

    top: int
    bottom: int
    single: bool


@dataclass(frozen=True, slots=True)
class BorderlessTable:
    """A table that was found by its white.

    Attributes:
        cells: By row and column; the box of one that holds something is that of its words.
        heading: Rows at the top that name the columns.
        rows: From the top.
        cleaned: The crop without rulings.
    """

    cells: list[TableCell]
    heading: int
    rows: list[TableRow]
    cleaned: Grey


@dataclass(frozen=True, slots=True)
class _Piece:
    """Words that stand together, in columns `first` to `last`."""

    first: int
    last: int
    box: PixelBox


def find_borderless_table(table: Grey, dpi: float) -> BorderlessTable | None:
    """Find the cells of a table.

    Args:
        table: Crop of the table, shape (height, width).
        dpi: Of the crop; 0 where unknown.

    Returns:
        `None` where no columns can be told apart.

    Raises:
        TooBusy: There are more components than in any text.
    """
    table = without_fills(table, dpi)
    rulings = table_rulings(table, dpi)
    lines_mask = widened(rulings, round(_RIM * dpi))
    cleaned = without(table, lines_mask)
    ink = find_ink(cleaned)
    ink[lines_mask > 0] = 0
    height = letter_height(ink)
    if height < _LEAST_HEIGHT:
        return None
    lines = find_text_lines(ink, height)
    gaps = find_column_gaps(lines, height, table.shape[1])
    if not gaps or len(lines) < _LEAST_ROWS:
        return None
    pieces = [_pieces(line, gaps, height) for line in lines]
    between = _between(lines, rulings.horizontal)
    heading = find_heading(between)
    columns = len(gaps) + 1
    filled = [sum(piece.last - piece.first + 1 for piece in row) / columns for row in pieces]
    joins = joined_to_previous(lines, between, filled, heading, height)
    groups = _groups(joins)
    cells, heading_rows = _cells(pieces, groups, between, gaps, heading)
    if len(groups) < _LEAST_ROWS or sum(map(len, pieces)) < _LEAST_FILLED * columns * len(groups):
        return None
    cells = [_with_margin(cell, height, table.shape) for cell in cells]
    return BorderlessTable(cells, heading_rows, _row_extents(lines, groups, height, len(table)), cleaned)


def has_letters(cleaned: Grey) -> bool:
    """Return whether anything like a letter is in a table's crop without its lines."""
    return letter_height(find_ink(cleaned)) > 0


def judge_cells(cells: Sequence[TableCell], cleaned: Grey) -> tuple[list[TableCell], bool]:
    """Judge the cells that drawn lines leave.

    Args:
        cells: As `find_ruled_cells` gives them.
        cleaned: The crop as it gives it.

    Returns:
        The cells, none where most of what is written stands outside of them; and whether they are crowded: whether
        lines part groups of columns.
    """
    ink = find_ink(cleaned)
    height = letter_height(ink)
    if not cells or height < _LEAST_HEIGHT:
        return list(cells), False
    inside = np.zeros_like(ink)
    for cell in cells:
        x0, y0, x1, y1 = cell.box
        inside[y0:y1, x0:x1] = ink[y0:y1, x0:x1]
    if np.count_nonzero(inside) < _INSIDE_CELLS * np.count_nonzero(ink):
        return [], False
    return list(cells), _is_crowded(cells, ink, height)


def _is_crowded(cells: Sequence[TableCell], ink: Mask, height: float) -> bool:
    """Return whether half of the columns that lines leave are several by their white."""
    crowded = []
    for column in sorted({cell.column for cell in cells}):
        boxes = [cell.box for cell in cells if cell.column == column and cell.columns == 1]
        if not boxes:
            continue
        x0, x1 = round(np.median([box[0] for box in boxes])), round(np.median([box[2] for box in boxes]))
        y0, y1 = min(box[1] for box in boxes), max(box[3] for box in boxes)
        lines = find_text_lines(np.ascontiguousarray(ink[y0:y1, x0:x1]), height)
        several = sum(len(line.segments(CELL_GAP * height)) > 1 for line in lines)
        enough = several >= max(_CROWDED_ROWS, len(lines) / 2)
        crowded.append(enough and bool(find_column_gaps(lines, height, x1 - x0)))
    return sum(crowded) * 2 >= max(1, len(crowded))


def _pieces(line: TextLine, gaps: Sequence[ColumnGap], height: float) -> list[_Piece]:
    """Put the words of a line into columns."""
    runs: list[list[list[int]]] = []
    for word in line.boxes.tolist():
        reach = max(w[2] for w in runs[-1]) if runs else 0
        white = word[0] - reach
        between_columns = any(reach < gap.x1 and word[0] > gap.x0 for gap in gaps)
        if runs and (white < _SPLIT * height or (white < CELL_GAP * height and not between_columns)):
            runs[-1].append(word)
        else:
            runs.append([word])
    found: list[_Piece] = []
    for run in runs:
        x0, x1 = min(w[0] for w in run), max(w[2] for w in run)
        box = (x0, min(w[1] for w in run), x1, max(w[3] for w in run))
        first, last = _columns_of(x0, x1, gaps, height)
        if found and first <= found[-1].last:
            before = found[-1]
            if before.last > before.first and first > before.first:
                found[-1] = replace(before, last=first - 1)
            else:
                last = max(last, before.last)
                found[-1] = _Piece(before.first, last, _hull(before.box, box))
                continue
        found.append(_Piece(first, last, box))
    return found


def _columns_of(x0: int, x1: int, gaps: Sequence[ColumnGap], height: float) -> tuple[int, int]:
    """Return the first and the last column that something reaches well into."""
    edges = [0, *(edge for gap in gaps for edge in (gap.x0, gap.x1)), 1 << 30]
    shared = [min(x1, right) - max(x0, left) for left, right in zip(edges[::2], edges[1::2], strict=True)]
    reached = [place for place, much in enumerate(shared) if much > _OVER * height]
    if not reached:
        middle = (x0 + x1) / 2
        place = sum(gap.middle < middle for gap in gaps)
        return place, place
    return reached[0], reached[-1]


def _between(lines: Sequence[TextLine], rules: Boxes) -> list[RulesBetween]:
    """Gather the horizontal rulings between each line and the next."""
    left, right = min(int(line.boxes[0, 0]) for line in lines), max(int(line.boxes[:, 2].max()) for line in lines)
    found = []
    for above, below in pairwise(lines):
        middle = (rules[:, 1] + rules[:, 3]) / 2
        own = rules[(middle > above.middle) & (middle < below.middle)]
        full = bool(len(own)) and int((own[:, 2] - own[:, 0]).max()) >= _FULL_RULE * (right - left)
        found.append(RulesBetween(full, tuple((int(x0), int(x1)) for x0, _, x1, _ in own) if not full else ()))
    return found


def _groups(joins: Sequence[bool]) -> list[list[int]]:
    """Gather the places of lines by row."""
    groups: list[list[int]] = []
    for place, joined in enumerate(joins):
        if joined and groups:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def _row_extents(
    lines: Sequence[TextLine], groups: Sequence[Sequence[int]], height: float, bottom: int
) -> list[TableRow]:
    """Say from where to where each row goes: half of the white around it, and a letter at most."""
    tops = [min(int(lines[place].boxes[:, 1].min()) for place in group) for group in groups]
    ends = [max(int(lines[place].boxes[:, 3].max()) for place in group) for group in groups]
    rows = []
    for number, group in enumerate(groups):
        above = tops[number] - (ends[number - 1] if number else 0)
        below = (tops[number + 1] if number + 1 < len(groups) else bottom) - ends[number]
        top = tops[number] - round(min(height, max(0.0, above / 2)))
        end = ends[number] + round(min(height, max(0.0, below / 2)))
        rows.append(TableRow(max(0, top), min(bottom, end), len(group) == 1))
    return rows


def _cells(
    pieces: Sequence[Sequence[_Piece]],
    groups: Sequence[Sequence[int]],
    between: Sequence[RulesBetween],
    gaps: Sequence[ColumnGap],
    heading: int,
) -> tuple[list[TableCell], int]:
    heading_rows = sum(group[-1] < heading for group in groups)
    rows = []
    for number, group in enumerate(groups):
        row = _merged([piece for place in group for piece in pieces[place]])
        if number + 1 < heading_rows and group[-1] < len(between):
            row = _under_rules(row, between[group[-1]].parts, gaps)
        elif len(row) == 1 and row[0].first == 0 and row[0].last > 0:
            row = [replace(row[0], last=len(gaps))]
        rows.append(row)
    cells = [
        TableCell(piece.box, number, piece.first, 1, piece.last - piece.first + 1)
        for number, row in enumerate(rows)
        for piece in row
    ]
    cells = _down_the_heading(cells, heading_rows)
    return _with_empty(cells, len(groups), len(gaps) + 1), heading_rows


def _merged(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Join pieces of one row that share a column."""
    found: list[_Piece] = []
    for piece in sorted(pieces, key=lambda piece: (piece.first, piece.last)):
        if found and piece.first <= found[-1].last:
            last = found[-1]
            found[-1] = _Piece(last.first, max(last.last, piece.last), _hull(last.box, piece.box))
        else:
            found.append(piece)
    return found


def _under_rules(row: list[_Piece], parts: Sequence[tuple[int, int]], gaps: Sequence[ColumnGap]) -> list[_Piece]:
    """Widen a heading over all columns that the rule under it runs along."""
    for left, right in parts:
        first, last = _columns_of(left, right, gaps, 0.0)
        own = [piece for piece in row if piece.last >= first and piece.first <= last]
        if last > first and len(own) == 1:
            wide = replace(own[0], first=min(first, own[0].first), last=max(last, own[0].last))
            others = [piece for piece in row if piece is not own[0]]
            if all(other.last < wide.first or other.first > wide.last for other in others):
                row = sorted([*others, wide], key=lambda piece: piece.first)
    return row


def _down_the_heading(cells: list[TableCell], heading_rows: int) -> list[TableCell]:
    """Let a heading of one column reach down where nothing stands below it in the heading."""
    taken = {(cell.row, column) for cell in cells for column in range(cell.column, cell.column + cell.columns)}
    found = []
    for cell in cells:
        free = cell.row == 0 and heading_rows > 1 and cell.columns == 1
        if free and not any((row, cell.column) in taken for row in range(1, heading_rows)):
            cell = replace(cell, rows=heading_rows)
        found.append(cell)
    return found


def _with_empty(cells: Sequence[TableCell], rows: int, columns: int) -> list[TableCell]:
    """Add a cell wherever there is none, by row and column."""
    taken = {
        (row, column)
        for cell in cells
        for row in range(cell.row, cell.row + cell.rows)
        for column in range(cell.column, cell.column + cell.columns)
    }
    empty = [
        TableCell((0, 0, 0, 0), row, column)
        for row in range(rows)
        for column in range(columns)
        if (row, column) not in taken
    ]
    return sorted([*cells, *empty], key=lambda cell: (cell.row, cell.column))


def _with_margin(cell: TableCell, height: float, shape: tuple[int, ...]) -> TableCell:
    if cell.box == (0, 0, 0, 0):
        return cell
    margin = max(1, round(_MARGIN * height))
    x0, y0, x1, y1 = cell.box
    box = (max(0, x0 - margin), max(0, y0 - margin), min(shape[1], x1 + margin), min(shape[0], y1 + margin))
    return replace(cell, box=box)


def _hull(one: PixelBox, other: PixelBox) -> PixelBox:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])
