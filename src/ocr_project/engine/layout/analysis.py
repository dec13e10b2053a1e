"""From the ink of an upright page to its regions in reading order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from ocr_project.domain.types import Box, Label
from ocr_project.engine.layout.binarize import Mask
from ocr_project.engine.layout.blocks import Block, find_blocks
from ocr_project.engine.layout.columns import find_columns
from ocr_project.engine.layout.lines import find_lines
from ocr_project.engine.layout.reading_order import reading_order
from ocr_project.engine.layout.rulings import Boxes, Rulings, find_rulings
from ocr_project.engine.layout.words import Words, body_height, find_words, letter_height, word_gap

# In body heights: white left around a region, so that no stroke is cut off, where no neighbour is nearer.
_MARGIN = 0.4


@dataclass(frozen=True, slots=True)
class Found:
    """A region in pixels of the upright view."""

    box: Box
    label: Label
    native: str
    score: float = 1.0


def analyse(ink: Mask) -> list[Found]:
    """Find the regions of an upright page.

    Args:
        ink: Shape (height, width), uint8, 255 for ink.

    Returns:
        Regions in reading order; none for a blank page.

    Raises:
        TooBusy: The page has more components than any text has.
    """
    letters = letter_height(ink)
    if not letters:
        return []
    rulings = find_rulings(ink, letters * 1.3)
    text = cv2.bitwise_and(ink, cv2.bitwise_not(rulings.mask))
    words = find_words(np.asarray(text, np.uint8), letters)
    body = body_height(words)
    if not body:
        return []
    atoms = rulings.grids
    blocks = _blocks(words, rulings, atoms, body)
    found = [Found(_box(row), Label.TABLE, "ruled_table") for row in rulings.grids]
    for block in blocks:
        label = Label.TABLE if block.table else Label.TEXT
        found.append(Found(block.box, label, label.value))
    order = reading_order([item.box for item in found], ink.shape[1], ink.shape[0])
    return _with_margins([found[place] for place in order], body)


def _blocks(words: Words, rulings: Rulings, atoms: Boxes, body: float) -> list[Block]:
    middle = (words.boxes[:, :2] + words.boxes[:, 2:]) / 2
    outside = np.ones(len(middle), np.bool_)
    for box in atoms:
        outside &= ~((middle >= box[:2]) & (middle < box[2:])).all(axis=1)
    occupied = words.mask.copy()
    long = rulings.horizontal[rulings.horizontal[:, 2] - rulings.horizontal[:, 0] > 4 * body]
    walls = np.concatenate([atoms, long])
    for x0, y0, x1, y1 in walls:
        occupied[y0 : max(y1, y0 + 2), x0:x1] = 255
    blocks = []
    for column in find_columns(occupied, body, word_gap(words, body)):
        inside = outside & (middle[:, 0] >= column.x0) & (middle[:, 0] < column.x1)
        inside &= (middle[:, 1] >= column.y0) & (middle[:, 1] < column.y1)
        members = [int(row) for row in np.nonzero(inside)[0]]
        blocks += find_blocks(find_lines(words.boxes, members, body), walls, words.boxes, body)
    return blocks


def _box(row: Boxes) -> Box:
    return Box(*(float(value) for value in row))


def _with_margins(found: list[Found], body: float) -> list[Found]:
    """Widen regions into the white around them: halfway to the next at most."""
    boxes = np.asarray([item.box for item in found], np.float64)
    wide = [
        _widened(boxes, place, min(_MARGIN * body, 4.0 * body)) for place in range(len(found))
    ]
    return [replace(item, box=box) for item, box in zip(found, wide, strict=True)]


def _widened(boxes: np.ndarray, place: int, margin: float) -> Box:
    x0, y0, x1, y1 = boxes[place]
    others = np.delete(boxes, place, axis=0)
    beside = others[(others[:, 1] < y1) & (others[:, 3] > y0)]
    level = others[(others[:, 0] < x1) & (others[:, 2] > x0)]

    def room(gaps: np.ndarray) -> float:
        ahead = gaps[gaps >= 0]
        return min(margin, float(ahead.min()) / 2) if len(ahead) else margin

    return Box(
        x0 - room(x0 - beside[:, 2]), y0 - room(y0 - level[:, 3]), x1 + room(beside[:, 0] - x1), y1 + room(level[:, 1] - y1)
    )
