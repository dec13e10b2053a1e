"""Ink to text: which pieces are letters, which are pictures, and what stands on one line."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ocr_project.domain.types import Box
from ocr_project.engine.layout.ink import Components, Mask, find_components

_LARGEST_LETTER = 4.0  # letter heights of body text: a title's letters are up to three times as high
_PICTURE_SIDE = 4.0  # letter heights: least width and height of a picture
_PICTURE_FILL = 0.15  # share of ink: line drawings and frames have less, and the text in them is read
_WORD_GAP = 1.0  # letter heights: words of a line are nearer than this, columns are not
_SPECK = 0.16  # letter heights: smaller pieces in both directions are dust, unless a letter is near


@dataclass(frozen=True, slots=True)
class Segments:
    """Text found on a page.

    Attributes:
        boxes: Stretches of text without a gap wider than a word space.
        pictures: Dense pieces that are no text.
        mask: 255 on letters.
    """

    boxes: list[Box]
    pictures: list[Box]
    mask: Mask


def find_segments(ink: Mask, rules: Mask, components: Components, letter: float) -> Segments:
    """Sort the ink into letters and pictures, and join letters into stretches of a line.

    Args:
        ink: The page's ink.
        rules: Drawn lines, which are neither.
        components: Of the ink without the lines.
        letter: Height of a letter in pixels.
    """
    text = cv2.bitwise_and(ink, cv2.bitwise_not(rules))
    large = (components.heights > _LARGEST_LETTER * letter) | (
        (components.heights > 2 * letter) & (components.widths > 12 * letter)
    )
    pictures = []
    for (x0, y0, x1, y1), area in zip(components.boxes[large], components.areas[large], strict=True):
        piece = text[y0:y1, x0:x1]
        inverted = _white_letters(piece, letter) if area > 0.4 * piece.size else None
        if inverted is not None:
            text[y0:y1, x0:x1] = inverted
            continue
        box = Box(float(x0), float(y0), float(x1), float(y1))
        if min(box.width, box.height) >= _PICTURE_SIDE * letter and area >= _PICTURE_FILL * box.area:
            pictures.append(box)
        _erase(text, box, picture=bool(pictures and pictures[-1] == box), letter=letter)
    return Segments(_stretches(text, letter), _united(pictures), np.asarray(text, np.uint8))


def _white_letters(piece: Mask, letter: float) -> Mask | None:
    """Return the letters of a dark panel as ink, or None where it holds none."""
    inverse = cv2.bitwise_not(piece)
    found = find_components(np.asarray(inverse, np.uint8))
    if found is None:
        return None
    height, width = piece.shape
    boxes = found.boxes
    inner = (boxes[:, 0] > 0) & (boxes[:, 1] > 0) & (boxes[:, 2] < width) & (boxes[:, 3] < height)
    sized = inner & (found.heights > 0.4 * letter) & (found.heights < 2.5 * letter) & (found.widths < 4 * letter)
    if sized.sum() < 3:
        return None
    letters = np.zeros_like(piece)
    for x0, y0, x1, y1 in boxes[sized]:
        letters[y0:y1, x0:x1] = inverse[y0:y1, x0:x1]
    return letters


def _erase(text: Mask, box: Box, *, picture: bool, letter: float) -> None:
    """Take a large piece out of the text: all that is under a picture, the strokes alone of a frame."""
    x0, y0, x1, y1 = (int(v) for v in box)
    if picture:
        text[y0:y1, x0:x1] = 0
        return
    found = cv2.connectedComponentsWithStats(text[y0:y1, x0:x1], connectivity=8, ltype=cv2.CV_32S)
    _, labels, stats, _ = found
    gone = np.flatnonzero((stats[:, 3] >= 0.98 * (y1 - y0)) & (stats[:, 2] >= 0.98 * (x1 - x0)))
    text[y0:y1, x0:x1][np.isin(labels, gone[gone > 0])] = 0


def _stretches(text: Mask, letter: float) -> list[Box]:
    gap = max(3, round(_WORD_GAP * letter))
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (gap, 1))
    padded = cv2.copyMakeBorder(text, 0, 0, gap, gap, cv2.BORDER_CONSTANT, value=0)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, kernel)[:, gap:-gap]
    # letters of one line differ in height (ㅡ and ㅎ, x and h): bridge what stands above each other in a line
    joined = cv2.morphologyEx(
        np.ascontiguousarray(closed), cv2.MORPH_CLOSE, np.ones((max(1, round(0.3 * letter)), 1), np.uint8)
    )
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8, ltype=cv2.CV_32S)
    speck = max(2.0, _SPECK * letter)
    return [
        Box(float(x), float(y), float(x + w), float(y + h))
        for x, y, w, h, _ in stats[1:]
        if w >= speck or h >= speck
    ]


def _united(boxes: list[Box]) -> list[Box]:
    """Merge boxes that touch, until none do."""
    result: list[Box] = []
    for box in sorted(boxes, key=lambda box: -box.area):
        for index, other in enumerate(result):
            if box.intersection(other) > 0:
                result[index] = other.union(box)
                break
        else:
            result.append(box)
    return result
