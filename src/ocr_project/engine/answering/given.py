"""Answers that are there already: of an API, of another tool, of VLMHyperBench itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import GivenAnswersOptions
from ocr_project.domain.types import Answer, Asked, Identity, Page, Status
from ocr_project.engine.answering.rows import unasked
from ocr_project.storage.given_table import read_given_table

VERSION = "1"  # raise it when the same file would give other answers
_ID, _ANSWER = "id", "model_answer"
_NOT_GIVEN = "not answered: the file has no answer to this question"


class GivenAnswerer:
    """Asks nothing, and looks at no image: takes what was given, by the number of the question."""

    def __init__(self, options: GivenAnswersOptions) -> None:
        """Read the answers.

        Raises:
            BackendError: No file is named, or it has not these columns, a number twice, or none.
            SourceError: It cannot be read.
        """
        if options.file is None:
            raise BackendError("fields.backend=given needs fields.given.file: a CSV with the columns id, model_answer")
        table = read_given_table(options.file)
        if lacking := [name for name in (_ID, _ANSWER) if name not in table.columns]:
            raise BackendError(f"{options.file} has no column {', '.join(lacking)}; it has {', '.join(table.columns)}")
        self._answers: dict[int, str] = {}
        for row in table.rows:
            number = row.cells[_ID].strip()
            if not number.isdecimal():
                raise BackendError(f"{table.place(row, _ID)}: {number!r} is not the number of a question")
            if int(number) in self._answers:
                raise BackendError(f"{table.place(row, _ID)}: there are two answers to question {number}")
            self._answers[int(number)] = row.cells[_ANSWER].strip()
        digest = hashlib.sha256(json.dumps(sorted(self._answers.items())).encode()).hexdigest()
        self._identity = Identity("given", VERSION, {"answers": digest, "count": len(self._answers)})

    @property
    def identity(self) -> Identity:
        return self._identity

    def answer(self, page: Page, asked: Sequence[Asked]) -> list[Answer]:
        return [self._row(page, one) for one in asked]

    def close(self) -> None:
        """Do nothing: nothing was started."""

    def _row(self, page: Page, one: Asked) -> Answer:
        text = self._answers.get(one.question_id)
        if text is None:
            return unasked(page, [one], Status.SKIPPED, _NOT_GIVEN)[0]
        if not text:
            return Answer(one.question_id, page.page_id, "", Status.EMPTY, "the answer that was given is empty")
        return Answer(one.question_id, page.page_id, text)
