"""Words to lines of text, within one column."""

from __future__ import annotations

from dataclasses import dataclass

from ocr_project.domain.types import Box
from ocr_project.engine.imaging.rulings import Boxes

# A word joins a line if they share this much of the height of the lower of the two.
_SHARED = 0.5
# Words lower than this share of the body (dots, dashes, accents, strokes that broke off) do not open a line
# while there are higher ones, and do not change its height.
_LOW = 0.45


@dataclass(slots=True)
class Line:
    """A line of text.

    Attributes:
        top: Pixels; the mean of its words, each as wide as it counts, as is `bottom`.
        bottom: Likewise.
        words: Rows of the array of words, from left to right once the line is complete.
        box: Hull of the words.
    """

    top: float
    bottom: float
    words: list[int]
    box: Box

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


def find_lines(boxes: Boxes, members: list[int], body: float) -> list[Line]:
    """Gather the words of one column into lines.

    Args:
        boxes: Shape (n, 4): all words of the page.
        members: The rows of `boxes` that are in this column.
        body: Height of a line of body text in pixels.

    Returns:
        Lines from top to bottom.
    """
    lines: list[Line] = []
    tall = [row for row in members if boxes[row, 3] - boxes[row, 1] >= _LOW * body]
    low = [row for row in members if boxes[row, 3] - boxes[row, 1] < _LOW * body]
    weight: dict[int, float] = {}
    for row in sorted(tall, key=lambda row: float(boxes[row, 1] + boxes[row, 3])):
        _join(lines, boxes, row, weight)
    for row in sorted(low, key=lambda row: float(boxes[row, 1] + boxes[row, 3])):
        _attach(lines, boxes, row, body)
    for line in lines:
        line.words.sort(key=lambda row: int(boxes[row, 0]))
    return sorted(lines, key=lambda line: line.top + line.bottom)


def _join(lines: list[Line], boxes: Boxes, row: int, weight: dict[int, float]) -> None:
    """Put a word into the line that it shares most with, or open one."""
    x0, y0, x1, y1 = (float(value) for value in boxes[row])
    best, best_share = None, _SHARED
    for line in reversed(lines[-12:]):
        share = (min(y1, line.bottom) - max(y0, line.top)) / max(1.0, min(y1 - y0, line.height))
        if share >= best_share:
            best, best_share = line, share
    if best is None:
        lines.append(Line(y0, y1, [row], Box(x0, y0, x1, y1)))
        weight[id(lines[-1])] = x1 - x0
        return
    before, width = weight[id(best)], x1 - x0
    best.top = (best.top * before + y0 * width) / (before + width)
    best.bottom = (best.bottom * before + y1 * width) / (before + width)
    weight[id(best)] = before + width
    best.words.append(row)
    best.box = best.box.union(Box(x0, y0, x1, y1))


def _attach(lines: list[Line], boxes: Boxes, row: int, body: float) -> None:
    """Put a low word into the nearest line, or open one where it stands alone."""
    box = Box(*(float(value) for value in boxes[row]))
    middle = (box.y0 + box.y1) / 2
    nearest = min(lines, key=lambda line: max(line.top - middle, middle - line.bottom), default=None)
    if nearest is None or max(nearest.top - middle, middle - nearest.bottom) > 0.4 * body:
        lines.append(Line(box.y0, box.y1, [row], box))
        return
    nearest.words.append(row)
    nearest.box = nearest.box.union(box)
