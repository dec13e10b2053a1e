"""Columns of a table without upright lines, by the white between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.text_lines import TextLine

# Tuned on one half of `tables_en` and checked on the other (docs/decisions/0013).
# In letter heights. White between words of one cell is narrower than the first; white that no row has anything in
# need only be as wide as the second, since each row by itself has more.
CELL_GAP = 0.9
_LEAST_GAP = 0.35
_INSIDE = 0.3  # how far within a gap something must stand to be a column of its own
# Shares of the rows of cells.
_CROSSING = 0.15  # may cross a gap: headings over several columns
_FILLED = 0.12  # hold something in a column, and are two at least


@dataclass(frozen=True, slots=True)
class ColumnGap:
    """White between two columns, in pixels."""

    x0: int
    x1: int

    @property
    def middle(self) -> int:
        return (self.x0 + self.x1) // 2


def find_column_gaps(lines: Sequence[TextLine], height: float, width: int) -> list[ColumnGap]:
    """Find the white between columns.

    Args:
        lines: All lines of the table.
        height: Of letters in pixels.
        width: Of the crop in pixels.

    Returns:
        Gaps from left to right: one fewer than there are columns.
    """
    rows = [segments for line in lines if len(segments := line.segments(CELL_GAP * height)) > 1]
    if len(rows) < 2:
        return []
    covered = np.zeros(width, np.int32)
    for segments in rows:
        for x0, x1 in segments:
            covered[max(0, x0) : x1] += 1
    allowed = int(_CROSSING * len(rows))
    runs = _runs(covered <= allowed)
    gaps = [ColumnGap(a, b) for a, b in runs if a > 0 and b < width and b - a >= _LEAST_GAP * height]
    gaps = [part for gap in gaps for part in _around_few(gap, rows, height)]
    return _with_filled_columns(gaps, rows)


def _runs(white: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.pad(white.astype(np.int8), 1)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _around_few(gap: ColumnGap, rows: Sequence[Sequence[tuple[int, int]]], height: float) -> list[ColumnGap]:
    """Cut a gap by what stands wholly within it: a column that few rows have something in."""
    inside = _INSIDE * height
    within = sorted(
        (x0, x1) for segments in rows for x0, x1 in segments if gap.x0 + inside < x0 and x1 < gap.x1 - inside
    )
    groups: list[list[tuple[int, int]]] = []
    for x0, x1 in within:
        if groups and x0 <= max(end for _, end in groups[-1]):
            groups[-1].append((x0, x1))
        else:
            groups.append([(x0, x1)])
    parts, left = [], gap.x0
    for group in groups:
        if len(group) >= 2:
            parts.append(ColumnGap(left, group[0][0]))
            left = max(end for _, end in group)
    return [*parts, ColumnGap(left, gap.x1)]


def _with_filled_columns(gaps: list[ColumnGap], rows: Sequence[Sequence[tuple[int, int]]]) -> list[ColumnGap]:
    """Drop gaps beside columns in which hardly any row has something."""
    least = max(2, round(_FILLED * len(rows)))
    kept: list[ColumnGap] = []
    for place, gap in enumerate(gaps):
        left = kept[-1].middle if kept else 0
        right = gaps[place + 1].middle if place + 1 < len(gaps) else 1 << 30
        before = sum(any(left <= (a + b) / 2 < gap.middle for a, b in row) for row in rows)
        after = sum(any(gap.middle <= (a + b) / 2 < right for a, b in row) for row in rows)
        if before >= least and after >= least:
            kept.append(gap)
    return kept
