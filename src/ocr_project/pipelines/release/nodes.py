"""Answers of a run against those of the release."""

from __future__ import annotations

from contextlib import closing

import pandas as pd

from ocr_project.bench.fields.job import identity_with, prepare_job
from ocr_project.bench.release.gate import judge_release
from ocr_project.bench.release.record import record_fields
from ocr_project.domain.options import FieldsOptions, ReleaseOptions, RuntimeOptions
from ocr_project.domain.project import Project
from ocr_project.domain.schemas import from_frame
from ocr_project.domain.types import Answer, Question, Score
from ocr_project.engine.answering import build_answerer
from ocr_project.engine.running.provenance import facts
from ocr_project.storage.run_record import RunRecord


def record_release(
    project: Project,
    questions: pd.DataFrame,
    answers: pd.DataFrame,
    scores: pd.DataFrame,
    fields: FieldsOptions,
    runtime: RuntimeOptions,
) -> RunRecord:
    """Collect what the next release is compared with; nothing is asked."""
    with closing(build_answerer(fields, runtime.tessdata)) as answerer:
        identity = identity_with(answerer.identity, prepare_job(fields).prompts)
    return record_fields(
        list(from_frame(questions, Question)),
        list(from_frame(answers, Answer)),
        list(from_frame(scores, Score)),
        identity,
        facts(project.commit),
    )


def judge_run(record: RunRecord, released: RunRecord | None, options: ReleaseOptions) -> pd.DataFrame:
    """Judge this run: `hooks` ends it with exit status 4 where something is worse."""
    return judge_release(record, released, options)
