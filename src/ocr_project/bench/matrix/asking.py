"""Images and their questions to answers that are kept, on one of two clocks.

What is answered is in the journal before the next image is taken up. What failed by circumstance (a server that was
away) is asked again by the next start, and nothing else is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import asdict, replace
from typing import Any
from uuid import uuid4

import cv2
import numpy as np

from ocr_project.bench.fields.job import AskedPage, FieldsJob
from ocr_project.domain.causes import Cause
from ocr_project.domain.options.matrix import Clock, MatrixOptions
from ocr_project.domain.protocols import Answerer, SubmittingAnswerer
from ocr_project.domain.types import Answer, Asked, Page, Status
from ocr_project.engine.imaging.pixels import encode
from ocr_project.storage.journal import Journal

_MOST_SIDE = 4000  # pixels of the image of the warm-up
_ANSWER = frozenset(Answer.__dataclass_fields__)


def split_by_clock(pages: Sequence[AskedPage], options: MatrixOptions) -> dict[Clock, list[AskedPage]]:
    """Divide the images of a run between the clocks: with both, the first ones go one at a time, at most half of all.

    It depends on the whole run, not on what is left of it: a run that goes on divides as it did before.
    """
    match options.clock:
        case Clock.SINGLE:
            count = len(pages)
        case Clock.LOAD:
            count = 0
        case Clock.BOTH:
            count = min(options.single_documents or len(pages), (len(pages) + 1) // 2)
    return {Clock.SINGLE: list(pages[:count]), Clock.LOAD: list(pages[count:])}


def answers_of(entries: Iterable[Mapping[str, Any]]) -> dict[int, Answer]:
    """Return the last answer to each question out of the lines of a journal."""
    return {
        answer["question_id"]: _answer(answer)
        for entry in entries
        for answer in entry.get("answers", ())
    }  # fmt: skip


def left_of(pages: Iterable[AskedPage], answers: dict[int, Answer]) -> list[AskedPage]:
    """Return what is still to be asked: the questions without an answer, and those that failed by circumstance."""
    found = []
    for page in pages:
        asked = tuple(one for one in page.asked if _is_open(answers.get(one.question_id)))
        if asked:
            found.append(replace(page, asked=asked))
    return found


def warm_up(answerer: Answerer, job: FieldsJob) -> None:
    """Ask about an image that is thrown away: the server starts, the model is loaded, kernels are compiled.

    The image has the size of the first one and is none of the set's, so nothing of the set is cached.
    """
    work = job.pages()[0]
    first = job.read(work)
    width, height = min(first.width or 800, _MOST_SIDE), min(first.height or 600, _MOST_SIDE)
    pixels = np.full((height, width, 3), 245, np.uint8)
    cv2.putText(pixels, "warm-up", (width // 8, height // 2), cv2.FONT_HERSHEY_SIMPLEX, width / 400, (30, 30, 30), 2)
    page = replace(first, page_id="warm-up", image=encode(pixels, jpeg_quality=92), width=width, height=height)
    answerer.answer(page, [replace(work.asked[0], question_id=-1)])


def ask_singly(
    answerer: Answerer, job: FieldsJob, pages: Sequence[AskedPage], journal: Journal, *, one_by_one: bool
) -> None:
    """Ask with one request in flight, image after image, question after question.

    Args:
        answerer: Warm.
        job: Reads the images.
        pages: Those to ask about.
        journal: Of the answers.
        one_by_one: Whether the answerer is given a question at a time, since it would have all of an image in flight.

    Raises:
        BackendError: Nothing can be asked any more.
    """
    attempt = uuid4().hex[:8]
    for work in pages:
        page = job.read(work)
        parts = [[one] for one in work.asked] if one_by_one else [list(work.asked)]
        for part in parts:
            began, started = time.time(), time.perf_counter()
            answers = answerer.answer(page, part)
            preparing = max(0.0, time.perf_counter() - started - sum(answer.seconds for answer in answers))
            journal.add(_entry(Clock.SINGLE, attempt, began, work, answers) | {"preparing": preparing})


def ask_under_load(
    answerer: Answerer, job: FieldsJob, pages: Sequence[AskedPage], journal: Journal, workers: int
) -> None:
    """Ask with as many requests in flight as the answerer takes.

    Args:
        answerer: Warm.
        job: Reads the images.
        pages: Those to ask about.
        journal: Of the answers.
        workers: Threads for an answerer that does not answer elsewhere.

    Raises:
        BackendError: Nothing can be asked any more.
    """
    attempt = uuid4().hex[:8]
    with ExitStack() as stack:
        submit: Callable[[Page, Sequence[Asked]], Future[list[Answer]]]
        if isinstance(answerer, SubmittingAnswerer):
            submit, limit = answerer.submit, answerer.in_flight_pages
        else:
            limit = workers
            pool = stack.enter_context(ThreadPoolExecutor(limit, thread_name_prefix="answerer"))
            answer = answerer.answer
            submit = lambda page, asked: pool.submit(answer, page, asked)  # noqa: E731
        in_flight: dict[Future[list[Answer]], tuple[AskedPage, float]] = {}
        for work in pages:
            while len(in_flight) >= limit:
                _keep(in_flight, journal, attempt)
            in_flight[submit(job.read(work), work.asked)] = work, time.time()
        while in_flight:
            _keep(in_flight, journal, attempt)


def _keep(in_flight: dict[Future[list[Answer]], tuple[AskedPage, float]], journal: Journal, attempt: str) -> None:
    """Wait for at least one image, and write down what was answered."""
    done, _ = wait(in_flight, return_when=FIRST_COMPLETED)
    for future in done:
        work, began = in_flight.pop(future)
        journal.add(_entry(Clock.LOAD, attempt, began, work, future.result()))


def _entry(clock: Clock, attempt: str, began: float, work: AskedPage, answers: Sequence[Answer]) -> dict[str, Any]:
    rows = [asdict(answer) | {"cause": answer.cause and answer.cause.value} for answer in answers]
    times = {"began": began, "ended": time.time(), "preparing": 0.0}
    return {"page_id": work.question.page_id, "clock": clock.value, "attempt": attempt, **times, "answers": rows}


def _answer(row: dict[str, Any]) -> Answer:
    known = {name: value for name, value in row.items() if name in _ANSWER}
    return Answer(**known | {"status": Status(row["status"]), "cause": Cause(row["cause"]) if row["cause"] else None})


def _is_open(answer: Answer | None) -> bool:
    return answer is None or (answer.status is Status.FAILED and answer.cause is Cause.CIRCUMSTANCE)
