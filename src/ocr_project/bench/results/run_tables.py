"""The record of a run over test sets to tables with intervals, the gate's verdicts, and metrics."""

from __future__ import annotations

import math
from collections import Counter

import pandas as pd

from ocr_project.bench.results.gate import Tolerances, give_verdicts, judge_quality, judge_speed
from ocr_project.bench.results.score_tables import tabulate_test_sets
from ocr_project.domain.options import TestsetsOptions
from ocr_project.domain.outside_text import metric_name
from ocr_project.domain.types import Status
from ocr_project.engine.metrics import Draws, percentiles
from ocr_project.engine.models import Fault
from ocr_project.engine.running.origins import stamped
from ocr_project.storage.run_record import RunRecord

ANSWER_COLUMNS = (
    "test_set", "items", "failed", *(fault.value for fault in Fault), "retried", "tokens", "p50", "p95", "p99",
)  # fmt: skip


def tabulate_scores(record: RunRecord) -> pd.DataFrame:
    """Add the scores up by test set, metric and slice, with 95 % intervals over documents."""
    return stamped(tabulate_test_sets(record.scores, record.items), record.run.made_from)


def tabulate_answers(record: RunRecord) -> pd.DataFrame:
    """Count what was wrong with the answers to each test set, and how long they took.

    Returns:
        `ANSWER_COLUMNS`: items with a loop, a cut or an empty answer, items asked for more than once, tokens
        written, and percentiles of an item's seconds.
    """
    rows = []
    for test_set, part in record.items.drop_duplicates(["test_set", "page_id"]).groupby("test_set", sort=True):
        faults = Counter(part["fault"])
        rows.append(
            {
                "test_set": test_set,
                "items": len(part),
                "failed": int((part["status"] == Status.FAILED).sum()),
                **{fault.value: faults[fault.value] for fault in Fault},
                "retried": int(part["retried"].sum()),
                "tokens": int(part["tokens"].sum()),
                **percentiles(part.loc[part["seconds"] > 0, "seconds"]),
            }
        )
    return stamped(pd.DataFrame(rows, columns=list(ANSWER_COLUMNS)), record.run.made_from)


def judge_run(record: RunRecord, baseline: RunRecord | None, options: TestsetsOptions) -> pd.DataFrame:
    """Compare the run with the baseline of `testsets.gate`; no rows where there is none."""
    if baseline is None:
        return give_verdicts()
    gate = options.gate
    draws = Draws(options.resamples, options.seed)
    tolerances = Tolerances(gate.tolerance, gate.tolerances, gate.speed_tolerance)
    parts = [judge_quality(baseline.scores, record.scores, record.items, tolerances, draws)]
    if tolerances.speed is not None:
        for what, old, new in (
            ("recognition of an item", _times(baseline), _times(record)),
            ("a page of a shard", baseline.run.shards, record.run.shards),
        ):
            parts.append(judge_speed(what, old, new, tolerances.speed, draws))
    return stamped(give_verdicts(*parts), record.run.made_from)


def measure_evidence(table: pd.DataFrame, answers: pd.DataFrame, record: RunRecord) -> dict[str, float]:
    """Flatten the tables for DVC and MLflow: rates of whole sets with their intervals, faults, seconds.

    Returns:
        `{set}.{metric}` with `.low`, `.high` and `.unscored`, composites (`{set}.overall.official`) among them,
        `{set}.loop` and its like, `{set}.seconds_p50` and its like; of the recognition `pages_per_second` and, where
        there was a GPU, watt-hours.
    """
    metrics: dict[str, float] = {}
    for row in table[table["slice"] == "all"].to_dict("records"):
        name = f"{metric_name(row['test_set'])}.{row['metric'].replace('/', '.').replace('@', '_at_')}"
        metrics |= {name: row["rate"], f"{name}.low": row["low"], f"{name}.high": row["high"]}
        metrics |= {f"{name}.unscored": row["failed"]} if row["failed"] else {}
    for row in answers.to_dict("records"):
        test_set = metric_name(row["test_set"])
        metrics |= {f"{test_set}.{fault.value}": row[fault.value] for fault in Fault}
        metrics |= {f"{test_set}.seconds_{name}": row[name] for name in ("p50", "p95", "p99")}
    wanted = ("pages_per_second", "gpu_watt_hours_per_1000_pages", "gpu_cost_per_1000_pages")
    metrics |= {name: record.run.speed[name] for name in wanted if name in record.run.speed}
    return {name: float(value) for name, value in metrics.items() if math.isfinite(value)}


def _times(record: RunRecord) -> dict[str, float]:
    items = record.items.drop_duplicates("page_id")
    return dict(zip(items["page_id"], items["seconds"].astype(float), strict=True))
