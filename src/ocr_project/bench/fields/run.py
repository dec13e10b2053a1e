"""One run over the questions of a set, from options to scores: what a pipeline, a matrix and a gate have in common."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from ocr_project.bench.fields.asking import AskedAll, ask_all
from ocr_project.bench.fields.job import FieldsJob, prepare_job
from ocr_project.bench.fields.scoring import score_questions
from ocr_project.bench.fields.tables import tabulate_fields
from ocr_project.bench.fields.writing import FileNames
from ocr_project.domain.options import FieldsBackend, FieldsOptions, RuntimeOptions
from ocr_project.domain.protocols import ShardStore
from ocr_project.domain.types import Score
from ocr_project.engine.answering import build_answerer

_FRAMEWORKS = {
    FieldsBackend.LABEL_NEIGHBOUR: "Tesseract",
    FieldsBackend.VLLM: "vLLM",
    FieldsBackend.TRANSFORMERS: "Hugging Face",
    FieldsBackend.GIVEN: "given",
}


@dataclass(frozen=True, slots=True)
class FieldsRun:
    """What a run over a set left.

    Attributes:
        job: What was asked.
        asked: What was answered, by whom, in which time.
        scores: As `score_questions` returns them.
        table: As `tabulate_fields` returns it.
    """

    job: FieldsJob
    asked: AskedAll
    scores: tuple[Score, ...]
    table: pd.DataFrame


def run_fields(options: FieldsOptions, runtime: RuntimeOptions, done: ShardStore) -> FieldsRun:
    """Ask what has no answer yet, and judge all answers.

    Args:
        options: Set, prompts, answerer.
        runtime: Of the machine.
        done: The folder of answers.

    Raises:
        OptionError: Options do not fit together.
        SourceError: The set or the prompts cannot be used.
        BackendError: Nothing can be answered, or nothing any more.
    """
    job = prepare_job(options)
    with closing(build_answerer(options, runtime.tessdata)) as answerer:
        asked = ask_all(job, answerer, done, runtime, shard_pages=options.shard_pages)
    scores = score_questions(job.questions, asked.answers, job.found.name, bleu=options.bleu)
    return FieldsRun(job, asked, tuple(scores), tabulate_fields(job.questions, scores))


def names_of(options: FieldsOptions, job: FieldsJob, when: datetime | None = None) -> FileNames:
    """Return what the files of a run are named after.

    Args:
        options: Of the run.
        job: Its set.
        when: It was made; None: now.
    """
    time = (when or datetime.now()).strftime("%Y%m%d_%H%M%S")
    return FileNames(job.found.name, framework_of(options), model_of(options), time)


def framework_of(options: FieldsOptions) -> str:
    """Return what runs the model, in VLMHyperBench's words."""
    if options.image is not None:
        return options.image
    if options.backend is FieldsBackend.VLLM and options.vllm.urls:
        return options.vllm.served_by or "URL"
    return _FRAMEWORKS[options.backend]


def model_of(options: FieldsOptions) -> str:
    """Return the name of the model without its owner."""
    match options.backend:
        case FieldsBackend.VLLM:
            name = options.vllm.model
        case FieldsBackend.TRANSFORMERS:
            name = options.transformers.model
        case FieldsBackend.GIVEN:
            name = options.given.file.stem if options.given.file else ""
        case FieldsBackend.LABEL_NEIGHBOUR:
            name = options.backend.value
    return name.rstrip("/").rpartition("/")[2]
