"""What a run over fields leaves to be compared with: `kedro compare` and the gate read it as those of test sets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from ocr_project.domain.schemas import current_names, to_frame
from ocr_project.domain.types import Answer, Identity, Question, Score, Status, TruthKind
from ocr_project.engine.running.stage_metrics import one_line
from ocr_project.storage.run_record import ITEM_COLUMNS, RunFacts, RunRecord


def record_fields(
    questions: Sequence[Question],
    answers: Sequence[Answer],
    scores: Sequence[Score],
    identity: Identity,
    facts: Mapping[str, str],
) -> RunRecord:
    """Collect all that a later release, or a person, needs to compare with this run.

    Args:
        questions: Of the set.
        answers: To each of them.
        scores: As `score_questions` returns them.
        identity: Of the answerer with its prompts: of a container with the digest of its image.
        facts: Commit and machine.
    """
    given = {answer.question_id: answer for answer in answers}
    test_set = scores[0].group if scores else ""
    items = [_item(question, given[question.question_id], test_set) for question in questions]
    seconds = [answer.seconds for answer in answers if answer.attempts > 0]
    run = RunFacts(
        recognizer=str(identity.settings.get("model", identity.name)),
        created=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        facts={**facts, "fields identity": one_line(identity.canonical())},
        speed={"questions": float(len(seconds)), "question_seconds": sum(seconds) / len(seconds) if seconds else 0.0},
    )
    return RunRecord(
        run, current_names(to_frame(list(scores), Score), Score), pd.DataFrame(items, columns=ITEM_COLUMNS)
    )


def _item(question: Question, answer: Answer, test_set: str) -> dict[str, Any]:
    slices = (("doc_type", question.doc_type), ("field", question.field), *question.slices)
    return {
        "page_id": str(question.question_id),
        "path": f"{question.image}#{question.field}",
        "test_set": test_set,
        "kind": str(TruthKind.TEXT),
        "cluster": question.document,
        "slices": [{"name": name, "value": value} for name, value in slices],
        "payload": json.dumps({"text": question.truth}, ensure_ascii=False),
        "question": question.text,
        "answer": answer.text,
        "format": "text",
        "seconds": answer.seconds,
        "tokens": answer.tokens,
        "retried": answer.attempts > 1,
        "fault": "",
        "status": str(Status.FAILED if answer.status is Status.SKIPPED else answer.status),
        "reason": answer.reason,
        "shard": answer.page_id,
    }
