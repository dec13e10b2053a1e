"""Which answers are on the disk while others of the same image are still waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from ocr_project.bench.fields.job import AskedPage
from ocr_project.bench.matrix.asking import answers_of, ask_under_load
from ocr_project.domain.errors import BackendError
from ocr_project.domain.types import Answer, Asked, Page, Question
from ocr_project.storage.journal import Journal, read_journal
from ocr_project.testing.fakes import identity, page
from tests.waiting import PATIENCE

ASKED = tuple(Asked(number, "form", f"field {number}", "?") for number in range(3))


class OneByOne:
    """Tells the first two of three answers, and waits to be let go."""

    identity = identity()
    in_flight_pages = 4

    def __init__(self) -> None:
        self.future: Future[list[Answer]] = Future()

    def submit(
        self, page: Page, asked: Sequence[Asked], told: Callable[[Answer], None] | None = None
    ) -> Future[list[Answer]]:
        assert told is not None
        for one in asked[:2]:
            told(Answer(one.question_id, page.page_id, "said"))
        return self.future

    def answer(self, page: Page, asked: Sequence[Asked]) -> list[Answer]:
        return self.submit(page, asked).result()

    def close(self) -> None:
        """Nothing was started."""


class Job:
    def read(self, work: AskedPage) -> Page:
        return page(1)


def work() -> AskedPage:
    question: Any = Question.__new__(Question)
    object.__setattr__(question, "page_id", "d_00001")
    return AskedPage(question, ASKED)


def asking(answerer: Any, path: Path) -> tuple[threading.Thread, list[BaseException]]:
    faults: list[BaseException] = []

    def run() -> None:
        job: Any = Job()
        with Journal(path) as journal:
            try:
                ask_under_load(answerer, job, [work()], journal, 1)
            except BackendError as error:
                faults.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, faults


def wait_for(path: Path, count: int) -> dict[int, Answer]:
    until = time.monotonic() + PATIENCE
    while len(found := answers_of(read_journal(path))) < count:
        assert time.monotonic() < until
        time.sleep(0.01)
    return found


def test_an_answer_is_kept_while_others_of_its_image_are_in_flight(tmp_path: Path) -> None:
    answerer = OneByOne()
    thread, faults = asking(answerer, tmp_path / "answers.jsonl")
    assert set(wait_for(tmp_path / "answers.jsonl", 2)) == {0, 1}
    answerer.future.set_result([Answer(number, "d_00001", "said") for number in range(3)])
    thread.join(PATIENCE)
    assert not faults
    entries = read_journal(tmp_path / "answers.jsonl")
    assert sorted(row["question_id"] for entry in entries for row in entry["answers"]) == [0, 1, 2], "each once"


def test_what_was_answered_stays_where_the_rest_cannot_be_asked(tmp_path: Path) -> None:
    answerer = OneByOne()
    thread, faults = asking(answerer, tmp_path / "answers.jsonl")
    wait_for(tmp_path / "answers.jsonl", 2)
    answerer.future.set_exception(BackendError("the server is gone"))
    thread.join(PATIENCE)
    assert [str(fault) for fault in faults] == ["the server is gone"]
    assert set(answers_of(read_journal(tmp_path / "answers.jsonl"))) == {0, 1}


@pytest.mark.parametrize("workers", [1, 3])
def test_an_answerer_of_this_process_answers_an_image_at_a_time(tmp_path: Path, workers: int) -> None:
    class Plain:
        def answer(self, page: Page, asked: Sequence[Asked]) -> list[Answer]:
            return [Answer(one.question_id, page.page_id, "said") for one in asked]

    job: Any = Job()
    plain: Any = Plain()
    with Journal(tmp_path / "answers.jsonl") as journal:
        ask_under_load(plain, job, [work()], journal, workers)
    (entry,) = read_journal(tmp_path / "answers.jsonl")
    assert [row["question_id"] for row in entry["answers"]] == [0, 1, 2]
