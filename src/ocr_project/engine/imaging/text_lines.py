"""Words to lines of text: the one finder of lines, for the columns of a page and for the crop of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.ink import Boxes, Mask
from ocr_project.engine.imaging.words import find_words

_SHARED = 0.5  # of the lower one's height, which a word and its line have in common
_RECENT = 12  # lines that a word is compared with: words come from top to bottom
# In heights of letters, or of body text. Words lower than the first (dots, dashes, accents, strokes that broke off) do
# not open a line while there is one as near as the second, and never change its height.
_LOW = 0.45
_NEAR = 0.45
# In a table, in letter heights. Small print nearly touches the line below, so nothing is joined upright; words of
# neighbouring cells stand nearer to each other than those of running text.
_REACH = 0.35
_TALL = 2.6  # what is higher is not a word


@dataclass(frozen=True, slots=True, eq=False)
class TextLine:
    """A line of words.

    Attributes:
        boxes: Of its words, from left to right.
        rows: Their places in the array that they were taken from, shape (n,).
        top: Of its letters, in pixels: the mean over words, each as wide as it counts.
        bottom: Of its letters, in pixels: the same mean.
    """

    boxes: Boxes
    rows: NDArray[np.intp]
    top: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    @property
    def hull(self) -> tuple[int, int, int, int]:
        """Return x0, y0, x1, y1 of all of its words."""
        x0, y0 = self.boxes[:, :2].min(axis=0).tolist()
        x1, y1 = self.boxes[:, 2:].max(axis=0).tolist()
        return x0, y0, x1, y1

    def segments(self, gap: float) -> list[tuple[int, int]]:
        """Join words that are nearer to each other than `gap` pixels; return x0 and x1 of each run."""
        runs: list[tuple[int, int]] = []
        for x0, _, x1, _ in self.boxes.tolist():
            if runs and x0 - runs[-1][1] < gap:
                runs[-1] = (runs[-1][0], max(runs[-1][1], x1))
            else:
                runs.append((x0, x1))
        return runs


def gather_lines(boxes: Boxes, height: float) -> list[TextLine]:
    """Gather words into lines.

    Args:
        boxes: Words, in any order.
        height: Of letters, or of body text, in pixels.

    Returns:
        Lines from top to bottom; each word is in one of them.
    """
    lines: list[_GrowingLine] = []
    low = boxes[:, 3] - boxes[:, 1] < _LOW * height
    for row in _downwards(boxes, np.flatnonzero(~low)):
        box = boxes[row].tolist()
        best = max(lines[-_RECENT:], key=lambda line: line.shared(box), default=None)
        if best is not None and best.shared(box) >= _SHARED:
            best.add(row, box)
        else:
            lines.append(_GrowingLine(row, box))
    for row in _downwards(boxes, np.flatnonzero(low)):
        box = boxes[row].tolist()
        middle = (box[1] + box[3]) / 2
        nearest = min(lines, key=lambda line: line.distance(middle), default=None)
        if nearest is not None and nearest.distance(middle) <= _NEAR * height:
            nearest.rows.append(row)
        else:
            lines.append(_GrowingLine(row, box))
    return sorted((line.finished(boxes) for line in lines), key=lambda line: line.top + line.bottom)


def find_text_lines(ink: Mask, height: float) -> list[TextLine]:
    """Find the lines of a table's crop before anything is read.

    Args:
        ink: Of the crop, without rulings.
        height: Of letters in pixels.

    Returns:
        Lines from top to bottom; marks that stand by themselves (dashes, dirt) are left out.
    """
    boxes = find_words(ink, height, reach=_REACH, reach_up=0.0).boxes
    boxes = boxes[boxes[:, 3] - boxes[:, 1] <= _TALL * height]
    lines = gather_lines(boxes, height)
    return [line for line in lines if (line.boxes[:, 3] - line.boxes[:, 1]).max() >= _LOW * height]


def _downwards(boxes: Boxes, rows: NDArray[np.intp]) -> Sequence[int]:
    return [int(row) for row in rows[np.argsort(boxes[rows, 1] + boxes[rows, 3], kind="stable")]]


class _GrowingLine:
    """A line to which words are still added."""

    def __init__(self, row: int, box: list[int]) -> None:
        self.rows = [row]
        self.top, self.bottom = float(box[1]), float(box[3])
        self._weight = box[2] - box[0]

    def shared(self, box: list[int]) -> float:
        """Return what it and a word have in common, as a share of the lower one's height."""
        common = min(self.bottom, box[3]) - max(self.top, box[1])
        return common / max(1.0, min(box[3] - box[1], self.bottom - self.top))

    def distance(self, middle: float) -> float:
        """Return how far a height lies outside of it, in pixels; below 0 inside."""
        return max(self.top - middle, middle - self.bottom)

    def add(self, row: int, box: list[int]) -> None:
        self.rows.append(row)
        width = box[2] - box[0]
        whole = self._weight + width
        self.top = (self.top * self._weight + box[1] * width) / whole
        self.bottom = (self.bottom * self._weight + box[3] * width) / whole
        self._weight = whole

    def finished(self, boxes: Boxes) -> TextLine:
        rows = np.asarray(self.rows, np.intp)
        rows = rows[np.argsort(boxes[rows, 0], kind="stable")]
        return TextLine(boxes[rows], rows, self.top, self.bottom)
