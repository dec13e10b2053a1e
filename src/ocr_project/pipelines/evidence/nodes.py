"""Scores of test sets to evidence: a record of the run, tables with intervals, a gate, metrics."""

from __future__ import annotations

import math
import platform
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pandas as pd

from ocr_project.domain.options import BenchmarkOptions, RuntimeOptions
from ocr_project.domain.types import Recognition, Status, Truth, TruthKind
from ocr_project.engine.measures import identities, measure_stage
from ocr_project.engine.metrics import (
    Draws,
    Tolerances,
    judge_quality,
    judge_speed,
    percentiles,
    settle,
    tabulate_test_sets,
)
from ocr_project.engine.recognition.vision.answers import Fault, fault_of
from ocr_project.engine.records import ITEM_COLUMNS, RunFacts, RunRecord, read_record, write_record
from ocr_project.engine.scoring import LaneShards, Outcome

ANSWER_COLUMNS = (
    "test_set", "items", "failed", *(fault.value for fault in Fault), "retried", "tokens", "p50", "p95", "p99",
)  # fmt: skip
_WHOLE_PAGES = frozenset({TruthKind.MARKDOWN, TruthKind.ELEMENTS, TruthKind.TESTS})


def record_run(
    shards: LaneShards, scores: pd.DataFrame, options: BenchmarkOptions, runtime: RuntimeOptions
) -> RunRecord:
    """Collect all that a later run, or a person, needs to compare with this one."""
    identity = identities(shards.recognitions).get("testset_recognition", "") or next(
        iter(identities(shards.recognitions).values()), ""
    )
    measured = measure_stage(shards.recognitions, runtime)
    index = shards.recognitions.index()
    run = RunFacts(
        recognizer=" ".join(identity.split(" ")[:2]) or "unknown",
        created=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        facts={**_facts(), **{f"{stage} identity": text for stage, text in identities(shards.recognitions).items()}},
        speed={name: float(value) for name, value in measured.items()},
        shards={name: info.wall_seconds / info.pages for name, info in index.items() if info.pages},
        parameters={f"benchmark.{key}": str(value) for key, value in options.model_dump(mode="json").items()},
    )
    items = [
        row for name in shards.transcripts.index() for outcome in shards.read(name) for row in _items(outcome, name)
    ]
    return RunRecord(run, scores, pd.DataFrame(items, columns=list(ITEM_COLUMNS)))


def keep_record(record: RunRecord) -> partial[None]:
    """Return a function that writes the record to a folder."""
    return partial(write_record, record=record)


def tabulate_scores(record: RunRecord, options: BenchmarkOptions) -> pd.DataFrame:
    """Add the scores up by test set, metric and slice, with 95 % intervals over documents."""
    return tabulate_test_sets(record.scores, record.items, Draws(options.resamples, options.seed))


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
    return pd.DataFrame(rows, columns=list(ANSWER_COLUMNS))


def judge_run(record: RunRecord, options: BenchmarkOptions) -> pd.DataFrame:
    """Compare the run with the baseline of `benchmark.gate`; no rows where there is none.

    Raises:
        OptionError: The baseline is no record of a run.
    """
    gate = options.gate
    if gate.baseline is None:
        return settle()
    before = read_record(gate.baseline)
    draws = Draws(options.resamples, options.seed)
    tolerances = Tolerances(gate.tolerance, gate.tolerances, gate.speed_tolerance)
    parts = [judge_quality(before.scores, record.scores, record.items, tolerances, draws)]
    if tolerances.speed is not None:
        for what, old, new in (
            ("recognition of an item", _times(before), _times(record)),
            ("a page of a shard", before.run.shards, record.run.shards),
        ):
            parts.append(judge_speed(what, old, new, tolerances.speed, draws))
    return settle(*parts)


