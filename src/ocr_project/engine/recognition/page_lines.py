"""Pages of Latin print read by their lines: a detector finds them on the whole page, and regions get their words.

A receipt is a narrow page of short lines on paper that is bent, dirty or photographed. Regions and the white between
lines say little there; what the detector does not take for print is not read, and a price stays in the line of its
item.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.types import Label, Recognition, Region, Status, TextFormat
from ocr_project.engine.imaging.borderless_table import find_borderless_table, judge_cells
from ocr_project.engine.imaging.pixels import crop
from ocr_project.engine.imaging.ruled_table import TableCell, find_ruled_cells
from ocr_project.engine.imaging.small_print import PrintSize, ScaledCrop, enlarge
from ocr_project.engine.imaging.tesseract import ReadWord
from ocr_project.engine.imaging.words import TooBusy
from ocr_project.engine.recognition.crop_places import known_cells
from ocr_project.engine.recognition.latin_lines import LatinReader
from ocr_project.engine.recognition.outcomes import LEAST_SIDE, UNREAD, assembled, empty, unread
from ocr_project.engine.recognition.read_words import moved, words_as_lines
from ocr_project.engine.recognition.table_html import to_html

_NARROW = 40  # heights of a line: eleven shared receipts of twelve have 22 to 34, pages of other kinds 45 and more
_SURE_PRINT = 0.9  # confidence of a word that is print, although it stands in a picture
_SAME_ANGLE = 0.02  # radians

_LevelBox = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class _Levelled:
    """A page turned so that the text of its regions is level.

    Attributes:
        pixels: Shape (height, width), uint8; the page itself where its regions are not turned.
        boxes: Of the regions in it: x0, y0, x1, y1; None for one that stands at another angle.
    """

    pixels: NDArray[np.uint8]
    boxes: list[_LevelBox | None]


def is_slip(regions: Sequence[Region], size: PrintSize) -> bool:
    """Say whether a page is a narrow slip of paper: upright, of ordinary print, and not all of it a table."""
    found = [region for region in regions if _is_read(region)]
    if size.line <= 0 or size.scale > 1 or all(region.label is Label.TABLE for region in found):
        return False
    boxes = [box for box in _level_boxes(found, _turn(found)) if box is not None]
    wide = max(box[2] for box in boxes) - min(box[0] for box in boxes)
    high = max(box[3] for box in boxes) - min(box[1] for box in boxes)
    return wide < _NARROW * size.line and high > wide


def read_page(
    grey: NDArray[np.uint8], size: PrintSize, regions: Sequence[Region], reader: LatinReader
) -> list[Recognition]:
    """Read the regions of a page by the lines of all of it; one at an angle of its own by its own lines.

    Args:
        grey: The page, shape (height, width), uint8, dark on light.
        size: Of its letters.
        regions: In reading order.
        reader: Finds lines and reads them.

    Returns:
        One for each region, in order. What stands outside of all of them is in the nearest.
    """
    level = _level(grey, regions)
    shares = _shared_out(reader.read(level.pixels) if any(map(_is_read, regions)) else [], regions, level.boxes)
    return [
        _region(grey, size, region, None if box is None else _in_crop(own, box, region), reader)
        for region, own, box in zip(regions, shares, level.boxes, strict=True)
    ]


def _turn(regions: Sequence[Region]) -> NDArray[np.float64]:
    """Return the matrix, shape (2, 3), that levels the first turned region of a page about the page's origin."""
    angle = next((_angle(region) for region in regions if region.quad is not None), 0.0)
    cosine, sine = math.cos(angle), math.sin(angle)
    return np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0]])


def _angle(region: Region) -> float:
    if region.quad is None:
        return 0.0
    x0, y0, x1, y1 = region.quad[:4]
    return math.atan2(y1 - y0, x1 - x0)


