"""From the tables of runs to the lines of a report, side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import pandas as pd

from ocr_project.bench.metrics.catalog import by_weight, metric_of, normalization_of, title_of
from ocr_project.bench.report import AnswerLine, GateLine, PairLine, Point, Scatter, ScoreLine, Value
from ocr_project.bench.results.composites import composites_of_items
from ocr_project.bench.results.gate_words import OPEN, VERDICTS, describe, why_open
from ocr_project.bench.results.pair_words import gain_of, why_pair_is_open
from ocr_project.bench.results.score_tables import adjust_pairs, compare_test_sets
from ocr_project.bench.testsets import find_test_set
from ocr_project.domain.types import Status
from ocr_project.engine.metrics import Draws
from ocr_project.storage.run_record import RunRecord

_ALL = "all"
_APART = 0.05


def headlines(tables: Sequence[pd.DataFrame]) -> dict[str, str]:
    """Choose the metric that stands for each test set: its headline, or the first by weight of those all runs have."""
    found: dict[str, str] = {}
    for test_set in sorted(set().union(*(set(table["test_set"]) for table in tables))):
        held = [set(t.loc[(t["test_set"] == test_set) & t["rate"].notna(), "metric"]) for t in tables]
        shared = set.intersection(*(metrics for metrics in held if metrics)) if any(held) else set()
        if shared:
            wanted = find_test_set(test_set).card.headline
            found[test_set] = wanted if wanted in shared else min(shared, key=by_weight)
    return found


def score_table(tables: Sequence[pd.DataFrame], heads: Mapping[str, str]) -> list[ScoreLine]:
    """Put the score tables of runs side by side, in the order of sets, weight of metrics, slices."""
    keyed = [{_key(row): row for row in table.to_dict("records")} for table in tables]
    keys = sorted(set().union(*keyed), key=lambda key: (key[0], by_weight(key[1]), key[2] != _ALL, key[2], key[3]))
    lines = []
    for key in keys:
        rows = [table.get(key) for table in keyed]
        known = next(row for row in rows if row is not None)
        lines.append(
            ScoreLine(
                test_set=key[0],
                metric=key[1],
                title=title_of(key[1]),
                higher_is_better=metric_of(key[1]).higher_is_better,
                slice=key[2],
                value=key[3],
                items=int(known["items"]),
                documents=int(known["documents"]),
                values=[None if row is None else _value(row) for row in rows],
                headline=heads.get(key[0]) == key[1],
            )
        )
    return lines


def _key(row: Mapping[Any, Any]) -> tuple[str, str, str, str]:
    return row["test_set"], row["metric"], row["slice"], row["value"]


def _value(row: Mapping[Any, Any]) -> Value:
    return Value(row["rate"], row["low"], row["high"], row["strict"], int(row["failed"]))


def pair_runs(
    records: Sequence[RunRecord], names: Sequence[str], draws: Draws, places: Sequence[tuple[int, int]] = ()
) -> pd.DataFrame:
    """Compare runs in pairs, on the items that both were scored on; p is corrected over all of them.

    Args:
        records: The runs.
        names: What they are called, each different.
        draws: Of the bootstrap.
        places: The pairs, by their places among the runs; empty for each with each.
    """
    known = pd.concat([record.items for record in records], ignore_index=True)
    pairs = [
        compare_test_sets((names[a], records[a].scores), (names[b], records[b].scores), known, draws)
        for a, b in places or combinations(range(len(records)), 2)
    ]
    return adjust_pairs(*pairs)


def pair_lines(pairs: pd.DataFrame, names: Sequence[str], heads: Mapping[str, str]) -> list[PairLine]:
    """Turn comparisons into lines, in the order of sets, weight of metrics, slices."""
    rows = pairs.to_dict("records")
    rows.sort(
        key=lambda row: (row["test_set"], by_weight(row["metric"]), row["slice"] != _ALL, row["slice"], row["value"])
    )
    return [
        PairLine(
            test_set=row["test_set"],
            title=title_of(row["metric"]),
            slice=row["slice"],
            value=row["value"],
            first=names.index(row["first"]),
            second=names.index(row["second"]),
            items=int(row["items"]),
            documents=int(row["documents"]),
            gain=(gain := gain_of(row)).value,
            low=gain.low,
            high=gain.high,
            better=row["better"],
            p=row["p_holm"],
            verdict=row["verdict"],
            why=why_pair_is_open(row) if row["verdict"] == OPEN else "",
            headline=heads.get(row["test_set"]) == row["metric"],
            higher_is_better=metric_of(row["metric"]).higher_is_better,
        )
        for row in rows
    ]


def gate_lines(table: pd.DataFrame) -> list[GateLine]:
    """Turn the gate's table into lines, worst first."""
    rows = sorted(table.to_dict("records"), key=lambda row: VERDICTS.index(row["verdict"]))
    return [
        GateLine(
            row["what"],
            row["metric"],
            row["verdict"],
            describe(row) + (f": {why_open(row)}" if row["verdict"] == OPEN else ""),
        )
        for row in rows
    ]


