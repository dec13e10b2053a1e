"""Means over questions with intervals, and whether one search is better than another on the same questions.

Paired bootstrap (Efron and Tibshirani, 1993; for retrieval Sakai, 2006): questions are drawn with
replacement, and all searches and metrics are averaged over the same draws. What makes a question easy or
hard for all of them cancels out of their difference.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.metrics.bootstrap import CONFIDENCE, Interval

NOT_ENOUGH = "not enough questions"

_CHUNK_CELLS = 1 << 20  # draws held at once: 8 MiB of counts


@dataclass(frozen=True, slots=True)
class Difference:
    """How much larger one mean is than another.

    Attributes:
        value: First minus second.
        low: Lower end of the 95 % interval; NaN where there are fewer than two questions; likewise `high`.
        better: Share of the draws in which the first mean is larger, ties counted half; NaN likewise.
    """

    value: float
    low: float
    high: float
    better: float


class PairedMeans:
    """Means of the columns of a table, and what they would be for other questions of the same kind."""

    def __init__(self, values: NDArray[np.float64], resamples: int, seed: int) -> None:
        """Args:
        values: Shape (questions, columns): a column for each search and metric.
        resamples: Number of draws.
        seed: Of the generator: the same input and seed give the same intervals.
        """
        self.means = values.mean(axis=0) if len(values) else np.full(values.shape[1], math.nan)
        self._draws = _draw(values, resamples, seed) if len(values) > 1 else None

    def interval(self, column: int) -> Interval:
        """Return the mean of a column with its 95 % percentile interval."""
        mean = float(self.means[column])
        if self._draws is None:
            return Interval(mean, math.nan, math.nan, NOT_ENOUGH)
        low, high = _ends(self._draws[:, column])
        return Interval(mean, low, high)

    def difference(self, first: int, second: int) -> Difference:
        """Return how much larger the mean of one column is than that of another, over the same draws."""
        value = float(self.means[first] - self.means[second])
        if self._draws is None:
            return Difference(value, math.nan, math.nan, math.nan)
        drawn = self._draws[:, first] - self._draws[:, second]
        drawn[np.abs(drawn) < 1e-12] = 0.0  # sums of the same values in another order
        low, high = _ends(drawn)
        return Difference(value, low, high, float(np.mean((drawn > 0) + 0.5 * (drawn == 0))))


def _draw(values: NDArray[np.float64], resamples: int, seed: int) -> NDArray[np.float64]:
    """Return the means of the columns over each draw, shape (resamples, columns)."""
    generator = np.random.default_rng(seed)
    count = len(values)
    means = np.empty((resamples, values.shape[1]))
    step = max(1, _CHUNK_CELLS // count)
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        times = generator.multinomial(count, np.full(count, 1.0 / count), size=size)
        means[start : start + size] = times @ values / count
    return means


def _ends(drawn: NDArray[np.float64]) -> tuple[float, float]:
    tail = 50.0 * (1.0 - CONFIDENCE)
    low, high = np.percentile(drawn, [tail, 100.0 - tail])
    return float(low), float(high)
