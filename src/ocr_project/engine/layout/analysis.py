"""From the parts of an upright page to its regions in reading order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.types import Box, Label
from ocr_project.engine.imaging.ink import Boxes, Grey, Mask
from ocr_project.engine.imaging.text_lines import gather_lines
from ocr_project.engine.imaging.words import weighted_median, word_gap
from ocr_project.engine.layout.blocks import Block, Walls, find_blocks
from ocr_project.engine.layout.classify import PageContext, classify
from ocr_project.engine.layout.columns import find_columns
from ocr_project.engine.layout.cropped_table import is_cropped_table
from ocr_project.engine.layout.page_parts import PageParts, take_apart
from ocr_project.engine.layout.print_in_pictures import unread_print
from ocr_project.engine.layout.row_order import row_order
from ocr_project.engine.layout.vertical_text import vertical_reason

# In body heights: white left around a region, so that no stroke is cut off, where no neighbour is nearer.
_MARGIN = 0.4
# Names of this detector for what is not a block.
_RULED, _CROPPED, _PICTURE = "ruled_table", "cropped_table", "picture"


@dataclass(frozen=True, slots=True)
class FoundRegion:
    """A region in pixels of the upright view.

    Attributes:
        cells: Of a ruled table, where they are known.
        reason: Why not all of it will be read, where that is to be seen.
    """

    box: Box
    label: Label
    native: str
    cells: Boxes | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReadingColumn:
    """A part of the page that is read from top to bottom."""

    area: Box
    blocks: tuple[Block, ...]


def analyse(grey: Grey, ink: Mask) -> list[FoundRegion]:
    """Find the regions of an upright page.

    Args:
        grey: Shape (height, width), uint8.
        ink: As `find_ink` gives it.

    Returns:
        Regions in reading order; none for a blank page.

    Raises:
        TooBusy: The page has more components than any text has.
    """
    parts = take_apart(grey, ink)
    if parts is None:
        return []
    columns = _columns(parts)
    labels = iter(_labels(parts, columns, grey.shape[1], grey.shape[0]))
    atoms = [
        FoundRegion(_box(row), Label.TABLE, _RULED, cells if len(cells) else None)
        for row, cells in zip(parts.tables, parts.cells, strict=True)
    ]
    doubts = unread_print(parts.printed)
    atoms += [
        FoundRegion(_box(row), Label.PICTURE, _PICTURE, reason=reason)
        for row, reason in zip(parts.pictures, doubts, strict=True)
    ]
    found: list[FoundRegion] = []
    for column in columns:
        own = [FoundRegion(block.box, label, label.value) for block, label in zip(column.blocks, labels, strict=False)]
        own += [atom for atom in atoms if _holds(column.area, atom.box)]
        found += [own[place] for place in row_order([item.box for item in own])]
    drawn = any(item.cells is not None for item in found)  # lines say better where a table ends
    if not drawn and is_cropped_table(grey, ink, [item.label for item in found]):
        height, width = grey.shape
        return [FoundRegion(Box(0.0, 0.0, float(width), float(height)), Label.TABLE, _CROPPED)]
    return _with_margins(_with_reason(found, vertical_reason(parts.words.boxes)), parts.body)


def _with_reason(found: list[FoundRegion], reason: str) -> list[FoundRegion]:
    """Give a reason to the regions of text of a page."""
    if not reason:
        return found
    return [one if one.native in (_PICTURE, _RULED) else replace(one, reason=reason) for one in found]


def _columns(parts: PageParts) -> list[ReadingColumn]:
    """Return the columns in reading order, with their blocks of text."""
    words, body = parts.words, parts.body
    walls = Walls(np.concatenate([parts.tables, parts.pictures]), parts.rules, parts.blanks)
    occupied = np.zeros_like(words.mask)
    for x0, y0, x1, y1 in np.concatenate([words.boxes, walls.solid, walls.rules]):
        occupied[y0 : max(y1, y0 + 2), x0:x1] = 255
    middle = (words.boxes[:, :2] + words.boxes[:, 2:]) / 2
    columns = []
    for area in find_columns(occupied, body, word_gap(words, body), parts.blanks):
        low, high = np.asarray(area[:2]), np.asarray(area[2:])
        members = np.nonzero(((middle >= low) & (middle < high)).all(axis=1))[0]
        lines = gather_lines(words.boxes[members], body)
        columns.append(ReadingColumn(area, tuple(find_blocks(lines, walls, body))))
    return columns


def _labels(parts: PageParts, columns: list[ReadingColumn], width: int, height: int) -> list[Label]:
    """Name all blocks, column by column."""
    blocks = [block for column in columns for block in column.blocks]
    words = [np.concatenate([line.boxes for line in block.lines]) for block in blocks]
    figures = [_box(row) for row in np.concatenate([parts.tables, parts.pictures])]
    figures += [block.box for block in blocks if block.table]
    around = PageContext(width, height, parts.body, parts.rules, figures, _stroke(parts, parts.words.boxes))
    return classify(blocks, [_stroke(parts, boxes) for boxes in words], around)


def _stroke(parts: PageParts, words: Boxes) -> float:
    """Return the usual width of strokes in words, each as wide as it counts, in pixels."""
    return weighted_median(parts.strokes.widths(words), words[:, 2] - words[:, 0])


def _holds(holder: Box, box: Box) -> bool:
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    return holder.x0 <= x < holder.x1 and holder.y0 <= y < holder.y1


def _box(row: Boxes) -> Box:
    return Box(*(float(value) for value in row))


def _with_margins(found: list[FoundRegion], body: float) -> list[FoundRegion]:
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
