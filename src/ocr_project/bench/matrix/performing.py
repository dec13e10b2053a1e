"""One run of a matrix: what is missing is asked, everything is scored, and what it cost is added up."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ocr_project.bench.fields.job import AskedPage, FieldsJob, prepare_job
from ocr_project.bench.fields.run import names_of
from ocr_project.bench.fields.scoring import has_answer, score_questions
from ocr_project.bench.fields.tables import tabulate_fields
from ocr_project.bench.fields.writing import write_theirs
from ocr_project.bench.matrix.asking import (
    answers_of,
    ask_singly,
    ask_under_load,
    left_of,
    split_by_clock,
    warm_up,
)
from ocr_project.bench.matrix.cost import (
    ServerMemory,
    measure_energy,
    measure_memory,
    measure_times,
    read_server_memory,
    timings_of,
)
from ocr_project.bench.matrix.plan import MatrixRun
from ocr_project.bench.matrix.results import ANSWERS, THEIRS, RunFacts, read_facts, write_facts, write_scores
from ocr_project.domain.causes import Cause
from ocr_project.domain.errors import BackendError, OcrProjectError, OptionError
from ocr_project.domain.gpu_usage import GpuUsage
from ocr_project.domain.options import FieldsBackend, FieldsOptions, RuntimeOptions
from ocr_project.domain.options.matrix import Clock, MatrixOptions
from ocr_project.domain.protocols import Answerer, SubmittingAnswerer
from ocr_project.domain.types import Answer, Score, Status
from ocr_project.engine.answering import build_answerer
from ocr_project.engine.answering.vision.answerer import VisionAnswerer
from ocr_project.engine.models import ServedChat
from ocr_project.engine.running.monitoring import GpuMonitor
from ocr_project.engine.running.monitoring.nvml import open_nvml, visible_gpus
from ocr_project.engine.running.workers import worker_count
from ocr_project.storage.journal import Journal, read_journal

log = logging.getLogger(__name__)

_LOG_BYTES = 4 << 20  # of a server's log that are looked through


@dataclass(frozen=True, slots=True)
class Common:
    """What all runs of a matrix share.

    Attributes:
        home: Folder of the runs.
        options: Of the matrix.
        runtime: Workers, prices, Tesseract's models.
    """

    home: Path
    options: MatrixOptions
    runtime: RuntimeOptions


def perform(run: MatrixRun, common: Common) -> RunFacts:
    """Do a run, or what is left of it, and write down what became of it.

    Returns:
        What is known of it; where it failed, with the reason: nothing is raised for a run.
    """
    try:
        facts = _perform(run, common)
    except OcrProjectError as error:
        facts = failed_facts(run, str(error))
    except Exception as error:  # a fault of ours or of a library ends this run, and no other one
        log.exception("the run %s failed", run.name)
        facts = failed_facts(run, f"{type(error).__name__}: {error}")
    write_facts(common.home, facts)
    return facts


def failed_facts(run: MatrixRun, reason: str) -> RunFacts:
    """Return the row of a run that failed."""
    told = run.fields.model_dump_json()
    return RunFacts(run.name, run.folder, reason, run.settings, run.identity, run.dummy, fields=told)


def _perform(run: MatrixRun, common: Common) -> RunFacts:
    if run.asked.only_evaluate:
        run = _stored(run, common.home)
    job = prepare_job(run.fields)
    path = common.home / run.folder / ANSWERS
    parts = split_by_clock(job.pages(), common.options)
    answers = answers_of(read_journal(path))
    left = {clock: left_of(pages, answers) for clock, pages in parts.items()}
    if any(left.values()) and not run.asked.only_evaluate:
        _ask(run, common, job, left)
    entries = read_journal(path)
    answers = answers_of(entries)
    _refuse_silence(job, answers)
    scores = score_questions(job.questions, answers.values(), job.found.name, bleu=run.fields.bleu)
    write_scores(common.home, run.folder, scores)
    _write_theirs(common.home / run.folder / THEIRS, run, job, entries, scores)
    missing = sum(not has_answer(answers.get(one.question_id)) for one in job.questions)
    return RunFacts(
        run.name,
        run.folder,
        "",
        run.settings,
        run.identity,
        run.dummy,
        _cost(entries, answers, common),
        _cards(entries),
        run.fields.model_dump_json(),
        len(job.questions),
        missing,
    )


def _refuse_silence(job: FieldsJob, answers: Mapping[int, Answer]) -> None:
    """End a run of which every question failed by circumstance: it says nothing of its model.

    Raises:
        BackendError: With the most frequent reason.
    """
    failed = [answers[one.question_id] for one in job.questions if one.question_id in answers]
    if len(failed) == len(job.questions) and all(one.cause is Cause.CIRCUMSTANCE for one in failed):
        ((reason, _),) = Counter(one.reason for one in failed).most_common(1)
        raise BackendError(f"none of {len(failed)} questions was answered ({reason}); the next start asks them again")


def _stored(run: MatrixRun, home: Path) -> MatrixRun:
    """Return the run that has answered the same before; of several the one that answered last.

    Raises:
        OptionError: There is none.
    """
    found = sorted(home.glob(f"{run.folder}-*/{ANSWERS}"), key=lambda path: path.stat().st_mtime)
    facts = read_facts(home, found[-1].parent.name) if found else None
    if facts is None:
        raise OptionError("there are no answers to evaluate: run it without only_evaluate first")
    return replace(run, folder=facts.folder, identity=facts.identity, dummy=facts.dummy)


def _ask(run: MatrixRun, common: Common, job: FieldsJob, left: Mapping[Clock, Sequence[AskedPage]]) -> None:
    """Ask what is left, first on one clock, then on the other; the answerer is warm before either."""
    folder = common.home / run.folder
    options = _with_logs(run.fields, folder / "server")
    answerer = build_answerer(options, common.runtime.tessdata)
    try:
        with Journal(folder / ANSWERS) as journal, GpuMonitor() as gpus:
            warm_up(answerer, job)
            gpus.take()
            if left[Clock.SINGLE]:
                _ask_singly(answerer, options, job, left[Clock.SINGLE], journal)
            _note(journal, Clock.SINGLE, left[Clock.SINGLE], gpus.take())
            ask_under_load(answerer, job, left[Clock.LOAD], journal, worker_count(common.runtime))
            _note(journal, Clock.LOAD, left[Clock.LOAD], gpus.take())
            if options.backend is FieldsBackend.VLLM and not options.vllm.urls:
                journal.add({"memory": asdict(_server_memory(folder / "server", options))})
    finally:
        answerer.close()


def _ask_singly(
    answerer: Answerer, options: FieldsOptions, job: FieldsJob, pages: Sequence[AskedPage], journal: Journal
) -> None:
    """Ask with one request in flight.

    Servers are asked by a second client with room for one request: it prepares an image once for all its questions,
    as a service would. A model in this process is given one question at a time, by the client that holds it.
    """
    if not isinstance(answerer, VisionAnswerer) or not isinstance(answerer.session.transport, ServedChat):
        ask_singly(answerer, job, pages, journal, one_by_one=isinstance(answerer, SubmittingAnswerer))
        return
    urls = tuple(answerer.session.transport.urls)
    alone = options.vllm.model_copy(update={"urls": urls, "requests": 1})
    with closing(build_answerer(options.model_copy(update={"vllm": alone}))) as single:
        warm_up(single, job)  # its processes that cut images start with the first one
        ask_singly(single, job, pages, journal, one_by_one=False)


def _write_theirs(
    place: Path, run: MatrixRun, job: FieldsJob, entries: Sequence[Mapping[str, Any]], scores: Sequence[Score]
) -> None:
    """Write VLMHyperBench's files of the run, named by when it began: a run that goes on replaces its own."""
    answers = answers_of(entries)
    rows = [
        answers.get(one.question_id)
        or Answer(one.question_id, one.page_id, "", Status.SKIPPED, "not asked", attempts=0)
        for one in job.questions
    ]
    began = datetime.fromtimestamp(min((entry["began"] for entry in entries if "began" in entry), default=0.0))
    names = replace(names_of(run.fields, job, began), framework=run.asked.framework.value)
    write_theirs(place, names, job.found, rows, scores, tabulate_fields(job.questions, scores))