def _level(grey: NDArray[np.uint8], regions: Sequence[Region]) -> _Levelled:
    turn = _turn(regions)
    if not any(region.quad is not None for region in regions):
        return _Levelled(grey, _level_boxes(regions, turn))
    height, width = grey.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]]) @ turn[:, :2].T
    turn[:, 2] = -corners.min(axis=0)
    wide, high = np.ceil(corners.max(axis=0) - corners.min(axis=0)).astype(int).tolist()
    pixels = cv2.warpAffine(grey, turn, (wide, high), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return _Levelled(np.asarray(pixels, np.uint8), _level_boxes(regions, turn))


def _level_boxes(regions: Sequence[Region], turn: NDArray[np.float64]) -> list[_LevelBox | None]:
    angle = math.atan2(turn[0, 1], turn[0, 0])
    boxes: list[_LevelBox | None] = []
    for region in regions:
        if abs(_angle(region) - angle) > _SAME_ANGLE:
            boxes.append(None)
            continue
        x0, y0, x1, y1 = region.box.x0, region.box.y0, region.box.x1, region.box.y1
        corners = np.reshape(region.quad or (x0, y0, x1, y0, x1, y1, x0, y1), (4, 2)) @ turn[:, :2].T + turn[:, 2]
        (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
        boxes.append((left, top, right, bottom))
    return boxes


def _is_read(region: Region) -> bool:
    return region.status is Status.OK and region.label not in UNREAD


def _shared_out(
    words: Sequence[ReadWord], regions: Sequence[Region], boxes: Sequence[_LevelBox | None]
) -> list[list[ReadWord]]:
    """Give each word to the smallest region that its middle is in, else to the nearest that is read.

    Sure print in a picture goes to the nearest as well: folds and dirty paper make pictures of a slip's lines.
    """
    shares: list[list[ReadWord]] = [[] for _ in regions]
    placed = [(place, box) for place, box in enumerate(boxes) if box is not None]
    for word in words:
        x, y = (word.box[0] + word.box[2]) / 2, (word.box[1] + word.box[3]) / 2
        inside = [(_area(box), place) for place, box in placed if not _distance(box, x, y)]
        near = [(_distance(box, x, y), place) for place, box in placed if _is_read(regions[place])]
        if inside and (word.confidence < _SURE_PRINT or not near or _is_read(regions[min(inside)[1]])):
            shares[min(inside)[1]].append(word)
        elif near:
            shares[min(near)[1]].append(word)
    return shares


def _area(box: _LevelBox) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _distance(box: Sequence[float], x: float, y: float) -> float:
    """Return how far a point is outside of a box, in pixels; 0 within it."""
    return max(box[0] - x, x - box[2], 0.0) + max(box[1] - y, y - box[3], 0.0)


def _in_crop(words: Sequence[ReadWord], box: _LevelBox, region: Region) -> list[ReadWord]:
    """Move words from their level page to the crop of their region."""
    left, top = box[:2]
    if region.quad is None:  # its crop begins with the whole pixel, and on the page
        left, top = max(0, math.floor(left)), max(0, math.floor(top))
    return [moved(word, -round(left), -round(top)) for word in words]


def _region(
    grey: NDArray[np.uint8], size: PrintSize, region: Region, words: Sequence[ReadWord] | None, reader: LatinReader
) -> Recognition:
    if region.status in (Status.FAILED, Status.SKIPPED):
        return unread(region, region.reason)
    if region.label in UNREAD:
        return unread(region, f"a {region.label.value} is kept as an image, not read")
    cut = np.ascontiguousarray(crop(grey, region))
    if min(cut.shape) < LEAST_SIDE or region.status is Status.EMPTY:
        return empty(region, "nothing to read")
    piece = enlarge(cut, size)
    own = reader.read(piece.pixels) if words is None else [_scaled(word, piece.scale) for word in words]
    if region.label is not Label.TABLE or not own:
        return assembled(region, own, piece)
    return _table(own, region, piece)


def _scaled(word: ReadWord, scale: float) -> ReadWord:
    x0, y0, x1, y1 = (round(value * scale) for value in word.box)
    return replace(word, box=(x0, y0, x1, y1))


def _table(words: Sequence[ReadWord], region: Region, piece: ScaledCrop) -> Recognition:
    """Put words into the cells of a table; without cells they are lines of text."""
    read = assembled(region, words, piece)
    try:
        cells, cleaned = find_ruled_cells(piece.pixels, piece.dpi, known_cells(region, piece))
        cells, crowded = judge_cells(cells, cleaned)
        borderless = find_borderless_table(piece.pixels, piece.dpi) if crowded or not cells else None
    except TooBusy:
        return read
    heading = 0
    if borderless is not None:
        cells, heading = borderless.cells, borderless.heading
    if not cells:
        return read
    places: dict[TableCell, list[ReadWord]] = {}
    for word in words:
        places.setdefault(_nearest(word, cells), []).append(word)
    html = to_html(cells, {cell: words_as_lines(found) for cell, found in places.items()}, heading)
    return replace(read, text=html, format=TextFormat.HTML)


def _nearest(word: ReadWord, cells: Sequence[TableCell]) -> TableCell:
    x, y = (word.box[0] + word.box[2]) / 2, (word.box[1] + word.box[3]) / 2
    return min((cell for cell in cells if any(cell.box)), key=lambda cell: _distance(cell.box, x, y))
