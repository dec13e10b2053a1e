"""The words and lines of a table's crop as ink shows them, before anything is read."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.ink import Mask, components

Boxes = NDArray[np.int32]

_SMALLEST, _TALLEST = 3, 60  # pixels: lower ink is no letter, nor what is higher and an eighth of the page
_OF_CROP = 0.9  # of a crop's height: a single line of text
_FILLED = 0.1  # of its box that the ink of a letter covers
# In letter heights, if not said otherwise.
_REACH = 0.35  # ink nearer than this is one word
_DUST = 0.22  # ink smaller than this both ways is a dot, which lies within the box of its word, or dirt
_TALL = 2.6  # what is higher is no word
_LOW = 0.45  # marks lower than this (dashes, dots) open no line
_SHARED = 0.5  # of the lower one's height, which a word and its line have in common


@dataclass(frozen=True, slots=True, eq=False)
class TextLine:
    """A line of words.

    Attributes:
        words: Shape (n, 4), int32: x0 y0 x1 y1, from left to right.
        top: Of its letters, in pixels: the mean over words, each as wide as it counts.
        bottom: Likewise.
    """

    words: Boxes
    top: float
    bottom: float

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    def segments(self, gap: float) -> list[tuple[int, int]]:
        """Join words that are nearer to each other than `gap` pixels; return x0 and x1 of each run."""
        runs: list[tuple[int, int]] = []
        for x0, _, x1, _ in self.words.tolist():
            if runs and x0 - runs[-1][1] < gap:
                runs[-1] = (runs[-1][0], max(runs[-1][1], x1))
            else:
                runs.append((x0, x1))
        return runs


def letter_height(ink: Mask) -> float:
    """Return the height of letters in pixels: the median over components, by their ink; 0 where there are none."""
    _, stats = components(ink)
    width, height, area = stats[1:, 2], stats[1:, 3], stats[1:, 4]
    tallest = min(_OF_CROP * ink.shape[0], max(_TALLEST, min(ink.shape) / 8))
    letters = (height >= _SMALLEST) & (height <= tallest) & (width <= 4 * height) & (height <= 6 * width)
    letters &= area >= _FILLED * width * height  # the lines of a grid are one component
    if not letters.any():
        return 0.0
    height, area = height[letters], area[letters]
    order = np.argsort(height, kind="stable")
    reached = np.cumsum(area[order])
    return float(height[order][int(np.searchsorted(reached, reached[-1] / 2))])


def find_text_lines(ink: Mask, height: float) -> list[TextLine]:
    """Gather ink into words, and words into lines.

    Args:
        ink: Shape (height, width), uint8, 255 for ink, without drawn lines.
        height: Of letters in pixels.

    Returns:
        Lines from top to bottom.
    """
    reach = max(1, round(height * _REACH)) | 1  # not upright as well: in small print lines nearly touch
    joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, reach), np.uint8))
    _, stats = components(np.asarray(joined, np.uint8))
    boxes = stats[1:, :4].copy()
    boxes = boxes[(np.maximum(boxes[:, 2], boxes[:, 3]) > _DUST * height) & (boxes[:, 3] <= _TALL * height)]
    boxes[:, 2:] += boxes[:, :2]
    return _gathered(boxes, height)


def _gathered(boxes: Boxes, height: float) -> list[TextLine]:
    high = boxes[:, 3] - boxes[:, 1] >= _LOW * height
    lines: list[_Growing] = []
    for box in sorted(boxes[high].tolist(), key=lambda box: box[1] + box[3]):
        fitting = [line for line in lines[-12:] if line.shared(box) >= _SHARED]
        if fitting:
            max(fitting, key=lambda line: line.shared(box)).add(box)
        else:
            lines.append(_Growing(box))
    for box in boxes[~high].tolist():
        middle = (box[1] + box[3]) / 2
        near = min(lines, key=lambda line: max(line.top - middle, middle - line.bottom), default=None)
        if near is not None and max(near.top - middle, middle - near.bottom) <= _LOW * height:
            near.boxes.append(box)
    found = [TextLine(np.asarray(sorted(line.boxes), np.int32), line.top, line.bottom) for line in lines]
    return sorted(found, key=lambda line: line.middle)


class _Growing:
    """A line to which words are still added."""

    def __init__(self, box: list[int]) -> None:
        self.boxes = [box]
        self.top, self.bottom = float(box[1]), float(box[3])
        self._weight = box[2] - box[0]

    def shared(self, box: list[int]) -> float:
        common = min(self.bottom, box[3]) - max(self.top, box[1])
        return common / max(1.0, min(box[3] - box[1], self.bottom - self.top))

    def add(self, box: list[int]) -> None:
        self.boxes.append(box)
        width = box[2] - box[0]
        whole = self._weight + width
        self.top = (self.top * self._weight + box[1] * width) / whole
        self.bottom = (self.bottom * self._weight + box[3] * width) / whole
        self._weight = whole
