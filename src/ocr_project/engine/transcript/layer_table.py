"""A table of a text layer: the cells that layout saw drawn, and the words that stand in them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from ocr_project.domain.types import Box, Region, Word
from ocr_project.engine.imaging.ruled_table import TableCell, grid_of
from ocr_project.engine.models.dialects.html_table import Cell, Table
from ocr_project.engine.transcript.html_table import table_html
from ocr_project.engine.transcript.lines import word_lines

_FEWEST = 2  # cells
_MOST_OUTSIDE = 0.1  # of the words: more, and the cells are not those of the text
_USUAL_DPI = 150.0  # of an image that does not say


def table_of_layer(region: Region, words: Sequence[Word], dpi: float) -> str | None:
    """Write a table in HTML; None where its cells are not known, or are not those of the words.

    Args:
        region: Of the table.
        words: Of the text layer, in the region.
        dpi: Of the page; 0 where unknown.
    """
    edges = [round(edge) for edge in region.cells or ()]
    boxes = [(x0, y0, x1, y1) for x0, y0, x1, y1 in zip(*(edges[at::4] for at in range(4)), strict=True)]
    if len(boxes) < _FEWEST or not words:
        return None
    cells = grid_of(boxes, dpi or _USUAL_DPI)
    held: defaultdict[TableCell, list[Word]] = defaultdict(list)
    outside = 0
    for word in words:
        x, y = _in_the_crop(region, word)
        nearest = min(cells, key=lambda cell: _distance(x, y, Box(*cell.box)))
        outside += _distance(x, y, Box(*nearest.box)) > 0
        held[nearest].append(word)
    if outside > _MOST_OUTSIDE * len(words):
        return None
    rows: Table = [[] for _ in range(max(cell.row for cell in cells) + 1)]
    for cell in cells:
        text = "\n".join(line.text for line in word_lines(held[cell]))
        rows[cell.row].append(Cell(text, rows=cell.rows, columns=cell.columns))
    return table_html(rows)


def _in_the_crop(region: Region, word: Word) -> tuple[float, float]:
    """Return the centre of a word in pixels of the upright region, as cells are."""
    x, y = (word.box.x0 + word.box.x1) / 2, (word.box.y0 + word.box.y1) / 2
    if region.quad is None:
        return x - max(region.box.x0, 0.0), y - max(region.box.y0, 0.0)
    left, top, right, right_y, _, _, below_x, below = region.quad
    return _along(x - left, y - top, right - left, right_y - top), _along(
        x - left, y - top, below_x - left, below - top
    )


def _along(x: float, y: float, side_x: float, side_y: float) -> float:
    return (x * side_x + y * side_y) / max(math.hypot(side_x, side_y), 1.0)


def _distance(x: float, y: float, box: Box) -> float:
    return max(box.x0 - x, x - box.x1, 0.0) + max(box.y0 - y, y - box.y1, 0.0)
