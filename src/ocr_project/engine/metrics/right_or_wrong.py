"""Intervals and p-values of answers that are right or wrong: documents are weighed by chance, and one that is unseen.

Of such answers few differ between two runs, often none, and then their spread says nothing: Student's t calls the same
30 answers surely the same, and its correction for skewness swings where nearly all are wrong (benchmarks/coverage.py;
docs/decisions/0010). Here each document has a random weight (Rubin, 1981, "The Bayesian bootstrap", Annals of
Statistics 9), and so has one document more, of answers that are unknown: all wrong for the one end, all right for
the other. Where each answer is a document, that is the interval of Clopper and Pearson (Biometrika 26, 1934) for a
rate, and of Gaffke for a difference (2005, "Three test statistics for a nonparametric one-sided hypothesis on the mean
of a nonnegative variable", Mathematical Methods of Statistics 14). Where documents have many answers, a whole one that
is all wrong is too much to fear: it has 1 / sqrt(n) of the answers of a document, and at least one.

The weights do not depend on the answers. So with one more that is wrong every draw is worse, both ends and p: what is
surely worse stays so.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.metrics.intervals import CONFIDENCE, FEWEST, Blend, Floats, Side, sum_clusters

_DRAWS = 5_000  # the level of an end is right to 0.2 points
_SEED = 0  # the same for all: two runs, and a run tomorrow, see the same weights
_BLOCK_CELLS = 1 << 18  # weights held at once: 2 MiB
_MOST_BLENDS = 64  # drawn at once: 5 MiB for each of the two ends
_TAIL = (1 - CONFIDENCE) / 2


@dataclass(frozen=True, slots=True)
class Answers:
    """What is known of those blends whose scores are right or wrong; arrays in the order of `places`.

    Attributes:
        places: Of the blends.
        low: Lower ends of their 95 % intervals.
        high: Upper ends.
        p: Two-sided p-values of "it is the margin".
    """

    places: NDArray[np.intp]
    low: Floats
    high: Floats
    p: Floats


def judge_answers(sides: Sequence[Side], blends: Sequence[Blend], clusters: Sequence[str], margins: Floats) -> Answers:
    """Find the intervals and p-values of blends of answers that are right or wrong, or of their differences.

    Args:
        sides: One; or two, for how much larger the blends of the second are.
        blends: What is made of the rates; only those are looked at whose scores are all 0 or 1, each of one answer.
        clusters: The document of each item.
        margins: Of each blend: what p is asked about.
    """
    bottoms = np.minimum.reduce([side.bottom for side in sides])
    documents = (sum_clusters(bottoms, clusters) > 0).sum(axis=0)
    binary = np.logical_and.reduce([_is_binary(side) for side in sides])
    usable = binary & (documents >= FEWEST)
    places = np.array([at for at, blend in enumerate(blends) if usable[list(blend.columns)].all()], np.intp)
    low, high, p = (np.empty(len(places)) for _ in range(3))
    grouped = [Side(sum_clusters(side.top, clusters), sum_clusters(side.bottom, clusters)) for side in sides]
    for start in range(0, len(places), _MOST_BLENDS):
        part = slice(start, start + _MOST_BLENDS)
        least, most = _draw_both(grouped, [blends[at] for at in places[part]])
        low[part], high[part] = np.quantile(least, _TAIL, axis=0), np.quantile(most, 1 - _TAIL, axis=0)
        margin = margins[places[part]]
        p[part] = np.minimum(1.0, 2 * np.minimum(_share_below(least - margin), _share_below(margin - most)))
    return Answers(places, low, high, p)


def _is_binary(side: Side) -> NDArray[np.bool_]:
    """Return of each rate whether each item is one answer, right or wrong, or none."""
    counted = (side.bottom == 0) | (side.bottom == 1)
    return np.asarray((counted & ((side.top == 0) | (side.top == side.bottom))).all(axis=0), np.bool_)


def _draw_both(sides: Sequence[Side], blends: Sequence[Blend]) -> tuple[Floats, Floats]:
    """Draw each blend, or its difference, as low and as high as the document that is not there can make it.

    Returns:
        Two arrays of shape (draws, blends).
    """
    columns = sorted({column for blend in blends for column in blend.columns})
    local = [Blend(tuple(map(columns.index, blend.columns)), blend.weights, blend.offset) for blend in blends]
    drawn = [np.vstack(list(_draw_rates(Side(side.top[:, columns], side.bottom[:, columns])))) for side in sides]
    ends = []
    for at_most in (False, True):
        values = _mix(drawn[-1], local, at_most=at_most)
        if len(sides) == 2:
            values = values - _mix(drawn[0], local, at_most=not at_most)
        ends.append(values)
    return ends[0], ends[1]


def _draw_rates(side: Side) -> Iterator[Floats]:
    """Yield blocks of rates: shape (rows, 2, columns), the unseen answers all 0, and all 1."""
    count = len(side.bottom)
    shares = (side.bottom > 0).sum(axis=0)
    unseen = np.maximum(1.0, side.bottom.sum(axis=0) / shares / np.sqrt(shares))
    generator = np.random.default_rng([_SEED, count])
    step = max(1, _BLOCK_CELLS // (count + 1))
    for start in range(0, _DRAWS, step):
        weights = generator.standard_exponential((min(step, _DRAWS - start), count + 1))
        more = weights[:, -1:] * unseen
        top, bottom = weights[:, :-1] @ side.top, weights[:, :-1] @ side.bottom + more
        yield np.stack([top / bottom, (top + more) / bottom], axis=1)


def _mix(rates: Floats, blends: Sequence[Blend], *, at_most: bool) -> Floats:
    """Make blends of rates of shape (m, 2, k), each with the unseen answers that make it lowest or highest."""
    mixed = np.empty((len(rates), len(blends)))
    for place, blend in enumerate(blends):
        weights = np.asarray(blend.weights)
        chosen = rates[:, ((weights > 0) == at_most).astype(np.intp), list(blend.columns)]
        mixed[:, place] = blend.offset + chosen @ weights
    return mixed


def _share_below(drawn: Floats) -> Floats:
    """Return the share of draws that are not above zero, of each column; where there is none, a normal tail."""
    below = (drawn <= 0).sum(axis=0)
    share = np.asarray((below + 1) / (len(drawn) + 1), np.float64)
    for column in np.flatnonzero(below == 0):  # so many comparisons may ask for less than one of all draws
        spread = float(drawn[:, column].std())
        away = float(drawn[:, column].mean()) / spread if spread > 0 else math.inf
        share[column] = min(share[column], math.erfc(away / math.sqrt(2.0)) / 2)
    return share
