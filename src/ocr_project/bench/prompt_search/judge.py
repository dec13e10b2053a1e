"""How good a prompt is: the answerer is asked with it, and its answers are scored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import islice

from ocr_project.bench.fields.scoring import has_answer, score_text
from ocr_project.bench.prompt_search.memory import Memory
from ocr_project.bench.prompt_search.tried import Judged
from ocr_project.domain.causes import Cause
from ocr_project.domain.protocols import Answerer, SubmittingAnswerer
from ocr_project.domain.types import Answer, Asked, Page, Question

_PAGES = 64  # kept as they are: the images of a mini set are asked about with every prompt


class Judge:
    """Asks questions in other words again and again."""

    def __init__(self, answerer: Answerer, read: Callable[[Question], Page], memory: Memory) -> None:
        """Ask nothing yet.

        Args:
            answerer: Who is asked; it stays open.
            read: Reads the image of a question.
            memory: What has been answered.
        """
        self._answerer = answerer
        self._read = read
        self._pages = lru_cache(_PAGES)(self._page)
        self._by_id: dict[str, Question] = {}
        self._memory = memory
        self.asked = 0  # by this run

    def judge(self, prompt: str, questions: Sequence[Question]) -> tuple[Judged, ...]:
        """Return how each question was answered under a prompt, in order; what is known is not asked again.

        Raises:
            BackendError: Nothing can be answered any more; what was answered is kept.
        """
        known = self._memory.judged(prompt)
        missing = [question for question in questions if question.question_id not in known]
        for question, answer in zip(missing, self._answers(prompt, missing), strict=True):
            known[question.question_id] = _judged(question, answer)
            self._memory.keep_judged(prompt, known.values())
            self.asked += 1
        return tuple(known[question.question_id] for question in questions)

    def _answers(self, prompt: str, questions: Sequence[Question]) -> Iterator[Answer]:
        pairs = ((self._page_of(one), [Asked(one.question_id, one.doc_type, one.field, prompt)]) for one in questions)
        if not isinstance(self._answerer, SubmittingAnswerer):
            for page, asked in pairs:
                yield from self._answerer.answer(page, asked)
            return
        while batch := list(islice(pairs, self._answerer.in_flight_pages)):
            for future in [self._answerer.submit(page, asked) for page, asked in batch]:
                yield from future.result()

    def _page_of(self, question: Question) -> Page:
        self._by_id[question.page_id] = question
        return self._pages(question.page_id)

    def _page(self, page_id: str) -> Page:
        return self._read(self._by_id[page_id])


def _judged(question: Question, answer: Answer) -> Judged:
    answered = has_answer(answer)
    counts = score_text(question.truth, answer.text if answered else "")
    edits, length = counts["cer/official"]
    return Judged(
        question_id=question.question_id,
        document=question.document,
        clipped=counts["cer_clipped"][0] if answered else 1.0,
        edits=edits,
        length=length,
        text=answer.text,
        truth=question.truth,
        status=answer.status,
        reason=answer.reason,
        tokens=answer.tokens,
        prompt_tokens=answer.prompt_tokens,
        seconds=answer.seconds,
        again=answer.cause is Cause.CIRCUMSTANCE,
    )
