"""The order in which the regions of one column are read."""

from __future__ import annotations

from collections.abc import Sequence

from ocr_project.domain.types import Box

# One box is above another if they share at most this much of the lower one's height, and beside it if they share at
# most this much of the narrower one's width: boxes overlap a little.
_TOLERANCE = 0.15


def row_order(boxes: Sequence[Box]) -> list[int]:
    """Order boxes of one column: from top to bottom, and what stands beside each other from left to right.

    Returns:
        A permutation of `range(len(boxes))`.
    """
    return _by_rows(boxes, list(range(len(boxes))))


def _by_rows(boxes: Sequence[Box], places: list[int]) -> list[int]:
    if len(places) < 2:
        return places
    bands = _bands(boxes, places)
    parts = bands if len(bands) > 1 else _stacks(boxes, places)
    if len(parts) == 1:
        return sorted(places, key=lambda place: (boxes[place].y0, boxes[place].x0, place))
    return [place for part in parts for place in _by_rows(boxes, part)]


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
