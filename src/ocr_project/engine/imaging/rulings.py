"""Lines that were drawn: rules between parts of a page, frames, and the grids of tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.ink import Mask, components

Boxes = NDArray[np.int32]

# In body heights. No stroke of a letter is as long as a line must be, and none as thick as a line may be thick.
_LENGTH = 2.5
_THICKNESS = 0.4
# Cells: the least side of one in body heights, and what share of its hull a cell fills if it is a rectangle.
_CELL_SIDE = 0.5
_RECTANGULAR = 0.88
# Share of a grid's area that must be rectangular cells. The ground of a drawing of boxes and arrows has holes.
_TILED = 0.8
# A drawing has so many lines apart from its outline; a frame around text has none.
_INNER_LINES = 4


@dataclass(frozen=True, slots=True, eq=False)
class Rulings:
    """The drawn lines of a page.

    Attributes:
        mask: Their pixels, a little thicker than they are; shape of the page, 255 and 0.
        horizontal: Shape (n, 4), int32: boxes x0 y0 x1 y1 of the level ones.
        vertical: Likewise of the upright ones.
        grids: Boxes of tables: lines that meet and leave rectangular cells.
        drawings: Boxes of lines that meet and leave something else.
    """

    mask: Mask
    horizontal: Boxes
    vertical: Boxes
    grids: Boxes
    drawings: Boxes


def find_rulings(ink: Mask, body: float) -> Rulings:
    """Find the drawn lines of a level page.

    Args:
        ink: Shape (height, width), uint8, 255 for ink.
        body: Height of a line of body text in pixels.
    """
    length = max(8, round(body * _LENGTH))
    thickness = max(4, round(body * _THICKNESS))
    across, horizontal = _lines(ink, (length, 1), thickness, axis=3)
    down, vertical = _lines(ink, (1, length), thickness, axis=2)
    mask = np.asarray(cv2.dilate(cv2.bitwise_or(across, down), np.ones((3, 3), np.uint8)), np.uint8)
    grids, drawings = _grids(mask, horizontal, vertical, body)
    return Rulings(mask, horizontal, vertical, grids, drawings)


def _lines(ink: Mask, size: tuple[int, int], thickness: int, axis: int) -> tuple[Mask, Boxes]:
    """Return the pixels and boxes of what is long one way and thin the other (`axis` of the statistics)."""
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, size)
    opened = np.asarray(cv2.morphologyEx(ink, cv2.MORPH_OPEN, kernel), np.uint8)
    if not opened.any():
        return np.zeros_like(ink), np.zeros((0, 4), np.int32)
    labels, stats = components(opened)
    thin = stats[:, axis] <= thickness
    thin[0] = False
    if not thin.any():
        return np.zeros_like(ink), np.zeros((0, 4), np.int32)
    lines = np.where(thin, 255, 0).astype(np.uint8)[labels]
    return lines, corners(stats[thin])


def corners(stats: NDArray[Any]) -> Boxes:
    """Turn rows of component statistics (x, y, width, height, …) into boxes x0 y0 x1 y1."""
    boxes = stats[:, :4].astype(np.int32)
    boxes[:, 2:] += boxes[:, :2]
    return boxes


def _grids(mask: Mask, horizontal: Boxes, vertical: Boxes, body: float) -> tuple[Boxes, Boxes]:
    """Sort groups of lines that meet into tables and drawings; frames are neither."""
    grids: list[NDArray[np.int32]] = []
    drawings: list[NDArray[np.int32]] = []
    if len(horizontal) and len(vertical):
        labels, stats = components(mask)
        across, down = _owners(labels, horizontal), _owners(labels, vertical)
        for label in range(1, len(stats)):
            level, upright = horizontal[across == label], vertical[down == label]
            if len(level) + len(upright) < 3 or not len(level) or not len(upright):
                continue
            box = corners(stats[label : label + 1])[0]
            x0, y0, x1, y1 = (int(value) for value in box)
            own = np.where(labels[y0:y1, x0:x1] == label, 255, 0).astype(np.uint8)
            if _is_grid(own, body):
                grids.append(box)
            elif _inner(level, box, body) + _inner(upright, box, body) >= _INNER_LINES:
                drawings.append(box)
    return _stack(grids), _stack(drawings)


def _owners(labels: NDArray[Any], lines: Boxes) -> NDArray[np.int32]:
    """Return the component that the middle of each line belongs to."""
    middle = (lines[:, :2] + lines[:, 2:]) // 2
    return np.asarray(labels[middle[:, 1], middle[:, 0]], np.int32)


def _inner(lines: Boxes, box: NDArray[np.int32], body: float) -> int:
    """Count the lines that are not on the outline of a box."""
    middle = (lines[:, :2] + lines[:, 2:]) // 2
    margin = max(1, round(body))
    return int(((middle >= box[:2] + margin) & (middle <= box[2:] - margin)).all(axis=1).sum())


def _is_grid(lines: Mask, body: float) -> bool:
    cells = grid_cells(lines, body)
    if len(cells) < 4:
        return False
    area = float(((cells[:, 2] - cells[:, 0]) * (cells[:, 3] - cells[:, 1])).sum())
    open_area = float((lines == 0).sum())
    rows, columns = np.unique(cells[:, 1] // max(1, int(body))), np.unique(cells[:, 0] // max(1, int(body)))
    return area >= _TILED * open_area and len(rows) > 1 and len(columns) > 1


def grid_cells(lines: Mask, body: float) -> Boxes:
    """Find the rectangular cells that lines leave.

    Args:
        lines: Pixels of the lines of one group, cropped to its hull: an open side is closed by the crop.
        body: Height of a line of body text in pixels.

    Returns:
        Shape (n, 4), int32, in no order.
    """
    _, stats = components(np.asarray(cv2.bitwise_not(lines), np.uint8), connectivity=4)
    cells = stats[1:]
    hull = cells[:, 2] * cells[:, 3]
    side = np.minimum(cells[:, 2], cells[:, 3])
    return corners(cells[(side >= _CELL_SIDE * body) & (cells[:, 4] >= _RECTANGULAR * hull)])


def _stack(boxes: list[NDArray[np.int32]]) -> Boxes:
    return np.stack(boxes).astype(np.int32) if boxes else np.zeros((0, 4), np.int32)
