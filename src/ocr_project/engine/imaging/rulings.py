"""Lines that were drawn, and the cells that they enclose.

The one finder of rulings: layout looks with it for rules, frames and grids on a whole page, recognition for the lines
of a table in its crop. How long and how thick a ruling is, each says in its own measure: layout in heights of body
text, recognition in inches.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.ink import Boxes, Grey, Mask, components, corners, levels


@dataclass(frozen=True, slots=True, eq=False)
class Rulings:
    """Drawn lines.

    Attributes:
        mask: Their pixels, one pixel wider on every side than they are; shape of the ink.
        horizontal: Boxes of those that run from left to right.
        vertical: Boxes of those that run from top to bottom.
    """

    mask: Mask
    horizontal: Boxes
    vertical: Boxes


def find_rulings(ink: Mask, length: int, thickness: int, bridge: int = 1) -> Rulings:
    """Find the drawn lines of a level image.

    Args:
        ink: Shape (height, width).
        length: Pixels that a ruling has at least: more than any stroke of a letter.
        thickness: Pixels that it has at most: what is thicker is a fill, or a letter of a headline.
        bridge: Pixels of white that do not end a ruling.
    """
    length, bridge = length | 1, bridge | 1  # OpenCV moves what it opens with an even kernel by a pixel
    found = []
    for size, gap, side in (((1, length), (1, bridge), 3), ((length, 1), (bridge, 1), 2)):
        # strokes first, bridges after: the other way round a row of letters becomes a line
        lines = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(size, np.uint8))
        if bridge > 1:
            lines = cv2.morphologyEx(lines, cv2.MORPH_CLOSE, np.ones(gap, np.uint8))
        found.append(_thin(np.asarray(lines, np.uint8), thickness, side))
    (across, horizontal), (down, vertical) = found
    mask = cv2.dilate(cv2.bitwise_or(across, down), np.ones((3, 3), np.uint8))
    return Rulings(np.asarray(mask, np.uint8), horizontal, vertical)


def _thin(lines: Mask, thickness: int, side: int) -> tuple[Mask, Boxes]:
    """Keep the lines that are thin; `side` is the column of the statistics that says how thick they are."""
    if not lines.any():
        return lines, np.zeros((0, 4), np.int32)
    labels, stats = components(lines)
    thin = stats[:, side] <= thickness
    thin[0] = False
    return np.where(thin, 255, 0).astype(np.uint8)[labels], corners(stats[thin])


def widened(rulings: Rulings, reach: int) -> Mask:
    """Return the pixels of rulings and `reach` more on every side of them (one at least)."""
    if reach <= 1:
        return rulings.mask
    side = 2 * (reach - 1) + 1
    return np.asarray(cv2.dilate(rulings.mask, np.ones((side, side), np.uint8)), np.uint8)


def without(grey: Grey, mask: Mask) -> Grey:
    """Paint pixels over in the colour of the paper.

    Args:
        grey: Shape (height, width).
        mask: What is painted over, of the same shape.

    Returns:
        A new array.
    """
    cleaned = grey.copy()
    cleaned[mask > 0] = int(levels(grey, 0.90)[0])
    return cleaned


def enclosed_cells(mask: Mask, least: float, filled: float) -> Boxes:
    """Find the rectangles of white that lines enclose.

    Args:
        mask: Pixels of the lines. Lines that end at an edge are closed by it.
        least: Pixels of the smaller side of a cell, at least: less white is within a double line.
        filled: Share of its hull that a cell fills, at least.

    Returns:
        In no order.
    """
    _, stats = components(np.asarray(cv2.bitwise_not(mask), np.uint8), connectivity=4)
    cells = stats[1:]
    hull, side = cells[:, 2] * cells[:, 3], np.minimum(cells[:, 2], cells[:, 3])
    return corners(cells[(side >= least) & (cells[:, 4] >= filled * hull)])


def framed(mask: Mask, frame: int) -> Mask:
    """Draw a frame of `frame` pixels along the edges: the sides that many tables leave out; returns a new array.

    White between a line at the edge and the frame would be a sliver that looks like a cell: the frame covers it.
    """
    closed = np.full_like(mask, 255)
    inner = np.s_[frame : mask.shape[0] - frame, frame : mask.shape[1] - frame]
    closed[inner] = mask[inner]
    return closed


def hull_of(mask: Mask) -> NDArray[np.int32]:
    """Return the box of all marked pixels, shape (4,); zeros where there are none."""
    x, y, width, height = cv2.boundingRect(mask)
    return np.asarray([x, y, x + width, y + height], np.int32)
