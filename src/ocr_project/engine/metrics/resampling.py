"""How sure a rate is, and a difference of two: intervals, and a bootstrap over clusters, the same draws for all rates.

Pages of one document share its fonts, its scanner and its layout, so their errors are not independent: whole documents
(clusters) are drawn, not pages (Field and Welsh, 2007, "Bootstrapping clustered data"). A resample is a vector of how
often each cluster was drawn; a block of resamples times the sums of the clusters gives the rates of all metrics and
slices in one matrix product. Differences between two systems come from the same draws, so that what both find hard
cancels out (a paired bootstrap; Efron and Tibshirani, 1993, chapters 10 and 13; for retrieval, where each question is
a cluster of its own, Sakai, 2006). A number that is made of several rates (a blend) is computed in every resample.
Intervals are those of `intervals`, of rates as of differences: resamples of a few documents are too much alike. Of
answers that are right or wrong both intervals and p-values are those of `right_or_wrong`.

All values are fractions, not percent. Unknown is NaN, never zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ocr_project.engine.metrics.intervals import FEWEST, Blend, Side, find_ends, sum_clusters
from ocr_project.engine.metrics.right_or_wrong import judge_answers

_BLOCK_CELLS = 1 << 18  # draws held at once: 2 MiB of indices, however many documents there are
_MOST_SAMPLES = 1 << 23  # rates held at once: 64 MiB
_ROUNDING = 1e-12  # differences below it are sums of the same values in another order

Floats = NDArray[np.float64]
Counted = tuple[ArrayLike, ArrayLike]
"""Numerators and denominators, each of shape (n, k): a row per item, a column per rate."""


@dataclass(frozen=True, slots=True)
class Draws:
    """How the bootstrap draws.

    Attributes:
        resamples: How often; at 10,000 the ends of an interval move by about 1 % of its width.
        seed: Of the generator. Draws depend on it and on the number of clusters alone.
    """

    resamples: int
    seed: int


@dataclass(frozen=True, slots=True)
class Interval:
    """One rate with its 95 % interval.

    Attributes:
        value: `sum(numerators) / sum(denominators)`; NaN where there is nothing to divide by.
        low: Lower end; NaN where fewer than three clusters have anything to divide by, or all are alike.
        high: Upper end; NaN where `low` is.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Estimates:
    """Rates or blends with their 95 % intervals; arrays of shape (k,), in the order given.

    Attributes:
        value: NaN where there is nothing to divide by.
        low: Lower ends; NaN where fewer than three clusters have a share, or all are alike.
        high: Upper ends; NaN where `low` is.
    """

    value: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Differences:
    """How two systems differ, the second minus the first; arrays of shape (k,), in the order given.

    Attributes:
        value: Difference of the rates or blends.
        low: Lower ends of the 95 % intervals; NaN where fewer than three clusters have a share in both.
        high: Upper ends; NaN where `low` is.
        above: Probability, 0 to 1, that the second is the larger one, as far as these items can tell: the share of
            resamples in which it is, ties counted half; NaN where `low` is.
        p: Two-sided p-value of "there is no difference": twice the smaller share of resamples on either side of zero.
            Where none is on the other side, the tail of a normal distribution of their mean and deviation. Never
            below 2 / 2^m for m clusters in which the two differ, the least that a sign test may say: a bootstrap of
            three documents that all became better is sure of itself, and should not be.
    """

    value: Floats
    low: Floats
    high: Floats
    above: Floats
    p: Floats


def estimate_rate(numerators: ArrayLike, denominators: ArrayLike, clusters: Sequence[str]) -> Interval:
    """Estimate one rate; all as for `estimate_rates`, but that both arrays have shape (n,)."""
    found = estimate_rates(np.asarray(numerators)[:, None], np.asarray(denominators)[:, None], clusters)
    return Interval(float(found.value[0]), float(found.low[0]), float(found.high[0]))


def estimate_rates(numerators: ArrayLike, denominators: ArrayLike, clusters: Sequence[str]) -> Estimates:
    """Estimate rates, each `sum(numerators) / sum(denominators)` of its column.

    Args:
        numerators: Shape (n, k): a row per item, a column per rate. A mean over questions has its values here and
            ones below.
        denominators: Shape (n, k); 0 where an item is not part of a rate.
        clusters: Length n: the document of each item; of a question, its id.

    Raises:
        ValueError: The lengths differ.
    """
    return estimate_blends(numerators, denominators, _rates_alone(denominators), clusters)


