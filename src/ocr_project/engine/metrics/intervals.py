"""Intervals over documents: Student's t on the jackknife, skewed where the documents are.

Percentiles of a bootstrap over documents are too narrow where these are few, and error rates are skewed: a document
that is much worse than all others is rare, so that a small sample mostly lacks it and the truth is above its interval
(benchmarks/coverage.py; docs/decisions/0010). Here each document is left out once (Efron and Tibshirani, 1993, chapter
11); the deviation of what is left gives a t interval, its skewness the interval of Hall's cubic transformation (Hall,
1992, "On the removal of skewness by transformation", Journal of the Royal Statistical Society B 54), and at each end
the wider of the two is taken.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.metrics.student import student_quantile

CONFIDENCE = 0.95
FEWEST = 3
"""Documents that an interval needs: of two, nothing can be said about a third."""

Floats = NDArray[np.float64]
_ROUNDING = 1e-12  # differences below it are sums of the same values in another order


@dataclass(frozen=True, slots=True)
class Blend:
    """A number made of rates: `offset + sum(weights * rates)`.

    Attributes:
        columns: Places of the rates it is made of.
        weights: One per column.
        offset: What is added.
    """

    columns: tuple[int, ...]
    weights: tuple[float, ...] = (1.0,)
    offset: float = 0.0

    def of(self, rates: Floats) -> Floats:
        """Make the number from rates of shape (m, k): shape (m,)."""
        return np.asarray(self.offset + rates[:, list(self.columns)] @ np.asarray(self.weights), np.float64)


@dataclass(frozen=True, slots=True)
class Side:
    """Numerators and denominators of one system, both of shape (items, rates)."""

    top: Floats
    bottom: Floats


def find_ends(sides: Sequence[Side], blends: Sequence[Blend], clusters: Sequence[str]) -> tuple[Floats, Floats]:
    """Find both ends of the 95 % interval of each blend, or of its difference between two sides.

    Args:
        sides: One; or two, for how much larger the blends of the second are.
        blends: What is made of the rates.
        clusters: The document of each item.

    Returns:
        Lower and upper ends, shape (blends,). NaN where a rate has fewer than `FEWEST` documents; of a rate (not of
        a difference) also where all documents are alike: that a next one would be the same cannot be known.
    """
    shared = sum_clusters(np.minimum.reduce([side.bottom for side in sides]), clusters) > 0
    held = [Side(sum_clusters(side.top, clusters), sum_clusters(side.bottom, clusters)) for side in sides]
    limits = [_limits(side) for side in sides]
    low, high = np.full(len(blends), np.nan), np.full(len(blends), np.nan)
    for place, blend in enumerate(blends):
        columns = list(blend.columns)
        documents = int(shared[:, columns].sum(axis=0).min())
        if documents < FEWEST:
            continue
        taken = np.logical_or.reduce([(side.bottom[:, columns] > 0).any(axis=1) for side in held])
        part = Blend(tuple(range(len(columns))), blend.weights, blend.offset)
        values = [_left_out(Side(side.top[:, columns], side.bottom[:, columns]), part, taken) for side in held]
        ranges = [_range(blend, *found) for found in limits]
        if len(sides) == 1:
            (whole, others), (least, most) = values[0], ranges[0]
        else:
            whole, others = values[1][0] - values[0][0], values[1][1] - values[0][1]
            least, most = ranges[1][0] - ranges[0][1], ranges[1][1] - ranges[0][0]
        ends = skewed_t(whole, others, documents)
        if len(sides) == 1 and ends[0] == ends[1]:
            continue
        low[place], high[place] = max(ends[0], least), min(ends[1], most)
    return low, high


def skewed_t(whole: float, others: Floats, documents: int) -> tuple[float, float]:
    """Return both ends of the interval of a number.

    Args:
        whole: The number.
        others: The same with one document left out, for each document.
        documents: How many there are: of a blend the fewest of its rates.
    """
    apart = others.mean() - others  # positive for a document that makes the number larger
    apart[np.abs(apart) < _ROUNDING] = 0.0
    squares = float(apart @ apart)
    if squares == 0.0:
        value = 0.0 if abs(whole) < _ROUNDING else whole
        return value, value
    # the jackknife's variance is (n - 1) / n of the squares: turned round, which few documents need (coverage.py)
    deviation = math.sqrt(squares * documents / (documents - 1))
    width = student_quantile(documents - 1, 0.5 + CONFIDENCE / 2)
    count = len(apart)
    skewness = float((apart**3).mean()) / (squares / count) ** 1.5 * math.sqrt(count * (count - 1)) / (count - 2)
    slant = skewness / math.sqrt(count)
    below, above = (max(width, abs(_unbend(end, slant))) for end in (width, -width))
    return whole - deviation * below, whole + deviation * above


def sum_clusters(values: Floats, clusters: Sequence[str]) -> Floats:
    """Add up the rows of each cluster: shape (clusters, columns), clusters in the order of their names."""
    names = {name: place for place, name in enumerate(sorted(set(clusters)))}
    member = np.fromiter(map(names.__getitem__, clusters), np.intp, len(clusters))
    sums = np.empty((len(names), values.shape[1]))
    for column in range(values.shape[1]):
        sums[:, column] = np.bincount(member, values[:, column], minlength=len(names))
    return sums


def _unbend(point: float, slant: float) -> float:
    """Return the inverse of Hall's cubic transformation of t, which is symmetric where t itself is not."""
    if abs(slant) < 1e-6:
        return point
    return 3.0 / slant * (math.copysign(abs(inner := 1 + slant * (point - slant / 6)) ** (1 / 3), inner) - 1.0)


def _left_out(side: Side, blend: Blend, taken: NDArray[np.bool_]) -> tuple[float, Floats]:
    """Make the blend of all clusters, and of all but one for each that is taken."""
    top, bottom = side.top.sum(axis=0), side.bottom.sum(axis=0)
    whole = float(blend.of((top / bottom)[None])[0])
    return whole, blend.of((top - side.top[taken]) / (bottom - side.bottom[taken]))


def _limits(side: Side) -> tuple[Floats, Floats]:
    """Return between what values each rate can lie: 0 and 1, but where a document shows that it can leave them."""
    least = np.where((side.top < 0).any(axis=0), -np.inf, 0.0)
    return least, np.where((side.top > side.bottom + _ROUNDING).any(axis=0), np.inf, 1.0)


def _range(blend: Blend, least: Floats, most: Floats) -> tuple[float, float]:
    """Return between what values a blend can lie."""
    pairs = [
        sorted((weight * least[column], weight * most[column]))
        for column, weight in zip(blend.columns, blend.weights, strict=True)
        if weight
    ]
    return blend.offset + sum(pair[0] for pair in pairs), blend.offset + sum(pair[1] for pair in pairs)
