"""Which lines of a table without rules between its rows belong to one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ocr_project.engine.imaging.text_lines import TextLine

# Tuned on one half of `tables_en` and checked on the other (docs/decisions/0013).
_OVERLAP = 0.25  # of the letters' height: lines that share more stand beside each other, not one above the other
_APART = 1.17  # times: two distances between lines that differ by less are one
_NEARER = 0.87  # of the usual distance between rows: lines of a heading that are nearer are one row
_INCOMPLETE = 0.6  # mean share of columns that wrapped lines have something in; rows have more
_SINGLE_SPACED = 2.1  # letter heights from line to line: with more, wrapped lines would be nearer than rows
_HEADING_SHARE = 0.5  # of the lines of a table may be its heading


@dataclass(frozen=True, slots=True)
class RulesBetween:
    """What is drawn between a line of text and the next.

    Attributes:
        full: A rule as wide as the table.
        parts: First and last pixel of shorter ones.
    """

    full: bool
    parts: tuple[tuple[int, int], ...] = ()

    @property
    def ruled(self) -> bool:
        return self.full or bool(self.parts)


def find_heading(between: Sequence[RulesBetween]) -> int:
    """Return how many lines stand above the first rule that is as wide as the table; 0 where none parts them."""
    first = next((place + 1 for place, one in enumerate(between) if one.full), 0)
    return first if first <= _HEADING_SHARE * (len(between) + 1) else 0


def joined_to_previous(
    lines: Sequence[TextLine], between: Sequence[RulesBetween], filled: Sequence[float], heading: int, height: float
) -> list[bool]:
    """Return for each line whether it goes on with the row of the line above it.

    Args:
        lines: From top to bottom.
        between: What is drawn between each and the next.
        filled: Share of columns that each has something in.
        heading: Lines of the heading.
        height: Of letters in pixels.
    """
    beside = [above.bottom - below.top > _OVERLAP * height for above, below in pairwise(lines)]
    pitch = [below.middle - above.middle for above, below in pairwise(lines)]
    free = [not one.ruled and not over for one, over in zip(between, beside, strict=True)]
    body = [place for place in range(heading, len(lines) - 1) if free[place]]
    joined = [False] * len(lines)
    for place in _wrapped(body, pitch, filled):
        joined[place + 1] = True
    usual = float(np.median([pitch[place] for place in body if not joined[place + 1]] or [0.0]))
    for place in range(heading - 1):
        if free[place]:
            near = pitch[place] <= _NEARER * usual
            tight = usual <= _SINGLE_SPACED * height and min(filled[place], filled[place + 1]) < 1
            joined[place + 1] = near or tight
    for place, over in enumerate(beside):
        if over and not between[place].full:
            joined[place + 1] = True
    return joined


def _wrapped(body: Sequence[int], pitch: Sequence[float], filled: Sequence[float]) -> list[int]:
    """Return the places after which a line is the rest of the one above it, by two kinds of distance."""
    ordered = sorted(pitch[place] for place in body)
    ratios = [below / max(1.0, above) for above, below in pairwise(ordered)]
    if not ratios or max(ratios) < _APART:
        return []
    border = ordered[int(np.argmax(ratios))]
    near = [place for place in body if pitch[place] <= border]
    lower = float(np.mean([filled[place + 1] for place in near]))
    return near if lower <= _INCOMPLETE else []
