"""Confidence intervals of micro-averaged rates.

Pages of one document share its fonts, scanner and layout, so their errors are not independent: whole
documents (clusters) are drawn, not pages (Field and Welsh, 2007, "Bootstrapping clustered data").
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

CONFIDENCE = 0.95
NOT_ENOUGH = "not enough documents"

_CHUNK_CELLS = 1 << 20  # draws held at once: 8 MiB of indices


@dataclass(frozen=True, slots=True)
class Interval:
    """A rate with its interval.

    Attributes:
        value: The rate itself; NaN where there is nothing to divide by.
        low: Lower end of the 95 % interval; NaN where it cannot be known.
        high: Upper end; NaN likewise.
        reason: Why there is no interval; an empty string where there is one.
    """

    value: float
    low: float
    high: float
    reason: str = ""


def bootstrap_rate(
    errors: ArrayLike, totals: ArrayLike, clusters: Sequence[str], resamples: int, seed: int
) -> Interval:
    """Estimate the 95 % percentile interval of `sum(errors) / sum(totals)` over documents.

    Args:
        errors: Shape (n,), one count for each page.
        totals: Shape (n,), the denominators.
        clusters: Length n: the document of each page.
        resamples: Number of bootstrap samples; the ends move by about 1 % of the width at 10,000.
        seed: Of the generator: the same input and seed give the same interval.

    Returns:
        The interval; with fewer than two documents its ends are NaN and `reason` says so, since a
        resample of one document is that document and would claim certainty.

    Raises:
        ValueError: The three have different lengths.
    """
    numerators, denominators = np.asarray(errors, np.float64), np.asarray(totals, np.float64)
    if not len(numerators) == len(denominators) == len(clusters):
        raise ValueError(f"{len(numerators)} errors, {len(denominators)} totals, {len(clusters)} clusters")
    total = float(denominators.sum())
    value = float(numerators.sum()) / total if total else math.nan
    names, member = np.unique(np.asarray(clusters, dtype=np.str_), return_inverse=True)
    if len(names) < 2 or not total:
        return Interval(value, math.nan, math.nan, NOT_ENOUGH)
    rates = _resample(_add_up(member, numerators), _add_up(member, denominators), resamples, seed)
    tail = 50.0 * (1.0 - CONFIDENCE)
    low, high = np.nanpercentile(rates, [tail, 100.0 - tail])
    return Interval(value, float(low), float(high))


def _add_up(member: NDArray[np.intp], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum the counts of each cluster."""
    return np.bincount(member, counts).astype(np.float64)


def _resample(
    errors: NDArray[np.float64], totals: NDArray[np.float64], resamples: int, seed: int
) -> NDArray[np.float64]:
    """Draw as many clusters as there are, with replacement, `resamples` times; return each sample's rate."""
    generator = np.random.default_rng(seed)
    rates = np.empty(resamples)
    step = max(1, _CHUNK_CELLS // len(errors))
    for start in range(0, resamples, step):
        drawn = generator.integers(0, len(errors), size=(min(step, resamples - start), len(errors)))
        sums = totals[drawn].sum(axis=1)
        rates[start : start + step] = np.divide(
            errors[drawn].sum(axis=1), sums, out=np.full(len(drawn), np.nan), where=sums > 0
        )
    return rates
