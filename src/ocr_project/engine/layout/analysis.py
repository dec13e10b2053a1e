"""From the ink of an upright page to its regions in reading order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.types import Box, Label
from ocr_project.engine.layout.binarize import Grey, find_ink, lift_fills
from ocr_project.engine.layout.blocks import Block, Walls, find_blocks
from ocr_project.engine.layout.columns import find_columns
from ocr_project.engine.layout.lines import find_lines
from ocr_project.engine.layout.pictures import find_pictures
from ocr_project.engine.layout.reading_order import row_order
from ocr_project.engine.layout.rulings import Boxes, find_rulings
from ocr_project.engine.layout.words import Words, body_height, find_words, letter_height, word_gap

# Letters are lower than the line that they stand on, by about this factor (ascenders, syllables of two rows).
_LINE_OF_LETTERS = 1.3
# In body heights: white left around a region, so that no stroke is cut off, where no neighbour is nearer.
_MARGIN = 0.4
# In body heights: a level line at least this long ends a block and a gutter.
_RULE = 4.0
# An underline is so near below its words (in body heights), they cover this share of it, and begin
# with it.
_UNDER, _UNDERLINED = 0.35, 0.7
# A word taller than this (in body heights), of which ink covers less than this share, is the outline of something.
_TALL, _OUTLINE = 2.5, 0.12


@dataclass(frozen=True, slots=True)
class Found:
    """A region in pixels of the upright view."""

    box: Box
    label: Label
    native: str
    score: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What a page is made of, before it is put in order.

    Attributes:
        words: Outside of tables and pictures.
        tables: Shape (n, 4): ruled ones.
        pictures: Shape (n, 4).
        rules: Shape (n, 4): level lines that part what is above from what is below.
        body: Height of a line of body text in pixels.
    """

    words: Words
    tables: Boxes
    pictures: Boxes
    rules: Boxes
    body: float


def analyse(grey: Grey) -> list[Found]:
    """Find the regions of an upright page.

    Args:
        grey: Shape (height, width), uint8.

    Returns:
        Regions in reading order; none for a blank page.

    Raises:
        TooBusy: The page has more components than any text has.
    """
    parts = take_apart(grey)
    if parts is None:
        return []
    found: list[Found] = []
    for column in _columns(parts):
        found += [column[place] for place in row_order([item.box for item in column])]
    return _with_margins(found, parts.body)


def take_apart(grey: Grey) -> Parts | None:
    """Find words, tables, pictures and rules; `None` where there is no ink."""
    ink = find_ink(grey)
    letters = letter_height(ink)
    if not letters:
        return None
    ink = lift_fills(grey, ink, letters * _LINE_OF_LETTERS)
    rulings = find_rulings(ink, letters * _LINE_OF_LETTERS)
    text = np.asarray(cv2.bitwise_and(ink, cv2.bitwise_not(rulings.mask)), np.uint8)
    words = find_words(text, letters)
    body = body_height(words)
    if not body:
        return None
    pictures = _outside(find_pictures(grey, words, rulings.drawings, body), rulings.grids)
    tables = _outside(rulings.grids, pictures)
    width, height = words.boxes[:, 2] - words.boxes[:, 0], words.boxes[:, 3] - words.boxes[:, 1]
    outline = (height > _TALL * body) & (words.ink < _OUTLINE * width * height)
    free = ~outline & ~_within(words.boxes, tables) & ~_within(words.boxes, pictures)
    long = rulings.horizontal[rulings.horizontal[:, 2] - rulings.horizontal[:, 0] > _RULE * body]
    rules = long[~_within(long, tables) & ~_within(long, pictures)]
    words = Words(words.boxes[free], words.ink[free], words.mask)
    return Parts(words, tables, pictures, rules[~_underlines(rules, words.boxes, body)], body)


