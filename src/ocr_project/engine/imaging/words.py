"""Words: ink that stands close together, and the height of body text that all other lengths are measured in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.ink import Boxes, Mask, components, corners

# Letters, in pixels: lower ink is a dot or dirt; ink is not a letter if it is higher than `_TALLEST` and an eighth of
# the image, or nearly as high as the image (a crop may hold a single line).
_LOWEST, _TALLEST, _OF_IMAGE = 3, 60, 0.9
_SLENDER, _FLAT = 6, 4  # height over width of a letter and width over height, at most
_INKED = 0.1  # of its box that the ink of a letter covers, at least: the lines of a grid are one component
_LOW = 0.4  # in letter heights: what is lower is a dot, a dash or a dotted line
_TALLEST_LINE = 3.0  # in letter heights: what is higher is not a line of text
# Dots: so much of their box is ink, and one side is so many times the other at most. They do not count where others
# have this share of the ink.
_SOLID, _SQUARE, _OTHERS = 0.7, 3.0, 0.03
# Gaps in letter heights. In running text, ink nearer than this is one word: wider than the gap between syllables or
# letters, narrower than the space between words. Upright it must join the strokes of a syllable, but no two lines.
REACH, REACH_UP = 0.5, 0.12
# Ink smaller than this both ways is dust or a dot; a dot lies within the margin of the words beside it.
_DUST = 0.2
_EVERY_ROW = 3  # rows of pixels that are looked at for gaps: a line of text has more
# More components than this are a halftone or noise, not text: a page of the smallest print has 30,000.
MOST_COMPONENTS = 120_000


class TooBusy(Exception):
    """An image has more components than any text has."""


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """The words of a page or crop.

    Attributes:
        boxes: In no order.
        ink: Shape (n,): pixels of ink that were joined in each, what joins them included.
        mask: The joined ink, 255 and 0.
    """

    boxes: Boxes
    ink: NDArray[np.int32]
    mask: Mask


def letter_height(ink: Mask) -> float:
    """Return the height of letters before words are known: the one measure of layout and of recognition.

    Args:
        ink: Of a page or of a crop.

    Returns:
        Pixels; the median over components that may be letters, by their ink; 0 where there are none.

    Raises:
        TooBusy: There are more components than in any text.
    """
    _, stats = components(ink)
    if len(stats) > MOST_COMPONENTS:
        raise TooBusy(f"{len(stats) - 1} components")
    return height_among(stats[1:], ink.shape)


def height_among(stats: NDArray[np.int32], shape: tuple[int, ...]) -> float:
    """Return the height of letters among the components of an image of a given shape, as `letter_height` does."""
    width, height, area = stats[:, 2], stats[:, 3], stats[:, 4]
    tallest = min(_OF_IMAGE * shape[0], max(_TALLEST, min(shape) / 8))
    letters = (height >= _LOWEST) & (height <= tallest) & (width <= _FLAT * height) & (height <= _SLENDER * width)
    letters &= area >= _INKED * width * height
    solid = (
        letters
        & (area >= _SOLID * width * height)
        & (np.maximum(width, height) <= _SQUARE * np.minimum(width, height))
    )
    if area[letters & ~solid].sum() >= _OTHERS * area[letters].sum():
        letters &= ~solid  # the dots of dotted lines are not letters; print so small that all is solid has no others
    return weighted_median(height[letters], area[letters])


def line_height(ink: Mask) -> tuple[float, float]:
    """Return the height of letters, as `letter_height`, and of the lines that they stand in, both in pixels.

    Args:
        ink: Of a page or of a crop; what is much higher than its letters (grids, pictures) does not count.

    Raises:
        TooBusy: There are more components than in any text.
    """
    letters = letter_height(ink)
    if not letters:
        return 0.0, 0.0
    words = find_words(ink, letters)
    low = words.boxes[:, 3] - words.boxes[:, 1] <= _TALLEST_LINE * letters
    return letters, body_height(Words(words.boxes[low], words.ink[low], words.mask), letters)


def find_words(ink: Mask, height: float, reach: float = REACH, reach_up: float = REACH_UP) -> Words:
    """Join ink to words.

    Args:
        ink: Without rulings; pictures may be in it, each is one word.
        height: Of letters in pixels.
        reach: Gap from left to right that does not part words, in letter heights.
        reach_up: Gap from top to bottom that does not part the strokes of a letter, in letter heights.

    Raises:
        TooBusy: There are more words than in any text.
    """
    kernel = np.ones((max(1, round(height * reach_up)) | 1, max(1, round(height * reach)) | 1), np.uint8)
    mask = np.asarray(cv2.morphologyEx(ink, cv2.MORPH_CLOSE, kernel), np.uint8)
    _, stats = components(mask)
    if len(stats) > MOST_COMPONENTS:
        raise TooBusy(f"{len(stats) - 1} components")
    large = np.maximum(stats[:, 2], stats[:, 3]) > _DUST * height
    large[0] = False
    return Words(corners(stats[large]), stats[large, 4], mask)


def body_height(words: Words, letters: float = 0.0) -> float:
    """Return the height of a line of body text: the median over words, each as wide as it counts.

    Args:
        words: Of a page.
        letters: Height of letters in pixels: what is much lower, as dotted lines are, counts only where nothing else
            is there.

    Returns:
        Pixels; 0 where there are no words.
    """
    high = words.boxes[:, 3] - words.boxes[:, 1] >= _LOW * letters
    boxes = words.boxes[high] if high.any() else words.boxes
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    return weighted_median(height[width >= height], width[width >= height]) or weighted_median(height, width)


def word_gap(words: Words, body: float) -> float:
    """Return the usual white between words, in pixels: the median over gaps of at most two body heights."""
    rows = (words.mask[::_EVERY_ROW] > 0).astype(np.int8)
    edges = np.diff(rows, axis=1, prepend=0, append=0)
    start_row, start = np.nonzero(edges == 1)
    _, end = np.nonzero(edges == -1)
    gaps = (start[1:] - end[:-1])[start_row[1:] == start_row[:-1]]
    gaps = gaps[gaps <= 2 * body]
    return float(np.median(gaps)) if len(gaps) else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Strokes:
    """How thick the ink of a page is, in any box of it.

    Attributes:
        ink: Shape (height + 1, width + 1): sums of ink pixels above and left of each pixel.
        rims: The same sums of the ink pixels that border on paper.
    """

    ink: NDArray[np.int32]
    rims: NDArray[np.int32]

    @staticmethod
    def measure(ink: Mask) -> Strokes:
        ones = ink & 1
        rims = ones - cv2.erode(ones, np.ones((3, 3), np.uint8))
        return Strokes(np.asarray(cv2.integral(ones)), np.asarray(cv2.integral(rims)))

    def widths(self, boxes: Boxes) -> NDArray[np.float64]:
        """Return the mean width of strokes in each box, in pixels; shape (n,)."""
        return 2 * _sums(self.ink, boxes) / np.maximum(1, _sums(self.rims, boxes))


def _sums(table: NDArray[np.int32], boxes: Boxes) -> NDArray[np.float64]:
    x0, y0, x1, y1 = boxes.T
    return np.asarray(table[y1, x1] - table[y0, x1] - table[y1, x0] + table[y0, x0], np.float64)


def weighted_median(values: NDArray[Any], weights: NDArray[Any]) -> float:
    """Return the value at which half of the weight is reached; 0 for no values."""
    if not len(values):
        return 0.0
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order], dtype=np.float64)
    return float(values[order][int(np.searchsorted(reached, reached[-1] / 2))])
