"""Where the invisible text of a page goes: each word over its place, spaces between, line by line."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median

from ocr_project.domain.types import Box, Region, Word
from ocr_project.engine.transcript.lines import Reading

# A line whose hull is this much taller than its words is skewed: its words then stand each on their own.
_SKEWED = 1.5


@dataclass(frozen=True, slots=True)
class Placed:
    """A word, ready to be shown.

    Attributes:
        box: What it covers, in pixels of the page.
        quarter: Quarter turns clockwise of the reading direction: 0 rightwards, 1 downwards, 2, 3.
        gap: Pixels to the next word of its line; `None` for the last.
    """

    text: str
    box: Box
    quarter: int = 0
    gap: float | None = None


def place_words(readings: Sequence[Reading]) -> list[Placed]:
    """Place the words of a page.

    Args:
        readings: In reading order. One without words has its lines spread evenly over its region.

    Returns:
        Words in reading order; those of one line share height and base line, so that a viewer takes
        them for one line.
    """
    found: list[Placed] = []
    for reading in readings:
        found.extend(_place(words_of(reading), _quarter(reading.region)))
    return found


def words_of(reading: Reading) -> Sequence[Word]:
    """Return the words of a reading; of one without words its lines, spread evenly over its region."""
    return reading.recognition.words or _spread(reading)


def _place(words: Sequence[Word], quarter: int) -> Iterator[Placed]:
    kept = [word for word in words if word.text.strip() and word.box.area > 0]
    for _, group in groupby(sorted(kept, key=lambda word: word.line), key=lambda word: word.line):
        line = list(group)
        boxes = _level([word.box for word in line], upright=quarter % 2 == 0)
        gaps = [_gap(before, after, quarter) for before, after in pairwise(boxes)]
        for word, box, gap in zip(line, boxes, [*gaps, None], strict=True):
            yield Placed(" ".join(word.text.split()), box, quarter, gap)


def _level(boxes: Sequence[Box], *, upright: bool) -> list[Box]:
    """Give the words of a line the height of the line, where the line is straight."""
    first, last = ("y0", "y1") if upright else ("x0", "x1")
    low, high = min(getattr(b, first) for b in boxes), max(getattr(b, last) for b in boxes)
    if high - low > _SKEWED * median(getattr(b, last) - getattr(b, first) for b in boxes):
        return list(boxes)
    return [box._replace(**{first: low, last: high}) for box in boxes]


def _gap(before: Box, after: Box, quarter: int) -> float:
    match quarter:
        case 0:
            return after.x0 - before.x1
        case 1:
            return after.y0 - before.y1
        case 2:
            return before.x0 - after.x1
        case _:
            return before.y0 - after.y1


def _quarter(region: Region) -> int:
    """Return the quarter turn nearest to the way in which a region is read."""
    if region.quad is None:
        return 0
    x0, y0, x1, y1 = region.quad[:4]
    return round(math.degrees(math.atan2(y1 - y0, x1 - x0)) / 90) % 4


def _spread(reading: Reading) -> list[Word]:
    """Give each line of a reading without words an equal share of its region, from the top as it is read."""
    lines, box, quarter = reading.lines, reading.region.box, _quarter(reading.region)
    found = []
    for number, line in enumerate(lines):
        start, end = number / len(lines), (number + 1) / len(lines)
        if quarter in (1, 2):
            start, end = 1 - end, 1 - start
        if quarter % 2 == 0:
            share = Box(box.x0, box.y0 + start * box.height, box.x1, box.y0 + end * box.height)
        else:
            share = Box(box.x0 + start * box.width, box.y0, box.x0 + end * box.width, box.y1)
        found.append(Word(line, share, line=number))
    return found
