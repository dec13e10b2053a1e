"""What a metric says of an item, before it is a row."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ocr_project.engine.metrics import Counts


class ScoreCounts(NamedTuple):
    """Numerator and denominator of one metric on one item.

    Attributes:
        metric: Its name and normalization: `teds/official`.
        reason: Why it could not be scored, or why it is as low as it is; may be empty.
        unscored: Whether it could not be scored.
    """

    metric: str
    numerator: float
    denominator: float
    reason: str = ""
    unscored: bool = False


def counted(name: str, normalization: str, value: float | bool | Counts, reason: str = "") -> ScoreCounts:
    """Return the counts of a metric, or of a value from 0 to 1 over a denominator of 1."""
    if isinstance(value, Counts):
        return ScoreCounts(f"{name}/{normalization}", value.numerator, value.denominator, reason)
    return ScoreCounts(f"{name}/{normalization}", float(value), 1.0, reason)


def defined(counts: Iterable[ScoreCounts]) -> Iterator[ScoreCounts]:
    """Leave out metrics that are undefined for an item (NaN): the headings of a page without any."""
    return (one for one in counts if not math.isnan(one.numerator))