def answer_lines(tables: Sequence[pd.DataFrame]) -> list[AnswerLine]:
    """Put the tables of answers side by side, by set, then by run."""
    lines = [
        AnswerLine(
            test_set=row["test_set"],
            run=run,
            items=int(row["items"]),
            faults={name: int(row[name]) for name in ("loop", "cut", "empty")},
            retried=int(row["retried"]),
            failed=int(row["failed"]),
            seconds={name: row[name] for name in ("p50", "p95", "p99")},
            tokens=int(row["tokens"]),
        )
        for run, table in enumerate(tables)
        for row in table.to_dict("records")
    ]
    return sorted(lines, key=lambda line: (line.test_set, line.run))


def item_values(record: RunRecord) -> pd.DataFrame:
    """Return the value of each item by each metric, and by the composites of its set.

    Returns:
        Columns test_set, item_id, metric, value (NaN where it could not be scored), loss (0 is perfect), reason.
    """
    scores = record.scores
    scored = (scores["status"] != Status.FAILED) & (scores["denominator"] > 0)
    value = (scores["numerator"] / scores["denominator"].where(scores["denominator"] > 0)).where(scored)
    rising = scores["metric"].map({name: metric_of(name).higher_is_better for name in set(scores["metric"])})
    values = pd.DataFrame(
        {
            "test_set": scores["group"],
            "item_id": scores["item_id"],
            "metric": scores["metric"],
            "value": value,
            "loss": value.where(~rising.astype(bool), 1.0 - value),
            "reason": scores["reason"],
        }
    ).drop_duplicates(["test_set", "item_id", "metric"])
    made = composites_of_items(values)
    return pd.concat([values, made], ignore_index=True) if len(made) else values


def normalization_scatters(values: pd.DataFrame) -> Iterator[Scatter]:
    """Yield the items of each set and metric that has an official and a canonical score, where the two differ."""
    for (test_set, name), part in values.assign(name=values["metric"].map(_bare)).groupby(["test_set", "name"]):
        wide = part.pivot(index="item_id", columns="metric", values="value").dropna()
        sides = sorted(wide.columns, key=by_weight)
        if [normalization_of(side) for side in sides] == ["official", "canonical"]:
            scatter = _scatter(f"{test_set}: {title_of(str(name))}", "official", "canonical", wide[sides])
            if scatter.apart:
                yield scatter


def run_scatters(values: Sequence[pd.DataFrame], names: Sequence[str], heads: Mapping[str, str]) -> Iterator[Scatter]:
    """Yield the items of each set and pair of runs: the headline of each item in both."""
    for test_set, metric in heads.items():
        sides = [
            frame[(frame["test_set"] == test_set) & (frame["metric"] == metric)].set_index("item_id")["value"]
            for frame in values
        ]
        for a, b in combinations(range(len(sides)), 2):
            wide = pd.concat([sides[a], sides[b]], axis=1, join="inner").dropna()
            if len(wide):
                yield _scatter(f"{test_set}: {title_of(metric)}", names[a], names[b], wide)


def _scatter(caption: str, x_label: str, y_label: str, wide: pd.DataFrame) -> Scatter:
    points = [Point(float(x), float(y), str(item)) for item, x, y in wide.itertuples()]
    apart = sum(math.fabs(point.x - point.y) > _APART for point in points)
    return Scatter(caption, x_label, y_label, points, apart)


def _bare(metric: str) -> str:
    return metric.split("/")[0]