def _underlines(rules: Boxes, words: Boxes, body: float) -> NDArray[np.bool_]:
    """Say which level lines are drawn under words, and so belong to their line."""
    found = np.zeros(len(rules), np.bool_)
    for place, (x0, y0, x1, _) in enumerate(rules):
        near = (words[:, 3] > y0 - _UNDER * body) & ((words[:, 1] + words[:, 3]) / 2 < y0)
        over = words[near & (words[:, 0] < x1) & (words[:, 2] > x0)]
        inked = np.minimum(over[:, 2], x1) - np.maximum(over[:, 0], x0)
        starts = len(over) > 0 and over[:, 0].min() > x0 - body
        found[place] = bool(starts) and inked.sum() > _UNDERLINED * (x1 - x0)
    return found


def _within(boxes: Boxes, holders: Boxes) -> NDArray[np.bool_]:
    """Say of each box whether its middle is in one of the holders."""
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    inside = np.zeros(len(boxes), np.bool_)
    for holder in holders:
        inside |= ((middle >= holder[:2]) & (middle < holder[2:])).all(axis=1)
    return inside


def _outside(boxes: Boxes, holders: Boxes) -> Boxes:
    return boxes[~_within(boxes, holders)]


def _columns(parts: Parts) -> list[list[Found]]:
    """Return the regions of each column, columns in reading order."""
    words, body = parts.words, parts.body
    atoms = [Found(_box(row), Label.TABLE, "ruled_table") for row in parts.tables]
    atoms += [Found(_box(row), Label.PICTURE, "picture") for row in parts.pictures]
    walls = Walls(np.concatenate([parts.tables, parts.pictures]), parts.rules)
    occupied = np.zeros_like(words.mask)
    for x0, y0, x1, y1 in np.concatenate([words.boxes, walls.solid, walls.rules]):
        occupied[y0 : max(y1, y0 + 2), x0:x1] = 255
    middle = (words.boxes[:, :2] + words.boxes[:, 2:]) / 2
    columns = []
    for column in find_columns(occupied, body, word_gap(words, body)):
        low, high = np.asarray(column[:2]), np.asarray(column[2:])
        members = np.nonzero(((middle >= low) & (middle < high)).all(axis=1))[0]
        lines = find_lines(words.boxes, [int(row) for row in members], body)
        found = [_found(block) for block in find_blocks(lines, walls, words.boxes, body)]
        found += [atom for atom in atoms if _holds(column, atom.box)]
        columns.append(found)
    return columns


def _found(block: Block) -> Found:
    label = Label.TABLE if block.table else Label.TEXT
    return Found(block.box, label, label.value)


def _holds(holder: Box, box: Box) -> bool:
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    return holder.x0 <= x < holder.x1 and holder.y0 <= y < holder.y1


def _box(row: Boxes) -> Box:
    return Box(*(float(value) for value in row))


def _with_margins(found: list[Found], body: float) -> list[Found]:
    """Widen regions into the white around them: halfway to the next at most."""
    boxes = np.asarray([item.box for item in found], np.float64).reshape(-1, 4)
    return [replace(item, box=_widened(boxes, place, _MARGIN * body)) for place, item in enumerate(found)]


def _widened(boxes: NDArray[np.float64], place: int, margin: float) -> Box:
    x0, y0, x1, y1 = (float(value) for value in boxes[place])
    others = np.delete(boxes, place, axis=0)
    beside = others[(others[:, 1] < y1) & (others[:, 3] > y0)]
    level = others[(others[:, 0] < x1) & (others[:, 2] > x0)]
    left, right = _room(x0 - beside[:, 2], margin), _room(beside[:, 0] - x1, margin)
    top, bottom = _room(y0 - level[:, 3], margin), _room(level[:, 1] - y1, margin)
    return Box(x0 - left, y0 - top, x1 + right, y1 + bottom)


def _room(gaps: NDArray[np.float64], margin: float) -> float:
    ahead = gaps[gaps >= 0]
    return min(margin, float(ahead.min()) / 2) if len(ahead) else margin
