"""The order in which the regions of a page are read: pure functions that any detector can use."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ocr_project.domain.types import Box

# Two boxes are beside each other if they share at most this much of the narrower one's width, and one is above
# the other if they share at most this much of the lower one's height: detectors draw boxes that overlap a little.
_TOLERANCE = 0.15
# Shares of the page. What is narrower is a label, a number or a note beside the text and is read with its row;
# what stands beside each other over less height is a row as well.
_COLUMN_WIDTH = 0.12
_COLUMN_HEIGHT = 0.04


def reading_order(
    boxes: Sequence[Box], page_width: float, page_height: float, separators: Sequence[Box] = ()
) -> list[int]:
    """Order boxes as a person reads them: columns from left to right, what spans columns before or after them.

    Headers, footers and footnotes need no rule of their own: they stand above and below the columns, or end one.

    Args:
        boxes: In any unit and any order.
        page_width: In the same unit.
        page_height: Likewise.
        separators: Level rules and the like, which are not read but which no column reaches across.

    Returns:
        The places of `boxes` in reading order: a permutation of `range(len(boxes))`.
    """
    every = [*boxes, *separators]
    least = (_COLUMN_WIDTH * page_width, _COLUMN_HEIGHT * page_height)
    return [place for place in _order(every, list(range(len(every))), least) if place < len(boxes)]


def row_order(boxes: Sequence[Box]) -> list[int]:
    """Order boxes of one column: from top to bottom, and what stands beside each other from left to right.

    Returns:
        A permutation of `range(len(boxes))`.
    """
    return _rows(boxes, list(range(len(boxes))))


def _order(boxes: Sequence[Box], places: list[int], least: tuple[float, float]) -> list[int]:
    if len(places) < 2:
        return places
    parts = _columns(boxes, places, least)
    if parts:
        return [place for part in parts for place in _order(boxes, part, least)]
    parts = _bands(boxes, places)
    if len(parts) > 1:
        return [place for part in parts for place in _order(boxes, part, least)]
    return _rows(boxes, places)


def _rows(boxes: Sequence[Box], places: list[int]) -> list[int]:
    if len(places) < 2:
        return places
    bands = _bands(boxes, places)
    parts = bands if len(bands) > 1 else _stacks(boxes, places)
    if len(parts) == 1:
        return sorted(places, key=lambda place: (boxes[place].y0, boxes[place].x0, place))
    return [place for part in parts for place in _rows(boxes, part)]


def _columns(boxes: Sequence[Box], places: list[int], least: tuple[float, float]) -> list[list[int]]:
    """Part boxes by the gutter that is longest: what is above it, left, right, below; empty where there is none.

    Of two that are equally long, the one that parts more boxes: the ragged edge of a column is no gutter.
    """
    best: list[list[int]] = []
    longest = (least[1], len(places))
    for x in sorted({boxes[place].x1 for place in places})[:-1]:
        crossing = sorted(_middle(boxes[place]) for place in places if _crosses(boxes[place], x))
        bounds = [float("-inf"), *crossing, float("inf")]
        for low, high in pairwise(bounds):
            inside = [p for p in places if low < _middle(boxes[p]) < high and not _crosses(boxes[p], x)]
            left = [place for place in inside if boxes[place].x0 + boxes[place].x1 <= 2 * x]
            right = [place for place in inside if boxes[place].x0 + boxes[place].x1 > 2 * x]
            shared = (_shared_height(boxes, left, right, least[0]), len(inside))
            if shared > longest:
                rest = sorted(set(places) - set(inside))
                above = [place for place in rest if _middle(boxes[place]) <= low]
                below = [place for place in rest if _middle(boxes[place]) > low]
                longest, best = shared, [part for part in (above, left, right, below) if part]
    return best


def _middle(box: Box) -> float:
    return (box.y0 + box.y1) / 2


def _crosses(box: Box, x: float) -> bool:
    margin = _TOLERANCE * box.width
    return box.x0 + margin < x < box.x1 - margin


def _shared_height(boxes: Sequence[Box], left: list[int], right: list[int], least_width: float) -> float:
    """Return the height over which both sides have something; 0 where one is too narrow to be a column."""
    for side in (left, right):
        if not side or max(boxes[p].x1 for p in side) - min(boxes[p].x0 for p in side) < least_width:
            return 0.0
    top = max(min(boxes[place].y0 for place in left), min(boxes[place].y0 for place in right))
    bottom = min(max(boxes[place].y1 for place in left), max(boxes[place].y1 for place in right))
    return bottom - top


def _bands(boxes: Sequence[Box], places: list[int]) -> list[list[int]]:
    """Part boxes where all that is above ends before what is below begins."""
    spans = [(boxes[place].y0, boxes[place].y1, place) for place in places]
    return _parted(spans)


def _stacks(boxes: Sequence[Box], places: list[int]) -> list[list[int]]:
    """Part boxes where all that is left ends before what is right begins."""
    spans = [(boxes[place].x0, boxes[place].x1, place) for place in places]
    return _parted(spans)


def _parted(spans: list[tuple[float, float, int]]) -> list[list[int]]:
    parts: list[list[int]] = []
    reached = tallest = float("-inf")
    for low, high, place in sorted(spans):
        if not parts or low >= reached - _TOLERANCE * min(high - low, tallest):
            parts.append([])
            tallest = float("-inf")
        parts[-1].append(place)
        reached, tallest = max(reached, high), max(tallest, high - low)
    return parts
