"""The report of a run over test sets, and of several runs side by side, made from their records."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import zip_longest
from typing import Any

import pandas as pd

from ocr_project.bench.metrics.catalog import by_weight, title_of
from ocr_project.bench.report import AnswerView, BenchmarkReport, ItemCard, RunColumn, write_benchmark_report
from ocr_project.bench.report.item_views import answer_content, reference_content
from ocr_project.bench.report.report_rows import (
    answer_lines,
    gate_lines,
    headlines,
    item_values,
    normalization_scatters,
    pair_lines,
    run_scatters,
    score_table,
)
from ocr_project.bench.results.gate_words import count_verdicts
from ocr_project.bench.results.run_tables import tabulate_answers, tabulate_scores
from ocr_project.bench.rules.drawings import Drawer
from ocr_project.bench.scoring import LaneShards
from ocr_project.domain.options import RuntimeOptions, TestsetsOptions
from ocr_project.domain.protocols import ShardSource
from ocr_project.engine.running.workers import worker_count
from ocr_project.storage.run_record import RunRecord

_SPEED = (  # of the footers of the shards: name, title, format
    ("pages_per_second", "Pages per second", "{:.2f}"),
    ("gpu_watt_hours_per_1000_pages", "Watt-hours per 1,000 pages", "{:.1f}"),
    ("gpu_cost_per_1000_pages", "Cost of 1,000 pages", "{:.2f}"),
)


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs side by side, with their tables."""

    records: Sequence[RunRecord]
    names: Sequence[str]
    scores: Sequence[pd.DataFrame]
    answers: Sequence[pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A run and its tables: of scores, of answers, and of the gate (no rows where there is no baseline)."""

    record: RunRecord
    scores: pd.DataFrame
    answers: pd.DataFrame
    gate: pd.DataFrame


def build_page(
    evidence: Evidence, shards: LaneShards, options: TestsetsOptions, runtime: RuntimeOptions
) -> partial[None]:
    """Return a function that writes the report of one run to a path, and reads the images while it does."""
    record, gate = evidence.record, evidence.gate
    runs = Runs([record], [record.run.recognizer], [evidence.scores], [evidence.answers])
    report = _report(runs, None, shards.pages, options)
    report = replace(report, gate=gate_lines(gate), gate_counts=count_verdicts(gate))
    return partial(write_benchmark_report, report=report, workers=worker_count(runtime))


def stand_side_by_side(records: Sequence[RunRecord], names: Sequence[str]) -> Runs:
    """Make the tables of runs that were recorded at different times, in the same way."""
    tables = [tabulate_scores(record) for record in records]
    return Runs(records, names, tables, [tabulate_answers(record) for record in records])


def build_comparison(
    runs: Runs, pairs: pd.DataFrame, pages: ShardSource, options: TestsetsOptions, workers: int
) -> partial[None]:
    """Return a function that writes the report of several runs; items whose page is missing have no image."""
    return partial(write_benchmark_report, report=_report(runs, pairs, pages, options), workers=workers)


def _report(runs: Runs, pairs: pd.DataFrame | None, pages: ShardSource, options: TestsetsOptions) -> BenchmarkReport:
    heads = headlines(runs.scores)
    values = [item_values(record) for record in runs.records]
    scatters = normalization_scatters(values[0]) if pairs is None else run_scatters(values, runs.names, heads)
    chosen = _chosen(values, heads, options.report_pages)
    drawer = Drawer(
        cdm=False,
        katex=options.katex,
        cache=options.drawings,
        memory=int(options.drawing_memory_gib * 2**30),
    )
    cards = _Cards(runs, values, pages, drawer)
    return BenchmarkReport(
        title="Test sets" if pairs is None else "Test sets: " + " against ".join(runs.names),
        created=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        runs=[_column(record, name) for record, name in zip(runs.records, runs.names, strict=True)],
        notes=_notes(runs),
        scores=score_table(runs.scores, heads),
        pairs=[] if pairs is None else pair_lines(pairs, runs.names, heads),
        answers=answer_lines(runs.answers),
        scatters=sorted(scatters, key=lambda scatter: -scatter.apart),
        parameters=runs.records[0].run.parameters,
        items=(cards.make(test_set, item, apart) for test_set, item, _, apart in chosen),
        shown=frozenset(row[1] for row in chosen),
    )


def _column(record: RunRecord, name: str) -> RunColumn:
    run = record.run
    speed = {title: form.format(run.speed[key]) for key, title, form in _SPEED if key in run.speed}
    return RunColumn(name, {"recognizer": run.recognizer, "created": run.created, **run.facts}, speed)


def _notes(runs: Runs) -> list[str]:
    if len(runs.records) == 1:
        return [f"Recognizer: {runs.records[0].run.recognizer}"]
    machines = {record.run.facts.get("machine", "") for record in runs.records}
    found = [f"{len(runs.records)} runs, on the items that both have; the best of each line is marked."]
    if len(machines) > 1:
        found.append("The runs were made on different machines: their times are not comparable.")
    return found


def _chosen(
    values: Sequence[pd.DataFrame], heads: Mapping[str, str], limit: int
) -> list[tuple[str, str, float, float]]:
    """Choose the items to show: equally many of each set, half of them the worst, half where values differ most.

    Returns:
        Test set, item, loss of its worst run, largest difference of its values; worst first. An item that could not
        be scored has the loss 1.
    """
    queues = [_queue(values, test_set, metric) for test_set, metric in heads.items()]
    taken: dict[tuple[str, str], tuple[str, str, float, float]] = {}
    for row in (row for rank in zip_longest(*queues) for row in rank if row is not None):
        if len(taken) >= limit:
            break
        taken.setdefault(row[:2], row)
    return sorted(taken.values(), key=lambda row: (-row[2], row[0], row[1]))


def _queue(values: Sequence[pd.DataFrame], test_set: str, metric: str) -> list[tuple[str, str, float, float]]:
    parts = [frame[frame["test_set"] == test_set] for frame in values]
    heads = [part[part["metric"] == metric].set_index("item_id") for part in parts]
    losses = pd.concat([head["loss"].fillna(1.0) for head in heads], axis=1)
    if len(parts) > 1:
        apart = losses.max(axis=1) - losses.min(axis=1)
    else:
        other = parts[0][parts[0]["metric"] == f"{metric.split('/')[0]}/canonical"].set_index("item_id")
        apart = (losses.iloc[:, 0] - other["loss"]).abs()
    frame = pd.DataFrame({"loss": losses.max(axis=1), "apart": apart}).fillna({"loss": 1.0, "apart": 0.0})
    worst = frame.sort_values("loss", ascending=False, kind="stable").index
    parted = frame[frame["apart"] > 0].sort_values("apart", ascending=False, kind="stable").index
    order = dict.fromkeys(item for pair in zip_longest(worst, parted) for item in pair if item is not None)
    found = {str(item): (float(loss), float(gap)) for item, loss, gap in frame.itertuples()}
    return [(test_set, str(item), *found[str(item)]) for item in order]


class _Cards:
    """Makes the card of an item from the records of the runs."""

    def __init__(self, runs: Runs, values: Sequence[pd.DataFrame], pages: ShardSource, drawer: Drawer) -> None:
        self._rows = [_indexed(record.items) for record in runs.records]
        self._values = [
            {key: part for key, part in frame.groupby(["test_set", "item_id"], sort=False)} for frame in values
        ]
        self._pages = pages
        self._drawer = drawer
        self._shards = pages.index()

    def make(self, test_set: str, item: str, apart: float) -> ItemCard:
        held = [rows.get((test_set, item)) for rows in self._rows]
        known = next(row for row in held if row is not None)
        first = next((row["answer"] for row in held if row is not None), "")
        return ItemCard(
            item_id=item,
            name=known["path"],
            test_set=test_set,
            kind=known["kind"],
            slices=[(pair["name"], pair["value"]) for pair in known["slices"]],
            apart=apart,
            image=self._image(known["shard"], item),
            question=known["question"],
            reference=reference_content(known["kind"], known["payload"], first),
            answers=[self._answer(run, row, test_set) for run, row in enumerate(held) if row is not None],
        )

    def _answer(self, run: int, row: Mapping[Any, Any], test_set: str) -> AnswerView:
        scores = self._values[run].get((test_set, row["page_id"]))
        marks = [] if scores is None else sorted(scores.to_dict("records"), key=lambda mark: by_weight(mark["metric"]))
        return AnswerView(
            run=run,
            content=answer_content(row["kind"], row["payload"], row["answer"], self._drawer),
            scores=[(title_of(mark["metric"]), mark["value"], mark["reason"]) for mark in marks],
            fault=row["fault"],
            status=row["status"],
            reason=row["reason"],
            seconds=float(row["seconds"]) or math.nan,
        )

    def _image(self, shard: str, item: str) -> bytes | None:
        if shard not in self._shards:
            return None
        found = self._pages.find(shard, item, without=("text_layer", "text_layer_words"))
        return found[0].image if found else None


def _indexed(items: pd.DataFrame) -> dict[tuple[str, str], Mapping[Any, Any]]:
    """Return the first row of each item."""
    found: dict[tuple[str, str], Mapping[Any, Any]] = {}
    for row in items.to_dict("records"):
        found.setdefault((row["test_set"], row["page_id"]), row)
    return found