def _note(journal: Journal, clock: Clock, pages: Sequence[AskedPage], usages: Sequence[GpuUsage]) -> None:
    if pages and usages:
        journal.add({"window": clock.value, "documents": len(pages), "gpus": [asdict(usage) for usage in usages]})


def _with_logs(fields: FieldsOptions, logs: Path) -> FieldsOptions:
    return fields.model_copy(update={"vllm": fields.vllm.model_copy(update={"logs": logs})})


def _server_memory(folder: Path, options: FieldsOptions) -> ServerMemory:
    """Read the log of the first server: all of a run are alike."""
    for path in sorted(folder.glob("*.log")):
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _LOG_BYTES))
            return read_server_memory(file.read().decode("utf-8", "replace"), _allowed(options))
    return ServerMemory()


def _allowed(options: FieldsOptions) -> float:
    """Return the GiB of a GPU that a server may take; NaN where there is none to be seen."""
    nvml = open_nvml()
    if nvml is None:
        return float("nan")
    gpus = visible_gpus(nvml)
    total = gpus[0].memory()[0] if gpus else float("nan")
    nvml.nvmlShutdown()
    return total * options.vllm.gpu_memory_utilization / options.vllm.most_replicas


def _cost(entries: Sequence[Mapping[str, Any]], answers: Mapping[int, Answer], common: Common) -> dict[str, float]:
    windows = [
        (Clock(entry["window"]), entry["documents"], [_usage(usage) for usage in entry["gpus"]])
        for entry in entries
        if "window" in entry
    ]
    memory = [entry["memory"] for entry in entries if "memory" in entry]
    longest = max((answer.prompt_tokens + answer.tokens for answer in answers.values()), default=0)
    return {
        **measure_times(timings_of(entries), common.options.limit_seconds),
        **measure_energy(windows, common.runtime.gpu_hour_price, common.options.kwh_price),
        **(measure_memory(ServerMemory(**memory[-1]), longest) if memory else {}),
    }


def _cards(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    return sorted({usage["name"] for entry in entries for usage in entry.get("gpus", ())})


def _usage(held: Mapping[str, Any]) -> GpuUsage:
    samples = {
        name: tuple((int(value), int(count)) for value, count in held[name])
        for name in ("sm", "memory", "used", "watts")
    }
    return GpuUsage(held["index"], held["name"], held["seconds"], held["joules"], **samples)
