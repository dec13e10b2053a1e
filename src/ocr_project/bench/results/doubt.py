"""Why a comparison is open, and about how many documents could close it: two runs, or a run and its baseline."""

from __future__ import annotations

import math
from functools import cache

from ocr_project.engine.metrics.intervals import CONFIDENCE
from ocr_project.engine.metrics.student import student_quantile

DOCUMENTS, METRICS, WIDTH = "documents", "metrics", "width"
LEVEL = 0.05  # below it a p-value, corrected by Holm, is beyond doubt
_MOST_DOCUMENTS = 100_000  # more than any test set has


def documents_needed(gap: float, half: float, documents: int, comparisons: float) -> float:
    """Estimate how many documents close a comparison, if the difference stays what it is and the interval narrows.

    Args:
        gap: From the difference to what it is held against.
        half: From the difference to that end of its interval which has to come closer than that.
        documents: As many there are.
        comparisons: That p is corrected for, twice as many where p is two-sided: since p is never below 1 / 2^m for m
            documents, it takes so many that it can be small enough. 0 where p is not asked.

    Returns:
        More than there are; NaN where it cannot be said.
    """
    if not gap:
        return math.nan
    needed = documents + 1
    if comparisons:
        needed = max(needed, int(math.log2(comparisons / LEVEL)) + 1)
    while half * _width(needed) / _width(documents) > abs(gap):
        needed += max(1, needed // 20)
        if needed > _MOST_DOCUMENTS:
            return math.nan
    return float(needed)


@cache
def _width(documents: int) -> float:
    """Return how wide an interval of so many documents is, up to a factor."""
    return float(student_quantile(documents - 1, 0.5 + CONFIDENCE / 2) * math.sqrt(documents) / (documents - 1))
