"""Score rows of test sets to tables: by set, metric and slice with intervals, and pairs of recognizers compared.

"Could not be scored" (`status` is `failed`) is never a zero in silence: a rate stands over what could be scored, the
items that could not be are counted beside it, and `strict` is the rate with them at their worst.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ocr_project.bench.metrics.catalog import Average, by_weight, metric_of
from ocr_project.bench.results.composites import Members, Statistic, plan_rates
from ocr_project.bench.results.doubt import DOCUMENTS, LEVEL, METRICS, WIDTH, documents_needed
from ocr_project.domain.types import Status
from ocr_project.engine.metrics.intervals import FEWEST, Blend
from ocr_project.engine.metrics.resampling import (
    Draws,
    blend_rates,
    estimate_blend_differences,
    estimate_blends,
    holm,
)

ALL = "all"
SCORE_COLUMNS = (
    "test_set", "metric", "slice", "value", "items", "scored", "failed", "documents",
    "rate", "low", "high", "strict", "strict_low", "strict_high",
)  # fmt: skip
PAIR_COLUMNS = (
    "test_set", "metric", "slice", "value", "first", "second", "items", "documents", "first_rate", "second_rate",
    "difference", "low", "high", "better", "p", "p_holm", "verdict", "why", "needed",
)  # fmt: skip

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Grid:
    """The scores of one test set, laid out for matrix products.

    Attributes:
        items: Ids, one a row of the arrays below.
        clusters: Of the bootstrap, one an item.
        metrics: One a column, in the order of weight.
        top: Shape (items, metrics): numerators as the metric averages them; 0 where not scored.
        bottom: Shape (items, metrics): denominators; 0 where not scored.
        failed: Shape (items, metrics): whether the item could not be scored.
        missing: Shape (items, metrics): the denominators of those that could not be.
    """

    items: list[str]
    clusters: list[str]
    metrics: list[str]
    top: Floats
    bottom: Floats
    failed: NDArray[np.bool_]
    missing: Floats

    @property
    def worst(self) -> Floats:
        """Shape (items, metrics): numerators of what could not be scored, at its worst."""
        return np.asarray(self.missing * [metric_of(name).worst for name in self.metrics], np.float64)


def lay_out(scores: pd.DataFrame) -> Grid:
    """Lay the Score rows of one test set out as arrays.

    Args:
        scores: Columns item_id, doc_id (the cluster), metric, numerator, denominator, status. Where the denominator
            of an item that could not be scored is not known (0), it is the mean of those that could. Several scores of
            one metric for an item (it has several ground truths) are added up; it is scored if one of them is.

    Raises:
        ValueError: A metric is not in the catalog.
    """
    scores = _added_up(scores)
    first = scores.drop_duplicates("item_id")
    items = list(first["item_id"])
    metrics = sorted(set(scores["metric"]), key=by_weight)
    row = scores["item_id"].map({name: place for place, name in enumerate(items)}).to_numpy()
    column = scores["metric"].map({name: place for place, name in enumerate(metrics)}).to_numpy()
    top, bottom, missing = (np.zeros((len(items), len(metrics))) for _ in range(3))
    failed = np.zeros(top.shape, np.bool_)
    failed[row, column] = (scores["status"] == Status.FAILED).to_numpy()
    top[row, column], bottom[row, column] = scores["numerator"].to_numpy(), scores["denominator"].to_numpy()
    for place, name in enumerate(metrics):
        if metric_of(name).average is Average.MEAN:
            held = bottom[:, place] > 0
            top[held, place] /= bottom[held, place]
            top[~held, place] = 0.0
            bottom[:, place] = held
        known = bottom[~failed[:, place], place]
        missing[:, place] = np.where(bottom[:, place] > 0, bottom[:, place], known.mean() if len(known) else 1.0)
    missing[~failed] = 0.0
    top[failed] = bottom[failed] = 0.0
    return Grid(items, list(first["doc_id"]), metrics, top, bottom, failed, missing)


def _added_up(scores: pd.DataFrame) -> pd.DataFrame:
    """Make one score of several that an item has of one metric."""
    keys = ["item_id", "metric"]
    if not scores.duplicated(keys).any():
        return scores
    failed = scores["status"] == Status.FAILED
    lost = failed & ~(~failed).groupby([scores[key] for key in keys]).transform("any")
    kept = scores[~failed | lost]
    sums = {"doc_id": "first", "numerator": "sum", "denominator": "sum", "status": "first"}
    return kept.groupby(keys, sort=False, as_index=False).agg(sums)


def slices_of(truths: pd.DataFrame) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Return name and value of the slices of each (test set, item), as its truths name them together."""
    found: dict[tuple[str, str], dict[tuple[str, str], None]] = {}
    for test_set, item, pairs in zip(truths["test_set"], truths["page_id"], truths["slices"], strict=True):
        held = found.setdefault((test_set, item), {})
        held.update(dict.fromkeys(_pair(pair) for pair in pairs))
    return {key: list(held) for key, held in found.items()}


