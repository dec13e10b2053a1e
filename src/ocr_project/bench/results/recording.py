"""What a run over test sets did, as a record: one row an item and truth, and what the run was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from ocr_project.bench.scoring import LaneShards, Outcome
from ocr_project.domain.options import RuntimeOptions, TestsetsOptions
from ocr_project.domain.project import Project
from ocr_project.domain.schemas import current_names
from ocr_project.domain.types import Recognition, Score, Status, Truth, TruthKind
from ocr_project.engine.models import Fault, fault_of
from ocr_project.engine.running.provenance import facts
from ocr_project.engine.running.stage_metrics import identities, measure_stage
from ocr_project.storage.run_record import ITEM_COLUMNS, RunFacts, RunRecord

_WHOLE_PAGES = frozenset({TruthKind.MARKDOWN, TruthKind.ELEMENTS, TruthKind.TESTS})


def record_run(
    shards: LaneShards, scores: pd.DataFrame, project: Project, options: TestsetsOptions, runtime: RuntimeOptions
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
        facts={
            **facts(project.commit),
            **{f"{stage} identity": text for stage, text in identities(shards.recognitions).items()},
        },
        speed={name: float(value) for name, value in measured.items()},
        shards={name: info.wall_seconds / info.pages for name, info in index.items() if info.pages},
        parameters={f"testsets.{key}": str(value) for key, value in options.model_dump(mode="json").items()},
        made_from=shards.origins(),
    )
    items = [
        row for name in shards.transcripts.index() for outcome in shards.read(name) for row in _items(outcome, name)
    ]
    return RunRecord(run, current_names(scores, Score), pd.DataFrame(items, columns=list(ITEM_COLUMNS)))


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
        "fault": answer_fault(read),
        "status": str(Status.FAILED if outcome.unscorable or outcome.unread else outcome.transcript.status),
        "reason": outcome.unscorable or outcome.unread,
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


def answer_fault(rows: Sequence[Recognition]) -> str:
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
