"""Rulings that meet: the grid of a table, a drawing of boxes and lines, or the frame around something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.ink import Boxes, Mask, components, corners
from ocr_project.engine.imaging.rulings import Rulings, enclosed_cells, framed

# Set by hand; what they give on the shared pages is in docs/log.md.
# Cells: the least side of one in body heights, and the share of its hull that it fills.
_CELL_SIDE = 0.5
_RECTANGULAR = 0.88
# Share of a grid's area that must be rectangular cells. The ground of a drawing of boxes and arrows has holes.
_TILED = 0.8
# Share from which its cells are all there: what is left is white within double lines.
_WHOLE = 0.97
_FRAME = 0.15  # body heights of a frame along the outline
# A drawing has so many lines apart from its outline; a frame around text has none.
_INNER_LINES = 4


@dataclass(frozen=True, slots=True, eq=False)
class RuledGrid:
    """The grid of a table.

    Attributes:
        box: Of its lines, shape (4,).
        cells: Boxes of all of its cells; none where some of them are not rectangles.
    """

    box: NDArray[np.int32]
    cells: Boxes


def group_rulings(rulings: Rulings, body: float) -> tuple[list[RuledGrid], Boxes]:
    """Sort rulings that meet into tables and drawings; frames are neither.

    Args:
        rulings: Of the whole page.
        body: Height of a line of body text in pixels.

    Returns:
        Tables, whose lines leave rectangular cells; and boxes of drawings, whose lines leave something else.
    """
    grids: list[RuledGrid] = []
    drawings: list[NDArray[np.int32]] = []
    if len(rulings.horizontal) and len(rulings.vertical):
        labels, stats = components(rulings.mask)
        across, down = _owners(labels, rulings.horizontal), _owners(labels, rulings.vertical)
        for label in range(1, len(stats)):
            level, upright = rulings.horizontal[across == label], rulings.vertical[down == label]
            if len(level) + len(upright) < 3 or not len(level) or not len(upright):
                continue
            box = corners(stats[label : label + 1])[0]
            x0, y0, x1, y1 = (int(value) for value in box)
            own = np.where(labels[y0:y1, x0:x1] == label, 255, 0).astype(np.uint8)
            cells = _cells_of(own, body)
            if cells is not None:
                grids.append(RuledGrid(box, cells + np.asarray([x0, y0, x0, y0], np.int32)))
            elif _inner(level, box, body) + _inner(upright, box, body) >= _INNER_LINES:
                drawings.append(box)
    return grids, np.stack(drawings) if drawings else np.zeros((0, 4), np.int32)


def _owners(labels: NDArray[Any], lines: Boxes) -> NDArray[np.int32]:
    """Return the component that the middle of each line belongs to."""
    middle = (lines[:, :2] + lines[:, 2:]) // 2
    return np.asarray(labels[middle[:, 1], middle[:, 0]], np.int32)


def _inner(lines: Boxes, box: NDArray[np.int32], body: float) -> int:
    """Count the lines that are not on the outline of a box."""
    middle = (lines[:, :2] + lines[:, 2:]) // 2
    margin = max(1, round(body))
    return int(((middle >= box[:2] + margin) & (middle <= box[2:] - margin)).all(axis=1).sum())


def _cells_of(lines: Mask, body: float) -> Boxes | None:
    """Return the cells of a grid, none where some are not rectangles; `None` where it is not a grid."""
    cells = enclosed_cells(lines, _CELL_SIDE * body, _RECTANGULAR)
    if len(cells) < 4:
        return None
    area = float(((cells[:, 2] - cells[:, 0]) * (cells[:, 3] - cells[:, 1])).sum())
    open_area = float((lines == 0).sum())
    rows, columns = np.unique(cells[:, 1] // max(1, int(body))), np.unique(cells[:, 0] // max(1, int(body)))
    if area < _TILED * open_area or len(rows) < 2 or len(columns) < 2:
        return None
    closed = framed(lines, max(2, round(_FRAME * body)))
    cells = enclosed_cells(closed, _CELL_SIDE * body, _RECTANGULAR)
    area = float(((cells[:, 2] - cells[:, 0]) * (cells[:, 3] - cells[:, 1])).sum())
    return cells if area >= _WHOLE * float((closed == 0).sum()) else cells[:0]
