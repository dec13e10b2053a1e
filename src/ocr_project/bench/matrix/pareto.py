"""Which runs no other one beats in CER, latency and memory at once.

By their values alone a noisy CER puts almost every run on the front. So two things are told apart: a run is *on the
front* where no other one is as good in all three and better in one; a run that is not is *beaten* only where the
other's CER is, beyond doubt, not worse: the paired difference of the gate (`results/gate.py`), within the tolerance,
after Holm's correction for all that is compared. What lies between is open: more documents may put it on the front.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ocr_project.bench.matrix.grid import ErrorGrid
from ocr_project.bench.results.doubt import LEVEL
from ocr_project.engine.metrics.resampling import Draws, estimate_differences, holm

ALIKE = 0.05  # costs that differ by less are the same: two runs of one server differ by as much


class Place(StrEnum):
    """Where a run is."""

    FRONT = "front"
    OPEN = "open"
    BEATEN = "beaten"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a run is, and which run beats it.

    Attributes:
        place: `unknown` where it has no CER, or lacks a cost that others have.
        by: Name of the run that beats it, by values or beyond doubt; empty on the front.
    """

    place: Place
    by: str = ""


def find_front(grid: ErrorGrid, costs: Sequence[Sequence[float]], tolerance: float, draws: Draws) -> list[Standing]:
    """Say of each run whether another one beats it.

    Args:
        grid: Errors of the runs over the same questions.
        costs: Of each run: seconds, memory, or what else is the better the less; NaN where it is not known. A cost
            that no run has is left out.
        tolerance: By how much CER may be worse and still be as good, as a fraction.
        draws: Of the bootstrap.

    Returns:
        One a run, in the order of the grid.
    """
    used = [axis for axis in zip(*costs, strict=True) if any(map(math.isfinite, axis))] if costs else []
    cheap = [tuple(axis[run] for axis in used) for run in range(len(grid.names))]
    rates = grid.rates
    known = [math.isfinite(rate) and all(map(math.isfinite, cost)) for rate, cost in zip(rates, cheap, strict=True)]
    pairs = [
        (a, b)
        for a in range(len(cheap))
        for b in range(len(cheap))
        if a != b and known[a] and known[b] and _no_dearer(cheap[b], cheap[a])
    ]
    sure = set(_not_worse(grid, pairs, tolerance, draws))
    standings = []
    for run in range(len(cheap)):
        better = [b for a, b in pairs if a == run and _beats(rates[b], rates[run], cheap[b], cheap[run])]
        certain = [
            b for a, b in pairs if a == run and (a, b) in sure and (_is_cheaper(cheap[b], cheap[a]) or b in better)
        ]
        standings.append(_standing(grid.names, known[run], better, certain))
    return standings


def _standing(names: Sequence[str], known: bool, better: Sequence[int], certain: Sequence[int]) -> Standing:
    if not known:
        return Standing(Place.UNKNOWN)
    if certain:
        return Standing(Place.BEATEN, names[certain[0]])
    return Standing(Place.OPEN, names[better[0]]) if better else Standing(Place.FRONT)


def _not_worse(
    grid: ErrorGrid, pairs: Sequence[tuple[int, int]], tolerance: float, draws: Draws
) -> Iterator[tuple[int, int]]:
    """Yield the pairs whose second run is, beyond doubt, not worse than the first by more than the tolerance."""
    if not pairs:
        return
    first, second = (grid.side([pair[side] for pair in pairs]) for side in (0, 1))
    found = estimate_differences(first, second, grid.clusters, draws, tolerance)
    p = holm(np.where(found.above < 0.5, found.p / 2, 1.0 - found.p / 2))
    for place, pair in enumerate(pairs):
        if found.high[place] <= tolerance and p[place] < LEVEL:
            yield pair


def _beats(rate: float, other: float, cost: Sequence[float], others: Sequence[float]) -> bool:
    return rate <= other and (rate < other or _is_cheaper(cost, others))


def _no_dearer(cost: Sequence[float], others: Sequence[float]) -> bool:
    return all(mine <= theirs * (1 + ALIKE) for mine, theirs in zip(cost, others, strict=True))


def _is_cheaper(cost: Sequence[float], others: Sequence[float]) -> bool:
    return any(mine < theirs * (1 - ALIKE) for mine, theirs in zip(cost, others, strict=True))