def estimate_blends(
    numerators: ArrayLike, denominators: ArrayLike, blends: Sequence[Blend], clusters: Sequence[str]
) -> Estimates:
    """Estimate numbers made of rates.

    Args:
        numerators: Shape (n, k), as for `estimate_rates`.
        denominators: Shape (n, k).
        blends: What is made of the k rates.
        clusters: Length n.

    Returns:
        One value per blend. A blend is NaN where one of its rates has nothing to divide by, its ends where fewer than
        three clusters have a share in one of its rates.

    Raises:
        ValueError: The lengths differ.
    """
    side = np.asarray(numerators, np.float64), np.asarray(denominators, np.float64)
    low, high = find_ends([Side(*side)], blends, _checked(clusters, *side))
    answers = judge_answers([Side(*side)], blends, clusters, np.zeros(len(blends)))
    low[answers.places], high[answers.places] = answers.low, answers.high
    return Estimates(blend_rates(*side, blends), low, high)


def estimate_differences(
    first: Counted, second: Counted, clusters: Sequence[str], draws: Draws, margins: ArrayLike = 0.0
) -> Differences:
    """Estimate how much larger the rates of the second are, from the same draws for both.

    Args:
        first: Numerators and denominators of the first, each of shape (n, k), as for `estimate_rates`.
        second: Those of the second, over the same items in the same order.
        clusters: Length n.
        draws: Of the bootstrap.
        margins: One per rate, or one for all: `above` and `p` ask whether the difference exceeds it, instead of zero.

    Raises:
        ValueError: The lengths differ.
    """
    return estimate_blend_differences(first, second, _rates_alone(first[1]), clusters, draws, margins)


def estimate_blend_differences(
    first: Counted,
    second: Counted,
    blends: Sequence[Blend],
    clusters: Sequence[str],
    draws: Draws,
    margins: ArrayLike = 0.0,
) -> Differences:
    """Estimate how much larger the numbers of the second are, each made of rates, from the same draws for both.

    Args:
        first: As for `estimate_differences`.
        second: Over the same items in the same order.
        blends: What is made of the k rates of either side.
        clusters: Length n.
        draws: Of the bootstrap.
        margins: One per blend, or one for all.

    Raises:
        ValueError: The lengths differ.
    """
    sides = [(np.asarray(top, np.float64), np.asarray(bottom, np.float64)) for top, bottom in (first, second)]
    value = blend_rates(*sides[1], blends) - blend_rates(*sides[0], blends)
    margin = np.broadcast_to(np.asarray(margins, np.float64), value.shape)
    changed = (sides[0][0] != sides[1][0]) | (sides[0][1] != sides[1][1])
    pair = [Side(*side) for side in sides]
    low, high = find_ends(pair, blends, _checked(clusters, *sides[0], *sides[1]))
    above, p = np.full(value.shape, np.nan), np.full(value.shape, np.nan)
    for places, (before, after) in _draw_blends(sides, blends, clusters, draws):
        drawn = after - before
        drawn[np.abs(drawn) < _ROUNDING] = 0.0
        drawn -= margin[places]
        above[places] = np.nanmean(np.sign(drawn), axis=0) / 2 + 0.5
        touched = np.stack([changed[:, list(blends[place].columns)].any(axis=1) for place in places], axis=1)
        p[places] = np.minimum(1.0, np.maximum(_two_sided_p(drawn), 2.0 ** (1.0 - _count_shares(touched, clusters))))
    answers = judge_answers(pair, blends, clusters, margin)
    low[answers.places], high[answers.places], p[answers.places] = answers.low, answers.high, answers.p
    return Differences(value, low, high, above, p)


def blend_rates(numerators: ArrayLike, denominators: ArrayLike, blends: Sequence[Blend]) -> Floats:
    """Make the blends of the rates themselves, without resampling: shape (blends,), NaN where a rate is unknown."""
    totals = np.asarray(denominators, np.float64).sum(axis=0)
    sums = np.asarray(numerators, np.float64).sum(axis=0)
    rates = np.divide(sums, totals, out=np.full(totals.shape, np.nan), where=totals > 0)
    mixed: Floats = _mix(rates[None], blends)[0]
    return mixed


