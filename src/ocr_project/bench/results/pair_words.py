"""What the comparison of two runs says, in words: on the terminal and on the page."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from ocr_project.bench.metrics.catalog import metric_of
from ocr_project.bench.results.doubt import DOCUMENTS, METRICS, WIDTH
from ocr_project.engine.metrics.intervals import FEWEST

GAIN = (
    "gain: percentage points by which the second run is better than the first, with its 95 % interval;"
    " + is better, whichever way a metric goes"
)
_WHY = {
    DOCUMENTS: f"fewer than {FEWEST} documents",
    METRICS: "too few documents for so many comparisons",
    WIDTH: "no difference is within the interval",
}


class Gain(NamedTuple):
    """By how much the second run is better than the first, as a fraction; negative where it is worse."""

    value: float
    low: float
    high: float


def gain_of(row: Mapping[Any, Any]) -> Gain:
    """Return the difference of a row of the comparison's table, and its interval, so that more is better."""
    if metric_of(row["metric"]).higher_is_better:
        return Gain(row["difference"], row["low"], row["high"])
    return Gain(-row["difference"], -row["high"], -row["low"])


def why_pair_is_open(row: Mapping[Any, Any]) -> str:
    """Say why neither run is the better one, and with about how many documents that could be told."""
    if row["why"] == DOCUMENTS:
        return f"{_WHY[DOCUMENTS]}, at least {row['needed']:.0f} are needed"
    if math.isfinite(row["needed"]):
        return f"{_WHY[row['why']]}; about {row['needed']:.0f} documents could tell"
    return f"{_WHY[row['why']]}; the runs are about the same, and no number of documents is sure to tell"
