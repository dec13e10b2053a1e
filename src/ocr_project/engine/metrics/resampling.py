"""Many rates resampled at once: whole clusters are drawn, and every rate sees the same draws.

A resample is a vector of how often each cluster was drawn; a block of them times the clusters' sums gives the
rates of all metrics and slices in one matrix product (for a single rate `bootstrap_rate` is faster). Differences
between two recognizers come from the same draws, so that what both find hard cancels out (a paired bootstrap; Efron
and Tibshirani, 1993, chapters 10 and 13). A number that is made of several rates (a composite) is made anew in every
resample.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ocr_project.engine.metrics.bootstrap import CONFIDENCE

_BLOCK_CELLS = 1 << 20  # draws held at once: 8 MiB of indices
_MOST_SAMPLES = 1 << 23  # rates held at once: 64 MiB

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Draws:
    """How the bootstrap draws: how often, and from which seed."""

    resamples: int
    seed: int


@dataclass(frozen=True, slots=True)
class Blend:
    """A number made of rates: `offset + sum(weights * rates)`.

    Attributes:
        columns: Of the rates.
        weights: As many.
        offset: Is added.
    """

    columns: tuple[int, ...]
    weights: tuple[float, ...] = (1.0,)
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimates:
    """Rates with their intervals, one for each column that was given.

    Attributes:
        value: Shape (k,); NaN where there is nothing to divide by.
        low: Lower ends of the 95 % intervals; NaN where fewer than two clusters have anything to divide by.
        high: Upper ends, likewise.
    """

    value: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Differences:
    """How two recognizers differ, one for each column: the second minus the first.

    Attributes:
        value: Shape (k,).
        low: Lower ends of the 95 % intervals; NaN where fewer than two clusters are left.
        high: Upper ends, likewise.
        above: Share of the resamples in which the second rate is the larger one, ties counted half: the probability
            that it is, as far as these items can tell.
        p: Two-sided, of "there is no difference": twice the smaller share of resamples on either side of zero (where
            none is on the other side, the tail of a normal distribution of their mean and deviation), never below
            2 / 2^m for m clusters in which the two differ: a bootstrap of three documents that all
            became better is sure of itself, a sign test, the least that any test may ask of them, is not.
    """

    value: Floats
    low: Floats
    high: Floats
    above: Floats
    p: Floats


def draw_rates(
    numerators: ArrayLike, denominators: ArrayLike, clusters: Sequence[str], resamples: int, seed: int
) -> Floats:
    """Resample `sum(numerators) / sum(denominators)` over clusters, for each column.

    Args:
        numerators: Shape (n, k): a row for each item, a column for each rate; 0 where an item is not part of a rate.
        denominators: Shape (n, k), likewise.
        clusters: Length n: the document of each item.
        resamples: How many.
        seed: Of the generator: the draws depend on it and the number of clusters alone.

    Returns:
        Shape (resamples, k); NaN where a resample has nothing to divide by.

    Raises:
        ValueError: The three have different lengths.
    """
    above, below = np.asarray(numerators, np.float64), np.asarray(denominators, np.float64)
    if above.shape != below.shape or len(above) != len(clusters):
        raise ValueError(f"{len(above)} numerators, {len(below)} denominators, {len(clusters)} clusters")
    names, member = np.unique(np.asarray(clusters, dtype=np.str_), return_inverse=True)
    width = above.shape[1]
    sums = _sum_clusters(np.hstack([above, below]), member, len(names))
    rates = np.empty((resamples, width))
    for start, weights in _weights(len(names), resamples, seed):
        drawn = weights @ sums
        bottom = drawn[:, width:]
        rates[start : start + len(weights)] = np.divide(
            drawn[:, :width], bottom, out=np.full(bottom.shape, np.nan), where=bottom > 0
        )
    return rates


def estimate_rates(
    numerators: ArrayLike, denominators: ArrayLike, clusters: Sequence[str], resamples: int, seed: int
) -> Estimates:
    """Estimate rates and their 95 % percentile intervals; arguments as for `draw_rates`."""
    width = np.shape(denominators)[1]
    return estimate_blends(numerators, denominators, _single(width), clusters, Draws(resamples, seed))


def estimate_blends(
    numerators: ArrayLike, denominators: ArrayLike, blends: Sequence[Blend], clusters: Sequence[str], draws: Draws
) -> Estimates:
    """Estimate numbers made of rates, and their 95 % percentile intervals.

    Args:
        numerators: Shape (n, k), as for `draw_rates`.
        denominators: Shape (n, k), likewise.
        blends: What is made of the k rates.
        clusters: Length n.
        draws: Of the bootstrap.

    Returns:
        One for each blend. One of whose rates there is nothing to divide by is NaN, as are its ends where fewer than
        two clusters have a share in one of its rates; resamples without a share in one are left out.
    """
    above, below = np.asarray(numerators, np.float64), np.asarray(denominators, np.float64)
    value = blend_rates(above, below, blends)
    low, high = np.full(value.shape, np.nan), np.full(value.shape, np.nan)
    counted = _count_clusters(below, clusters)
    sound = [place for place, blend in enumerate(blends) if counted[list(blend.columns)].min() >= 2]
    for places in _blocks(sound, blends, draws.resamples):  # of one cluster alone: would claim certainty
        columns, parts = _renumber([blends[place] for place in places])
        rates = draw_rates(above[:, columns], below[:, columns], clusters, draws.resamples, draws.seed)
        low[places], high[places] = _ends(_mix(rates, parts))
    return Estimates(value, low, high)


def estimate_differences(
    first: tuple[ArrayLike, ArrayLike],
    second: tuple[ArrayLike, ArrayLike],
    clusters: Sequence[str],
    resamples: int,
    seed: int,
    margins: ArrayLike = 0.0,
) -> Differences:
    """Estimate how much larger the second's rates are, from the same draws for both.

    Args:
        first: Numerators and denominators of the first recognizer, each of shape (n, k), as for `draw_rates`.
        second: Those of the second, over the same items in the same order.
        clusters: Length n.
        resamples: How many.
        seed: Of the generator.
        margins: Shape (k,) or one for all: `above` and `p` ask whether the difference exceeds it, instead of zero.
    """
    width = np.shape(first[1])[1]
    return estimate_blend_differences(first, second, _single(width), clusters, Draws(resamples, seed), margins)


def estimate_blend_differences(
    first: tuple[ArrayLike, ArrayLike],
    second: tuple[ArrayLike, ArrayLike],
    blends: Sequence[Blend],
    clusters: Sequence[str],
    draws: Draws,
    margins: ArrayLike = 0.0,
) -> Differences:
    """Estimate how much larger the second's numbers are, each made of rates; from the same draws for both.

    Args:
        first: As for `estimate_differences`.
        second: Likewise.
        blends: What is made of the k rates, of either side.
        clusters: Length n.
        draws: Of the bootstrap.
        margins: One for each blend, or one for all.
    """
    (above, below), (above_2, below_2) = (
        tuple(np.asarray(part, np.float64) for part in pair) for pair in (first, second)
    )
    value = blend_rates(above_2, below_2, blends) - blend_rates(above, below, blends)
    low, high, larger, p = (np.full(value.shape, np.nan) for _ in range(4))
    counted = _count_clusters(np.minimum(below, below_2), clusters)
    sound = [place for place, blend in enumerate(blends) if counted[list(blend.columns)].min() >= 2]
    changed = (above != above_2) | (below != below_2)
    for places in _blocks(sound, blends, 2 * draws.resamples):
        columns, parts = _renumber([blends[place] for place in places])
        tops = np.hstack([above[:, columns], above_2[:, columns]])
        bottoms = np.hstack([below[:, columns], below_2[:, columns]])
        rates = draw_rates(tops, bottoms, clusters, draws.resamples, draws.seed)
        drawn = _mix(rates[:, len(columns) :], parts) - _mix(rates[:, : len(columns)], parts)
        low[places], high[places] = _ends(drawn)
        drawn -= np.broadcast_to(np.asarray(margins, np.float64), value.shape)[places]
        larger[places] = np.nanmean(np.sign(drawn), axis=0) / 2 + 0.5
        touched = np.stack([changed[:, list(blends[place].columns)].any(axis=1) for place in places], axis=1)
        moved = _count_clusters(touched, clusters)
        p[places] = np.minimum(1.0, np.maximum(two_sided_p(drawn), 2.0 ** (1.0 - moved)))
    return Differences(value, low, high, larger, p)


def blend_rates(numerators: ArrayLike, denominators: ArrayLike, blends: Sequence[Blend]) -> Floats:
    """Make the blends of `sum(numerators) / sum(denominators)`: one value each, NaN where a rate is unknown."""
    above, below = np.asarray(numerators, np.float64), np.asarray(denominators, np.float64)
    totals = below.sum(axis=0)
    rates = np.divide(above.sum(axis=0), totals, out=np.full(totals.shape, np.nan), where=totals > 0)
    mixed: Floats = _mix(rates[None], blends)[0]
    return mixed


def two_sided_p(drawn: Floats) -> Floats:
    """Return the p-value of "no difference" for each column of resampled differences; NaN resamples are left out."""
    known = np.isfinite(drawn).sum(axis=0)
    with np.errstate(invalid="ignore"):
        side = np.minimum((drawn <= 0).sum(axis=0), (drawn >= 0).sum(axis=0))
    counted = np.minimum(1.0, 2.0 * (side + 1) / (known + 1))
    for column in np.flatnonzero((side == 0) & (known > 0)):  # what so many resamples cannot tell apart from zero
        spread = float(np.nanstd(drawn[:, column]))
        away = abs(float(np.nanmean(drawn[:, column]))) / spread if spread > 0 else math.inf
        counted[column] = min(counted[column], math.erfc(away / math.sqrt(2.0)))
    return np.asarray(counted, np.float64)


def holm(p: ArrayLike) -> Floats:
    """Adjust p-values for having made many comparisons (Holm, 1979, Scandinavian Journal of Statistics 6).

    Args:
        p: Shape (n,); NaN is a comparison that could not be made, and does not count as one.

    Returns:
        Shape (n,): compare with 0.05 as they are; no larger than 1, in the order given.
    """
    given = np.asarray(p, np.float64)
    adjusted = np.full(given.shape, np.nan)
    made = np.flatnonzero(np.isfinite(given))
    order = made[np.argsort(given[made], kind="stable")]
    steps = given[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return adjusted


def _weights(clusters: int, resamples: int, seed: int) -> Iterator[tuple[int, Floats]]:
    """Yield blocks of resamples: the number of the first, and how often each cluster was drawn in each."""
    generator = np.random.default_rng(seed)
    step = max(1, _BLOCK_CELLS // max(1, clusters))
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        drawn = generator.integers(0, clusters, size=(rows, clusters))
        drawn += np.arange(rows)[:, None] * clusters
        yield start, np.bincount(drawn.ravel(), minlength=rows * clusters).reshape(rows, clusters).astype(np.float64)


def _sum_clusters(values: NDArray[Any], member: NDArray[np.intp], clusters: int) -> Floats:
    """Add up the rows of each cluster: shape (clusters, columns)."""
    sums = np.empty((clusters, values.shape[1]))
    for column in range(values.shape[1]):
        sums[:, column] = np.bincount(member, values[:, column], minlength=clusters)
    return sums


def _count_clusters(shares: NDArray[Any], clusters: Sequence[str]) -> NDArray[np.intp]:
    """Count the clusters that have a share in each column."""
    names, member = np.unique(np.asarray(clusters, dtype=np.str_), return_inverse=True)
    return np.asarray((_sum_clusters(shares, member, len(names)) > 0).sum(axis=0), np.intp)


def _single(width: int) -> list[Blend]:
    """Return the blends that are the rates themselves."""
    return [Blend((column,)) for column in range(width)]


def _mix(rates: Floats, blends: Sequence[Blend]) -> Floats:
    """Make the blends of rates of shape (m, k): shape (m, blends)."""
    if blends == _single(rates.shape[1]):
        return rates
    mixed = np.empty((len(rates), len(blends)))
    for place, blend in enumerate(blends):  # one by one: NaN times zero would be NaN in all of them
        mixed[:, place] = blend.offset + rates[:, list(blend.columns)] @ np.asarray(blend.weights)
    return mixed


def _renumber(blends: Sequence[Blend]) -> tuple[list[int], list[Blend]]:
    """Return the columns that some blends need, and the blends as they are of these alone."""
    columns = sorted({column for blend in blends for column in blend.columns})
    places = {column: place for place, column in enumerate(columns)}
    return columns, [Blend(tuple(places[c] for c in blend.columns), blend.weights, blend.offset) for blend in blends]


def _blocks(places: Sequence[int], blends: Sequence[Blend], resamples: int) -> Iterator[list[int]]:
    """Yield the places of blends, as many at once as may be held."""
    room = max(1, _MOST_SAMPLES // max(1, resamples))
    block: list[int] = []
    taken = 0
    for place in places:
        if block and taken + len(blends[place].columns) > room:
            yield block
            block, taken = [], 0
        block.append(place)
        taken += len(blends[place].columns)
    if block:
        yield block


def _ends(drawn: Floats) -> tuple[Floats, Floats]:
    """Return both ends of the percentile interval of each column; resamples without a value are left out."""
    tail = 50.0 * (1.0 - CONFIDENCE)
    find = np.nanpercentile if np.isnan(drawn).any() else np.percentile
    low, high = find(drawn, [tail, 100.0 - tail], axis=0)
    return low, high
