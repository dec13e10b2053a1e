"""An image that is the crop of a table: white parts its columns and rows as it parts blocks of a page.

A page has margins, a crop has none. Where the lines of one keep the columns of one grid, and some part of it was found
to be a table, all of it is one: with its heading, the notes between its parts and the columns that stand far apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ocr_project.domain.types import Label
from ocr_project.engine.imaging.column_gaps import CELL_GAP, ColumnGap, find_column_gaps
from ocr_project.engine.imaging.ink import Grey, Mask, find_ink
from ocr_project.engine.imaging.ruled_table import table_rulings, without_fills
from ocr_project.engine.imaging.rulings import widened, without
from ocr_project.engine.imaging.text_lines import find_text_lines
from ocr_project.engine.imaging.words import letter_height

# Set by hand on the crops of `tables_en`, of which all were looked at (docs/log.md).
_MARGIN = 1.5  # letter heights of white on each side, at most: crops of tables have up to 1.4, pages 4 and more
_HIGH = 1.3  # times its width that a crop is high, at most: receipts are photographed without margins, and higher
_SEVERAL = 0.4  # of the lines, at least, have something in several columns
_CROSSING = 0.15  # of the lines, at most, run across the white between columns: running text does
_DPI = 150.0  # about what pages are looked at with


def is_cropped_table(grey: Grey, ink: Mask, labels: Sequence[Label]) -> bool:
    """Say whether an image is one table.

    Args:
        grey: Shape (height, width), uint8; upright.
        ink: As `find_ink` gives it.
        labels: Of the regions that were found.

    Raises:
        TooBusy: There are more components than in any text.
    """
    if Label.TABLE not in labels or len(labels) < 2 or len(grey) > _HIGH * grey.shape[1]:  # one region is the table
        return False
    if not _fills_the_image(ink):
        return False
    flat = without_fills(grey, _DPI)
    lines_mask = widened(table_rulings(flat, _DPI), 1)
    text = find_ink(without(flat, lines_mask))
    text[lines_mask > 0] = 0
    height = letter_height(text)
    lines = find_text_lines(text, height) if height else []
    gaps = find_column_gaps(lines, height, grey.shape[1])
    runs = [line.segments(CELL_GAP * height) for line in lines]
    several = sum(len(run) > 1 for run in runs)
    return bool(gaps) and several >= _SEVERAL * len(lines) and _crossing(runs, gaps) <= _CROSSING * len(lines)


def _fills_the_image(ink: Mask) -> bool:
    """Return whether print reaches every edge of an image."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    most = _MARGIN * letter_height(ink)
    return bool(
        len(rows) and max(rows[0], columns[0], len(ink) - 1 - rows[-1], ink.shape[1] - 1 - columns[-1]) <= most
    )


def _crossing(runs: Sequence[Sequence[tuple[int, int]]], gaps: Sequence[ColumnGap]) -> int:
    """Count the lines of which one run of words lies across white between columns."""
    return sum(any(x0 < gap.x0 and gap.x1 < x1 for x0, x1 in run for gap in gaps) for run in runs)
