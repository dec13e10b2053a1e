"""What a metric says of an item, before it is a row."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ocr_project.engine.metrics import Counts

OFFICIAL, CANONICAL = "official", "canonical"


class Mark(NamedTuple):
    """Numerator and denominator of one metric.

    Attributes:
        metric: Its name and its reading.
        unscored: It could not be scored, and `reason` says why.
    """

    metric: str
    errors: float
    total: float
    reason: str = ""
    unscored: bool = False


def mark(name: str, reading: str, value: float | bool | Counts, reason: str = "") -> Mark:
    """Make a mark of counts, or of a value from 0 to 1."""
    if isinstance(value, Counts):
        return Mark(f"{name}/{reading}", value.numerator, value.denominator, reason)
    return Mark(f"{name}/{reading}", float(value), 1.0, reason)


def known(marks: Iterable[Mark]) -> Iterator[Mark]:
    """Leave out metrics that say nothing of an item (NaN): the headings of a page without any."""
    return (one for one in marks if not math.isnan(one.errors))
