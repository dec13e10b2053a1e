"""Questions about documents to answers and scores, and to VLMHyperBench's files."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pandas as pd

from ocr_project.bench.fields.asking import ask_all
from ocr_project.bench.fields.job import prepare_job
from ocr_project.bench.fields.run import names_of
from ocr_project.bench.fields.scoring import score_questions
from ocr_project.bench.fields.tables import measure_fields, tabulate_fields
from ocr_project.bench.fields.writing import write_theirs
from ocr_project.domain.options import FieldsOptions, RuntimeOptions
from ocr_project.domain.protocols import ShardStore
from ocr_project.domain.schemas import from_frame, to_frame
from ocr_project.domain.types import Answer, Made, Prompt, Question, Score, Status
from ocr_project.engine.answering import build_answerer
from ocr_project.engine.metrics import percentiles
from ocr_project.engine.running.stage_metrics import Metrics


def list_questions(options: FieldsOptions) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read what is asked: the questions of the set that the options keep, and the prompts that they are asked with."""
    job = prepare_job(options)
    return to_frame(job.questions, Question), to_frame(job.prompts.used(job.questions), Prompt)


def answer_questions(
    answers_done: ShardStore, options: FieldsOptions, runtime: RuntimeOptions
) -> tuple[Made, pd.DataFrame, Metrics]:
    """Ask what has no answer yet.

    Returns:
        What was made; the answers to this run's questions, in their order; what the shards that hold them took.
    """
    job = prepare_job(options)
    with closing(build_answerer(options, runtime.tessdata)) as answerer:
        asked = ask_all(job, answerer, answers_done, runtime, shard_pages=options.shard_pages)
    return asked.made, to_frame(asked.answers, Answer), asked.metrics


def score_answers(questions: pd.DataFrame, answers: pd.DataFrame, options: FieldsOptions) -> pd.DataFrame:
    """Judge each answer; a question without one is wrong, and its row says `failed`."""
    name = prepare_job(options).found.name
    found = score_questions(from_frame(questions, Question), from_frame(answers, Answer), name, bleu=options.bleu)
    return to_frame(found, Score)


def tabulate_scores(questions: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Add up scores overall, by document type, field, split and the set's further columns; see `COLUMNS`."""
    return tabulate_fields(from_frame(questions, Question), from_frame(scores, Score))


def write_files(
    place: Path, answers: pd.DataFrame, scores: pd.DataFrame, table: pd.DataFrame, options: FieldsOptions
) -> Path:
    """Write this run's answers and metrics beside those of earlier ones, as VLMHyperBench does.

    Returns:
        The place itself.
    """
    job = prepare_job(options)
    names = names_of(options, job)
    write_theirs(place, names, job.found, from_frame(answers, Answer), from_frame(scores, Score), table)
    return place


def measure_run(speed: Metrics, answers: pd.DataFrame, table: pd.DataFrame) -> Metrics:
    """Put together what the stage took and how good its answers are.

    Returns:
        As `measure_stage`; `question_seconds.p50` and so on, over the questions that were asked, many of them at once;
        tokens; the rates over all questions with the ends of their intervals.
    """
    asked = answers[(answers["attempts"] > 0) & (answers["status"] != Status.FAILED)]
    times = {f"question_seconds.{name}": value for name, value in percentiles(asked["seconds"]).items() if len(asked)}
    tokens = {name: float(answers[name].sum()) for name in ("prompt_tokens", "tokens", "attempts")}
    return {**speed, **times, **tokens, **measure_fields(table)}