def _pair(pair: Any) -> tuple[str, str]:
    """Take a slice as a frame holds it (a struct), or as a Truth does."""
    return (pair["name"], pair["value"]) if isinstance(pair, dict) else (pair[0], pair[1])


def tabulate_test_sets(scores: pd.DataFrame, truths: pd.DataFrame) -> pd.DataFrame:
    """Add scores up by test set, metric and slice, with 95 % intervals over documents.

    Args:
        scores: Score rows; `group` is the test set.
        truths: Truth rows, for the slices. An item may be in several slices.

    Returns:
        `SCORE_COLUMNS`; the first row of a metric is over all items (`slice` and `value` are `all`). `strict` and its
        interval count what could not be scored at its worst.
    """
    known = slices_of(truths)
    rows: list[dict[str, object]] = []
    for test_set, part in scores.groupby("group", sort=True):
        grid = lay_out(part)
        rows += _set_rows(str(test_set), grid, find_members(grid.items, str(test_set), known))
    return pd.DataFrame(rows, columns=list(SCORE_COLUMNS))


def _set_rows(test_set: str, grid: Grid, slices: Sequence[Members]) -> Iterator[dict[str, object]]:
    plan = plan_rates(test_set, grid.metrics, (grid.bottom + grid.missing) > 0, slices)
    blends = [stat.blend for stat in plan.statistics]
    top, bottom = plan.spread(grid.top), plan.spread(grid.bottom)
    strict_top, strict_bottom = top + plan.spread(grid.worst), bottom + plan.spread(grid.missing)
    strict = [Blend(tuple(c + top.shape[1] for c in b.columns), b.weights, b.offset) for b in blends]
    found = estimate_blends(
        np.hstack([top, strict_top]), np.hstack([bottom, strict_bottom]), [*blends, *strict], grid.clusters
    )
    documents = _documents(grid)
    for place, stat in enumerate(plan.statistics):
        counted, lost = _counted(stat, strict_bottom), _counted(stat, plan.spread(grid.missing))
        if counted.any():
            yield {
                "test_set": test_set, "metric": stat.metric, "slice": stat.members.slice, "value": stat.members.value,
                "items": int(counted.sum()), "scored": int((counted & ~lost).sum()), "failed": int(lost.sum()),
                "documents": len(set(documents[counted])),
                "rate": found.value[place], "low": found.low[place], "high": found.high[place],
                "strict": found.value[len(blends) + place], "strict_low": found.low[len(blends) + place],
                "strict_high": found.high[len(blends) + place],
            }  # fmt: skip


def compare_test_sets(
    first: tuple[str, pd.DataFrame], second: tuple[str, pd.DataFrame], truths: pd.DataFrame, draws: Draws
) -> pd.DataFrame:
    """Compare two recognizers on the items that both were scored on.

    Args:
        first: Its name and Score rows.
        second: The same of the second; differences are the second's rate minus the first's.
        truths: Truth rows, for the slices.
        draws: Of the bootstrap.

    Returns:
        `PAIR_COLUMNS`: `better` is the probability that the second is the better one, `p` two-sided; what follows it
        is left for `adjust_pairs`, since Holm's correction is over all pairs that are shown together.
    """
    known = slices_of(truths)
    groups_1, groups_2 = (dict(list(scores.groupby("group", sort=True))) for _, scores in (first, second))
    rows: list[dict[str, object]] = []
    for test_set in groups_1.keys() & groups_2.keys():
        one, two = common_scores(groups_1[test_set], groups_2[test_set])
        if len(one):
            grids = lay_out(one), lay_out(two)
            members = find_members(grids[0].items, str(test_set), known)
            rows += _pair_rows((str(test_set), first[0], second[0]), grids, members, draws)
    frame = pd.DataFrame(rows, columns=list(PAIR_COLUMNS))
    return frame.sort_values("test_set", kind="stable", ignore_index=True)


