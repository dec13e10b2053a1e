"""Whether a run is worse than a baseline, or not: the paired difference against a tolerance.

Worse is what is so beyond doubt: the 95 % interval of the loss lies beyond the tolerance, and it stays so (one-sided,
0.05) after Holm's correction for the number of things that are looked at: without it a gate over forty metrics would
close by chance in every second run. Fine is what is not inferior: the whole interval is within the tolerance. What is
neither is open: these documents cannot tell. An item that the baseline has a score of and this run could not score
counts at its worst.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ocr_project.bench.metrics.catalog import metric_of
from ocr_project.bench.results.composites import plan_rates
from ocr_project.bench.results.doubt import DOCUMENTS, LEVEL, METRICS, WIDTH, documents_needed
from ocr_project.bench.results.gate_words import FINE, GONE, OPEN, WORSE
from ocr_project.bench.results.score_tables import ALL, common_scores, find_members, lay_out, slices_of
from ocr_project.engine.metrics.intervals import FEWEST, skewed_t
from ocr_project.engine.metrics.resampling import Draws, blend_rates, draw_rates, estimate_blend_differences, holm

GATE_COLUMNS = (
    "what", "metric", "items", "documents", "baseline", "now", "worse_by", "low", "high", "tolerance", "p_holm",
    "verdict", "why", "needed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tolerances:
    """How much worse is still fine.

    Attributes:
        quality: Of a rate, as a fraction: 0.01 is one point of a hundred. `None`: by metric, as the catalog has it.
        by_metric: Of some metrics, by name with or without normalization; takes precedence over `quality`.
        speed: Of times, as a share of the baseline's: 0.25 is a quarter slower. `None`: not looked at.
    """

    quality: float | None = None
    by_metric: Mapping[str, float] = field(default_factory=dict)
    speed: float | None = None

    def of(self, metric: str) -> float:
        """Return the tolerance of a metric: by its full name, its name without normalization, or the general one."""
        general = metric_of(metric).tolerance if self.quality is None else self.quality
        return self.by_metric.get(metric, self.by_metric.get(metric.split("/")[0], general))


def judge_quality(
    baseline: pd.DataFrame, now: pd.DataFrame, truths: pd.DataFrame, tolerances: Tolerances, draws: Draws
) -> pd.DataFrame:
    """Compare the scores of a run with those of its baseline, metric by metric, composites among them.

    Args:
        baseline: Score rows.
        now: Score rows of the run.
        truths: Truth rows, for the composites over slices.
        tolerances: See there.
        draws: Of the bootstrap.

    Returns:
        `GATE_COLUMNS` without the final `p_holm`, `verdict`, `why` and `needed`: see `give_verdicts`. `worse_by` is
        the loss as a fraction, negative where it became better; a metric of the baseline that the run lacks has the
        verdict `gone`.
    """
    rows: list[dict[str, object]] = []
    sides = dict(list(now.groupby("group", sort=True)))
    known = slices_of(truths)
    for test_set, before in baseline.groupby("group", sort=True):
        here = sides.get(test_set)
        present = set() if here is None else set(here["metric"])
        gone = sorted(set(before["metric"]) - present)
        rows += [{"what": str(test_set), "metric": metric, "verdict": GONE} for metric in gone]
        if here is not None:
            rows += _judge_set((str(test_set), known), common_scores(before, here), tolerances, draws)
    return pd.DataFrame(rows, columns=[*GATE_COLUMNS, "p"])


def judge_speed(
    what: str, baseline: Mapping[str, float], now: Mapping[str, float], tolerance: float, draws: Draws
) -> pd.DataFrame:
    """Compare times of the same things (items, shards) in both runs.

    Args:
        what: Whose times: for the table.
        baseline: Seconds by id; what has none in one of the two is left out.
        now: The same of this run.
        tolerance: As a share of the baseline's time.
        draws: Of the bootstrap, over the ids.

    Returns:
        One row of `GATE_COLUMNS`, or none: `baseline` and `now` are mean seconds, `worse_by` the growth as a share.
    """
    shared = sorted(key for key in baseline.keys() & now.keys() if baseline[key] > 0 and now[key] > 0)
    frame = pd.DataFrame(columns=[*GATE_COLUMNS, "p"])
    if not shared:
        return frame
    seconds = np.array([[baseline[key], now[key]] for key in shared])
    before, after = seconds.mean(axis=0)
    row: dict[str, object] = {
        "what": what, "metric": "seconds", "items": len(shared), "documents": len(shared), "baseline": before,
        "now": after, "worse_by": after / before - 1.0, "low": np.nan, "high": np.nan, "tolerance": tolerance,
        "p": np.nan,
    }  # fmt: skip
    if len(shared) >= FEWEST:
        drawn = draw_rates(seconds, np.ones_like(seconds), shared, draws.resamples, draws.seed)
        growth = drawn[:, 1] / drawn[:, 0] - 1.0
        others = seconds.sum(axis=0) - seconds
        low, high = skewed_t(after / before - 1.0, others[:, 1] / others[:, 0] - 1.0, len(shared))
        row |= {
            "low": low,
            "high": high,
            "p": max((np.sum(growth <= tolerance) + 1) / (len(growth) + 1), 0.5 ** len(shared)),
        }
    return pd.DataFrame([row], columns=frame.columns)


def give_verdicts(*parts: pd.DataFrame) -> pd.DataFrame:
    """Put what was judged together, correct by Holm and give the verdicts.

    Returns:
        `GATE_COLUMNS`: `verdict` is `worse`, `fine` (the whole interval is within the tolerance), `open` or `gone`.
        `why` says of what is open whether there are too few documents for an interval (`documents`), or for so many
        comparisons (`metrics`: the interval is beyond the tolerance), or whether the interval has the tolerance in
        it (`width`); `needed` is about how many documents could close it, NaN where that cannot be said.
    """
    held = [part for part in parts if len(part)]
    if not held:
        return pd.DataFrame(columns=list(GATE_COLUMNS))
    frame = pd.concat(held, ignore_index=True)
    frame["p_holm"] = holm(frame["p"].to_numpy(float))
    compared = int(frame["p_holm"].notna().sum())
    judged = [_verdict(row, compared) for row in frame.to_dict("records")]
    frame[["verdict", "why", "needed"]] = pd.DataFrame(judged, columns=["verdict", "why", "needed"])
    return frame[list(GATE_COLUMNS)]


def _verdict(row: Mapping[Any, Any], compared: int) -> tuple[str, str, float]:
    """Return the verdict on a line, why it is open, and about how many documents could close it."""
    if row["verdict"] == GONE:
        return GONE, "", np.nan
    if np.isnan(row["low"]):
        return OPEN, DOCUMENTS, float(FEWEST)
    if row["high"] <= row["tolerance"]:
        return FINE, "", np.nan
    if row["low"] <= row["tolerance"]:
        return OPEN, WIDTH, _needed(row, compared)
    if row["p_holm"] < LEVEL:
        return WORSE, "", np.nan
    return OPEN, METRICS, _needed(row, compared)


def _needed(row: Mapping[Any, Any], compared: int) -> float:
    """Estimate how many documents close a line: as worse, which p has to confirm, or as fine."""
    gap = row["worse_by"] - row["tolerance"]
    half = row["worse_by"] - row["low"] if gap > 0 else row["high"] - row["worse_by"]
    return documents_needed(gap, half, int(row["documents"]), compared if gap > 0 else 0)


def _judge_set(
    whose: tuple[str, dict[tuple[str, str], list[tuple[str, str]]]],
    shared: tuple[pd.DataFrame, pd.DataFrame],
    tolerances: Tolerances,
    draws: Draws,
) -> Iterator[dict[str, object]]:
    if not len(shared[0]):
        return
    test_set, known = whose
    one, two = lay_out(shared[0]), lay_out(shared[1])
    held = one.bottom > 0
    plan = plan_rates(test_set, one.metrics, held, find_members(one.items, test_set, known))
    statistics = [stat for stat in plan.statistics if stat.members.slice == ALL]
    first = plan.spread(one.top), plan.spread(one.bottom)
    second = plan.spread((two.top + two.worst) * held), plan.spread((two.bottom + two.missing) * held)
    margins = np.array([tolerances.of(stat.metric) for stat in statistics])
    found = estimate_blend_differences(first, second, [stat.loss for stat in statistics], one.clusters, draws, margins)
    before, after = (blend_rates(*side, [stat.blend for stat in statistics]) for side in (first, second))
    clusters = np.asarray(one.clusters, np.str_)
    for place, stat in enumerate(statistics):
        mine = (first[1][:, list(stat.blend.columns)] > 0).any(axis=1)
        p = found.p[place] / 2
        yield {
            "what": test_set, "metric": stat.metric, "items": int(mine.sum()),
            "documents": len(set(clusters[mine])), "baseline": before[place], "now": after[place],
            "worse_by": found.value[place], "low": found.low[place], "high": found.high[place],
            "tolerance": margins[place], "p": p if found.above[place] > 0.5 else 1.0 - p,
        }  # fmt: skip