def draw_rates(
    numerators: ArrayLike, denominators: ArrayLike, clusters: Sequence[str], resamples: int, seed: int
) -> Floats:
    """Resample `sum(numerators) / sum(denominators)` over clusters, for each column.

    Args:
        numerators: Shape (n, k): a row per item, a column per rate.
        denominators: Shape (n, k); 0 where an item is not part of a rate.
        clusters: Length n: the document of each item.
        resamples: How many.
        seed: Of the generator: draws depend on it and on the number of clusters alone.

    Returns:
        Shape (resamples, k); NaN where what was drawn has nothing to divide by.

    Raises:
        ValueError: The lengths differ.
    """
    above, below = np.asarray(numerators, np.float64), np.asarray(denominators, np.float64)
    if not len(above) == len(below) == len(clusters):
        raise ValueError(f"{len(above)} numerators, {len(below)} denominators, {len(clusters)} clusters")
    sums = sum_clusters(np.hstack([above, below]), clusters)
    count, width = len(sums), below.shape[1]
    rates = np.empty((resamples, width))
    generator = np.random.default_rng(seed)
    step = max(1, _BLOCK_CELLS // max(1, count))
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        drawn = generator.integers(0, count, size=(rows, count))
        drawn += np.arange(rows)[:, None] * count  # one bincount for the block: each resample has its own bins
        times = np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count).astype(np.float64)
        totals = times @ sums
        bottom = totals[:, width:]
        rates[start : start + rows] = np.divide(
            totals[:, :width], bottom, out=np.full(bottom.shape, np.nan), where=bottom > 0
        )
    return rates


def holm(p: ArrayLike) -> Floats:
    """Adjust p-values for having made many comparisons (Holm, 1979, Scandinavian Journal of Statistics 6).

    Args:
        p: Shape (n,); NaN is a comparison that could not be made, and does not count as one.

    Returns:
        Shape (n,), in the order given, no larger than 1; to be compared with the level as they are.
    """
    given = np.asarray(p, np.float64)
    adjusted = np.full(given.shape, np.nan)
    made = np.flatnonzero(np.isfinite(given))
    order = made[np.argsort(given[made], kind="stable")]
    steps = given[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return adjusted


def _draw_blends(
    sides: Sequence[tuple[Floats, Floats]], blends: Sequence[Blend], clusters: Sequence[str], draws: Draws
) -> Iterator[tuple[list[int], list[Floats]]]:
    """Resample the blends that have at least three clusters, as many at once as fit into memory.

    Yields:
        Places of blends, and for each side their values, shape (resamples, places): the same draws for all.
    """
    shares = _count_shares(np.minimum.reduce([below for _, below in sides]), clusters)
    waiting = [place for place, blend in enumerate(blends) if shares[list(blend.columns)].min() >= FEWEST]
    room = max(1, _MOST_SAMPLES // max(1, len(sides) * draws.resamples))
    while waiting:
        widths = np.cumsum([len(blends[place].columns) for place in waiting])
        taken = max(1, int(np.searchsorted(widths, room, side="right")))
        places, waiting = waiting[:taken], waiting[taken:]
        columns = sorted({column for place in places for column in blends[place].columns})
        place_of = {column: place for place, column in enumerate(columns)}
        parts = [
            Blend(tuple(place_of[column] for column in blend.columns), blend.weights, blend.offset)
            for blend in (blends[place] for place in places)
        ]
        tops, bottoms = (np.hstack([side[part][:, columns] for side in sides]) for part in (0, 1))
        rates = draw_rates(tops, bottoms, clusters, draws.resamples, draws.seed)
        yield places, [_mix(of_side, parts) for of_side in np.split(rates, len(sides), axis=1)]


def _mix(rates: Floats, blends: Sequence[Blend]) -> Floats:
    """Make the blends of rates of shape (m, k): shape (m, blends)."""
    mixed = np.empty((len(rates), len(blends)))
    for place, blend in enumerate(blends):  # one by one: NaN times zero would be NaN in all of them
        mixed[:, place] = blend.of(rates)
    return mixed


def _rates_alone(denominators: ArrayLike) -> list[Blend]:
    """Return the blends that are the rates themselves."""
    return [Blend((column,)) for column in range(np.shape(denominators)[1])]


def _checked(clusters: Sequence[str], *arrays: Floats) -> Sequence[str]:
    """Return the clusters, one for each row of all arrays."""
    lengths = {len(array) for array in arrays}
    if lengths != {len(clusters)}:
        raise ValueError(f"{' or '.join(map(str, sorted(lengths)))} items, {len(clusters)} clusters")
    return clusters


def _count_shares(shares: NDArray[np.float64] | NDArray[np.bool_], clusters: Sequence[str]) -> NDArray[np.intp]:
    """Count the clusters that have a share in each column, which is above zero somewhere in the cluster."""
    if len(shares) != len(clusters):
        raise ValueError(f"{len(shares)} items, {len(clusters)} clusters")
    return np.asarray((sum_clusters(np.asarray(shares, np.float64), clusters) > 0).sum(axis=0), np.intp)


def _two_sided_p(drawn: Floats) -> Floats:
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