def measure_evidence(table: pd.DataFrame, answers: pd.DataFrame, record: RunRecord) -> dict[str, float]:
    """Flatten the tables for DVC and MLflow: rates of whole sets with their intervals, faults, seconds.

    Returns:
        `{set}.{metric}` with `.low`, `.high` and `.unscored`, composites (`{set}.overall.official`) among them,
        `{set}.loop` and its like, `{set}.seconds_p50` and its like; of the recognition `pages_per_second` and, where
        there was a GPU, watt-hours.
    """
    metrics: dict[str, float] = {}
    for row in table[table["slice"] == "all"].to_dict("records"):
        name = f"{row['test_set']}.{row['metric'].replace('/', '.').replace('@', '_at_')}"
        metrics |= {name: row["rate"], f"{name}.low": row["low"], f"{name}.high": row["high"]}
        metrics |= {f"{name}.unscored": row["failed"]} if row["failed"] else {}
    for row in answers.to_dict("records"):
        metrics |= {f"{row['test_set']}.{fault.value}": row[fault.value] for fault in Fault}
        metrics |= {f"{row['test_set']}.seconds_{name}": row[name] for name in ("p50", "p95", "p99")}
    wanted = ("pages_per_second", "gpu_watt_hours_per_1000_pages", "gpu_cost_per_1000_pages")
    metrics |= {name: record.run.speed[name] for name in wanted if name in record.run.speed}
    return {_accepted(name): float(value) for name, value in metrics.items() if math.isfinite(value)}


def _accepted(name: str) -> str:
    """Write a name with the characters that MLflow accepts; a folder of one's own has slashes and worse."""
    return "".join(c if c.isalnum() or c in "_-. /" else "_" for c in name)


def _times(record: RunRecord) -> dict[str, float]:
    items = record.items.drop_duplicates("page_id")
    return dict(zip(items["page_id"], items["seconds"].astype(float), strict=True))


def _facts() -> dict[str, str]:
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return {
        "commit": commit.stdout.strip() or "not a git checkout",
        "python": platform.python_version(),
        "machine": f"{platform.node()}, {platform.system()} {platform.machine()}",
    }


def _items(outcome: Outcome, shard: str) -> Iterator[dict[str, Any]]:
    """Yield a row for each truth of an item."""
    read = outcome.recognitions
    shared = {
        "page_id": outcome.page.page_id,
        "path": outcome.page.path,
        "question": outcome.page.question,
        "seconds": float(sum(row.seconds for row in read)),
        "tokens": sum(row.completion_tokens for row in read),
        "retried": any(row.attempts > 1 for row in read),
        "fault": find_fault(read),
        "status": str(Status.FAILED if outcome.obstacle or outcome.fault else outcome.transcript.status),
        "reason": outcome.obstacle or outcome.fault,
        "shard": shard,
    }
    for truth in outcome.truths:
        yield {**shared, **_known(truth), **_answered(outcome, truth)}


def _known(truth: Truth) -> dict[str, Any]:
    return {
        "test_set": truth.test_set,
        "kind": str(truth.kind),
        "cluster": truth.cluster,
        "slices": [{"name": name, "value": value} for name, value in truth.slices],
        "payload": truth.payload,
    }


def _answered(outcome: Outcome, truth: Truth) -> Mapping[str, str]:
    """Return what was said in the form in which it is scored."""
    if truth.kind in _WHOLE_PAGES:
        return {"answer": outcome.transcript.markdown, "format": "markdown"}
    if truth.kind is TruthKind.TEXT:
        return {"answer": outcome.transcript.text, "format": "text"}
    if truth.kind is TruthKind.TABLE:
        return {"answer": outcome.tables or outcome.answer, "format": "html"}
    return {"answer": outcome.answer, "format": "text"}


def find_fault(rows: Sequence[Recognition]) -> str:
    """Name the worst that is wrong with the answers for an item.

    Returns:
        `loop`, `cut`, `empty` (nothing was read at all) or an empty string. What the recognizer says of itself
        counts, and where it does not look, the same rule is applied here.
    """
    asked = [row for row in rows if row.attempts > 0]
    found = {row.reason.split(":")[0] for row in asked}
    found |= {str(fault) for row in asked if row.text.strip() and (fault := fault_of(row.text, row.finish_reason))}
    for fault in (Fault.LOOP, Fault.CUT):
        if fault.value in found:
            return fault.value
    looked = any(row.status in (Status.OK, Status.EMPTY) for row in rows)
    return Fault.EMPTY.value if looked and not any(row.text.strip() for row in rows) else ""