def adjust_pairs(*pairs: pd.DataFrame) -> pd.DataFrame:
    """Put comparisons together, correct their p-values by Holm, and say which are beyond doubt.

    Whole test sets are one family and slices another: a hundred slices do not make a headline doubtful.

    Returns:
        `verdict` is `second` or `first` for whichever is better where the corrected p is below 0.05 and zero is
        outside the interval, `open` else. `why` says of what is open whether there are too few documents for an
        interval (`documents`), or for so many comparisons (`metrics`), or whether the interval has zero in it
        (`width`); `needed` is about how many documents could close it, NaN where that cannot be said.
    """
    frame = pd.concat(pairs, ignore_index=True)
    whole = (frame["slice"] == ALL).to_numpy()
    compared = np.zeros(len(frame), int)
    for family in (whole, ~whole):
        frame.loc[family, "p_holm"] = holm(frame.loc[family, "p"].to_numpy(float))
        compared[family] = frame.loc[family, "p_holm"].notna().sum()
    clear = (frame["p_holm"] < LEVEL) & ((frame["low"] > 0) | (frame["high"] < 0))
    frame["verdict"] = np.where(clear, np.where(frame["better"] > 0.5, "second", "first"), "open")
    doubts = [
        ("", np.nan) if sure else _doubt(row, int(count))
        for row, sure, count in zip(frame.to_dict("records"), clear, compared, strict=True)
    ]
    frame[["why", "needed"]] = pd.DataFrame(doubts, columns=["why", "needed"])
    return frame


def _doubt(row: Mapping[Any, Any], compared: int) -> tuple[str, float]:
    """Return why two runs cannot be told apart, and about how many documents could."""
    if np.isnan(row["low"]):
        return DOCUMENTS, float(FEWEST)
    gap = row["difference"]
    half = gap - row["low"] if gap > 0 else row["high"] - gap
    why = WIDTH if row["low"] <= 0 <= row["high"] else METRICS
    return why, documents_needed(gap, half, int(row["documents"]), 2 * compared)


def _pair_rows(
    names: tuple[str, str, str], grids: tuple[Grid, Grid], slices: Sequence[Members], draws: Draws
) -> Iterator[dict[str, object]]:
    one, two = grids
    both = (one.bottom > 0) & (two.bottom > 0)
    plan = plan_rates(names[0], one.metrics, both, slices)
    blends = [stat.blend for stat in plan.statistics]
    sides = [(plan.spread(grid.top * both), plan.spread(grid.bottom * both)) for grid in grids]
    rates = [blend_rates(*side, blends) for side in sides]
    found = estimate_blend_differences(sides[0], sides[1], blends, one.clusters, draws)
    documents = _documents(one)
    for place, stat in enumerate(plan.statistics):
        held = _counted(stat, sides[0][1])
        if held.any():
            above = found.above[place]
            yield {
                **dict(zip(("test_set", "first", "second"), names, strict=True)),
                "metric": stat.metric, "slice": stat.members.slice, "value": stat.members.value,
                "items": int(held.sum()), "documents": len(set(documents[held])),
                "first_rate": rates[0][place], "second_rate": rates[1][place],
                "difference": found.value[place], "low": found.low[place], "high": found.high[place],
                "better": above if metric_of(stat.metric).higher_is_better else 1.0 - above, "p": found.p[place],
            }  # fmt: skip


def _documents(grid: Grid) -> NDArray[np.intp]:
    return np.asarray(np.unique(np.asarray(grid.clusters, np.str_), return_inverse=True)[1], np.intp)


def _counted(stat: Statistic, shares: Floats) -> NDArray[np.bool_]:
    """Tell which items have a share in a statistic."""
    return np.asarray((shares[:, list(stat.blend.columns)] > 0).any(axis=1), np.bool_)


def common_scores(one: pd.DataFrame, two: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keep the scores of items and metrics that both have, in the same order."""
    keys = ["item_id", "metric"]
    shared = one[keys].merge(two[keys], on=keys)
    return shared.merge(one, on=keys), shared.merge(two, on=keys)


def find_members(
    items: Sequence[str], test_set: str, known: dict[tuple[str, str], list[tuple[str, str]]]
) -> list[Members]:
    """Return the members of each slice: all items first, then by name and value."""
    found = [Members(ALL, ALL, np.ones(len(items), np.bool_))]
    places: dict[tuple[str, str], list[int]] = {}
    for place, item in enumerate(items):
        for pair in known.get((test_set, item), ()):
            places.setdefault(pair, []).append(place)
    for name, value in sorted(places):
        mask = np.zeros(len(items), np.bool_)
        mask[places[name, value]] = True
        found.append(Members(name, value, mask))
    return found
