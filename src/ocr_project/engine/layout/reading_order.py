"""The order in which the regions of a page are read: a pure function that any detector can use."""

from __future__ import annotations

from collections.abc import Sequence

from ocr_project.domain.types import Box

# Two boxes are beside each other if they share at most this much of the narrower one's width, and one is above
# the other if they share at most this much of the lower one's height: detectors draw boxes that overlap a little.
_TOLERANCE = 0.15


def reading_order(boxes: Sequence[Box], page_width: float, page_height: float) -> list[int]:
    """Order boxes as a person reads them: columns from left to right, what spans columns before or after them.

    Args:
        boxes: In any unit and any order.
        page_width: In the same unit.
        page_height: Likewise.

    Returns:
        The places of `boxes` in reading order: a permutation of `range(len(boxes))`.
    """
    return _order(boxes, list(range(len(boxes))))


def _order(boxes: Sequence[Box], places: list[int]) -> list[int]:
    if len(places) < 2:
        return places
    parts = _columns(boxes, places) or _bands(boxes, places)
    if not parts:
        return sorted(places, key=lambda place: (boxes[place].y0, boxes[place].x0, place))
    return [place for part in parts for place in _order(boxes, part)]


def _columns(boxes: Sequence[Box], places: list[int]) -> list[list[int]]:
    """Part boxes by the gutter that has most on both sides; empty where there is none."""
    best: list[list[int]] = []
    most = 0.0
    for x in sorted({boxes[place].x1 for place in places})[:-1]:
        crossing = [place for place in places if _crosses(boxes[place], x)]
        free = sorted(set(places) - set(crossing), key=lambda place: boxes[place].y0)
        edges = sorted([(boxes[place].y0 + boxes[place].y1) / 2 for place in crossing])
        bounds = [float("-inf"), *edges, float("inf")]
        for low, high in zip(bounds, bounds[1:], strict=False):
            inside = [place for place in free if low < (boxes[place].y0 + boxes[place].y1) / 2 <= high]
            left = [place for place in inside if (boxes[place].x0 + boxes[place].x1) / 2 <= x]
            right = [place for place in inside if (boxes[place].x0 + boxes[place].x1) / 2 > x]
            shared = _shared_height(boxes, left, right)
            if shared > most:
                rest = [place for place in places if place not in set(inside)]
                middle = {place: (boxes[place].y0 + boxes[place].y1) / 2 for place in rest}
                above = [place for place in rest if middle[place] <= low]
                below = [place for place in rest if middle[place] > low]
                most, best = shared, [part for part in (above, left, right, below) if part]
    return best


def _crosses(box: Box, x: float) -> bool:
    margin = _TOLERANCE * box.width
    return box.x0 + margin < x < box.x1 - margin


def _shared_height(boxes: Sequence[Box], left: list[int], right: list[int]) -> float:
    if not left or not right:
        return 0.0
    top = max(min(boxes[place].y0 for place in left), min(boxes[place].y0 for place in right))
    bottom = min(max(boxes[place].y1 for place in left), max(boxes[place].y1 for place in right))
    return bottom - top


def _bands(boxes: Sequence[Box], places: list[int]) -> list[list[int]]:
    """Part boxes where one ends before the next begins; empty where they all overlap."""
    parts: list[list[int]] = []
    bottom = float("-inf")
    for place in sorted(places, key=lambda place: boxes[place].y0):
        box = boxes[place]
        if not parts or box.y0 >= bottom - _TOLERANCE * box.height:
            parts.append([])
        parts[-1].append(place)
        bottom = max(bottom, box.y1)
    return parts if len(parts) > 1 else []
