"""The lowest resolution at which a kind of document is still read as well as at the highest.

Resolutions are tried from the highest down, and the way down ends at the first that is not, beyond doubt, as good: the
whole 95 % interval of the paired difference of CER has to be within the tolerance (the gate's test for *fine*). A
sequence that is fixed beforehand and ends at the first failure needs no correction for how many there are (Maurer,
Hothorn and Lehmacher, 1995): the chance that the answer is too low is that of a single test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ocr_project.bench.matrix.grid import ErrorGrid
from ocr_project.bench.results.gate import GATE_COLUMNS, give_verdicts
from ocr_project.bench.results.gate_words import FINE
from ocr_project.engine.metrics.resampling import Draws, estimate_differences, estimate_rates

ALL = "all"


@dataclass(frozen=True, slots=True)
class Step:
    """One resolution of a kind of document.

    Attributes:
        pixels: Most pixels of an image.
        questions: How many were asked.
        documents: How many they are about.
        cer: Rate; `low` and `high` are the ends of its 95 % interval, NaN where there is none.
        worse_by: By how much CER is above that of the highest resolution; `worse_low` and `worse_high` are the ends of
            its interval.
        verdict: Of the gate: `fine`, `open` or `worse`; `fine` for the highest itself.
        needed: About how many documents could close what is open; NaN where that cannot be said.
    """

    pixels: int
    questions: int
    documents: int
    cer: float
    low: float
    high: float
    worse_by: float = 0.0
    worse_low: float = 0.0
    worse_high: float = 0.0
    verdict: str = FINE
    needed: float = np.nan


@dataclass(frozen=True, slots=True)
class Lowest:
    """What was found for a kind of document.

    Attributes:
        doc_type: `all` for all together.
        pixels: The lowest resolution that is as good as the highest.
        steps: From the highest down.
    """

    doc_type: str
    pixels: int
    steps: tuple[Step, ...]


def find_lowest(
    grid: ErrorGrid,
    pixels: Sequence[int],
    doc_types: Mapping[str, str],
    tolerance: float,
    draws: Draws,
) -> list[Lowest]:
    """Find the lowest resolution that is enough, for all documents and for each kind of them.

    Args:
        grid: Errors of one model over the same questions, a run for each resolution.
        pixels: Of the runs of the grid.
        doc_types: Kind of the document of each question, by the question's id.
        tolerance: By how much CER may be worse, as a fraction.
        draws: Of the bootstrap.

    Returns:
        All documents first where there are several kinds.
    """
    kinds: dict[str, list[str]] = {}
    for item in grid.items:
        kinds.setdefault(doc_types[item], []).append(item)
    parts = {ALL: list(grid.items)} if len(kinds) > 1 else {}
    parts |= dict(sorted(kinds.items()))
    return [_lowest(kind, grid.of(items), pixels, tolerance, draws) for kind, items in parts.items()]


def _lowest(doc_type: str, grid: ErrorGrid, pixels: Sequence[int], tolerance: float, draws: Draws) -> Lowest:
    order = sorted(range(len(pixels)), key=lambda run: -pixels[run])
    rates = estimate_rates(*grid.side(order), grid.clusters)
    documents = len(set(grid.clusters))
    judged = _judge(doc_type, grid, order, tolerance, draws)
    steps = [
        Step(
            pixels[run], len(grid.items), documents, float(rates.value[place]), float(rates.low[place]),
            float(rates.high[place]), *judged[place - 1 if place else 0] if place else (),
        )
        for place, run in enumerate(order)
    ]  # fmt: skip
    lowest = steps[0].pixels
    for step in steps[1:]:
        if step.verdict != FINE:
            break
        lowest = step.pixels
    return Lowest(doc_type, lowest, tuple(steps))


def _judge(
    doc_type: str, grid: ErrorGrid, order: Sequence[int], tolerance: float, draws: Draws
) -> list[tuple[float, float, float, str, float]]:
    """Return of each resolution but the highest: loss, its interval, the gate's verdict, documents needed."""
    lower = list(order[1:])
    if not lower:
        return []
    first, second = grid.side([order[0]] * len(lower)), grid.side(lower)
    found = estimate_differences(first, second, grid.clusters, draws, tolerance)
    one_sided = np.where(found.above > 0.5, found.p / 2, 1.0 - found.p / 2)
    rates = grid.rates
    table = pd.DataFrame(
        [
            {
                "what": doc_type, "metric": "cer", "items": len(grid.items), "documents": len(set(grid.clusters)),
                "baseline": rates[order[0]], "now": rates[run], "worse_by": found.value[place],
                "low": found.low[place], "high": found.high[place], "tolerance": tolerance, "p": one_sided[place],
            }
            for place, run in enumerate(lower)
        ],
        columns=[*GATE_COLUMNS, "p"],
    )  # fmt: skip
    return [
        (float(row["worse_by"]), float(row["low"]), float(row["high"]), str(row["verdict"]), float(row["needed"]))
        for row in give_verdicts(table).to_dict("records")
    ]
