"""Images and their questions to answers that are kept, on one of two clocks.

On the single clock each answer is in the journal before the next question is asked; under load as soon as it is there.
A killed run asks again what was in flight, and what failed by circumstance (a server that was away); nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from queue import SimpleQueue
from typing import Any, TypeAlias
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
_Submit: TypeAlias = Callable[[Page, Sequence[Asked], Callable[[Answer], None]], Future[list[Answer]]]


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
    with ExitStack() as stack:
        submit: _Submit
        if isinstance(answerer, SubmittingAnswerer):
            submit, limit = answerer.submit, answerer.in_flight_pages
        else:
            limit = workers
            submit = _in_threads(answerer, stack.enter_context(ThreadPoolExecutor(limit, "answerer")))
        load = _Load(journal)
        for work in pages:
            load.keep(most=limit - 1)
            load.send(submit, job.read(work), work)
        load.keep(most=0)


def _in_threads(answerer: Answerer, pool: ThreadPoolExecutor) -> _Submit:
    def submit(page: Page, asked: Sequence[Asked], told: Callable[[Answer], None]) -> Future[list[Answer]]:
        return pool.submit(answerer.answer, page, asked)  # an image at a time: it tells nothing before

    return submit


class _Load:
    """Images in flight, and what has arrived of them. Each answer is written down by itself."""

    def __init__(self, journal: Journal) -> None:
        self._journal, self._attempt = journal, uuid4().hex[:8]
        self._in_flight = 0
        self._arrived: SimpleQueue[_Arrived] = SimpleQueue()
        self._kept: set[int] = set()

    def send(self, submit: _Submit, page: Page, work: AskedPage) -> None:
        """Ask about an image, without waiting."""
        began = time.time()

        def told(what: Answer | Future[list[Answer]]) -> None:
            self._arrived.put(_Arrived(work, began, time.time(), what))

        self._in_flight += 1
        submit(page, work.asked, told).add_done_callback(told)

    def keep(self, *, most: int) -> None:
        """Write down what has arrived, and wait until at most so many images are in flight."""
        while self._in_flight > most or not self._arrived.empty():
            one = self._arrived.get()
            answers = [one.what] if isinstance(one.what, Answer) else one.what.result()
            self._in_flight -= not isinstance(one.what, Answer)
            new = [answer for answer in answers if answer.question_id not in self._kept]
            if new:
                times = {"began": one.began, "ended": one.ended}
                self._journal.add(_entry(Clock.LOAD, self._attempt, one.began, one.work, new) | times)
                self._kept.update(answer.question_id for answer in new)


@dataclass(frozen=True, slots=True)
class _Arrived:
    """An answer, or all of an image: then it is done. Times in seconds since 1970."""

    work: AskedPage
    began: float
    ended: float
    what: Answer | Future[list[Answer]]


def _entry(clock: Clock, attempt: str, began: float, work: AskedPage, answers: Sequence[Answer]) -> dict[str, Any]:
    rows = [asdict(answer) | {"cause": answer.cause and answer.cause.value} for answer in answers]
    times = {"began": began, "ended": time.time(), "preparing": 0.0}
    return {"page_id": work.question.page_id, "clock": clock.value, "attempt": attempt, **times, "answers": rows}


def _answer(row: dict[str, Any]) -> Answer:
    known = {name: value for name, value in row.items() if name in _ANSWER}
    return Answer(**known | {"status": Status(row["status"]), "cause": Cause(row["cause"]) if row["cause"] else None})


def _is_open(answer: Answer | None) -> bool:
    return answer is None or (answer.status is Status.FAILED and answer.cause is Cause.CIRCUMSTANCE)
