"""Items of all test sets to rows of scores."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from itertools import count
from pathlib import Path

from ocr_project.bench.metrics.katex import katex_version
from ocr_project.bench.rules.drawings import Drawer, Drawings
from ocr_project.bench.rules.outcome import Outcome
from ocr_project.bench.scoring.guard import AnswerError, Guard, Killed, Limits, Unguarded, Worker
from ocr_project.bench.scoring.item import Answer, Task, Undrawn
from ocr_project.domain.errors import BackendError
from ocr_project.domain.types import Identity, Score

VERSION = "4"  # of all rules and metrics: raise it when the same answers would get other scores
_LOG = logging.getLogger(__name__)


class Scorer:
    """Scores items of all test sets."""

    def __init__(
        self, *, cdm: bool, katex: bool = False, cache: Path | None = None, limits: Limits | None = None
    ) -> None:
        """Look for what draws formulas.

        Args:
            cdm: Draw formulas by LaTeX to compare them.
            katex: Draw formulas of page tests in a browser, where one is installed.
            cache: Folder of drawings.
            limits: What an answer may take; it is scored in a process of its own. None: any, in this process.
        """
        memory = (limits or Limits()).drawing_memory
        self._drawer = Drawer(cdm=cdm, katex=katex, cache=cache, memory=memory)
        self._numbers = count()
        self._limits = limits
        self._guard = Guard(self._drawer, limits) if limits else None

    @property
    def identity(self) -> Identity:
        drawn = not self._drawer.no_browser
        formulas = f"drawn by KaTeX {katex_version()}" if drawn else "compared by symbols"
        settings = {"cdm": self._drawer.cdm, "formulas_of_tests": formulas}
        if self._limits:
            settings |= {"item_seconds": self._limits.seconds, "item_memory": self._limits.memory}
        return Identity("scoring", VERSION, settings)

    def score(self, outcomes: Sequence[Outcome]) -> list[Score]:
        """Score items, in order: each is prepared, the formulas of all are drawn at once, then each is scored.

        Returns:
            One row per metric and ground truth. An item that could not be scored (its image is broken, the recognizer
            does not answer questions) has the rows that it would have had, `failed`, with the reason. An answer that
            cannot be scored (see `guard`) counts as if nothing had been said, with the reason.

        Raises:
            BackendError: An item without an answer is beyond the limits, or no process lives long enough to score.
        """
        with self._worker() as worker:
            tasks = [
                Task(next(self._numbers), outcome, place)
                for outcome in outcomes
                for place in range(len(outcome.truths))
            ]
            answers = [_ask(worker, task) for task in tasks]
            drawings = self._draw_all(worker, answers)
            return [
                row
                for task, answer in zip(tasks, answers, strict=True)
                for row in self._finished(worker, task, answer, drawings)
            ]

    def _worker(self) -> AbstractContextManager[Worker]:
        return self._guard.worker() if self._guard else nullcontext(Unguarded(self._drawer))

    def _draw_all(self, worker: Worker, answers: Iterable[Answer]) -> Drawings | None:
        """Draw the formulas of all; None where one of them is at fault: each item's are then drawn alone."""
        try:
            return self._draw(worker, [answer for answer in answers if isinstance(answer, Undrawn)])
        except (AnswerError, Killed):
            return None

    def _draw(self, worker: Worker, items: Sequence[Undrawn]) -> Drawings:
        pairs = dict.fromkeys(pair for item in items for pair in item.pairs)
        compared = worker.compare(tuple(pairs)) if pairs else {}
        drawn = self._drawer.draw(formulas=(formula for item in items for formula in item.formulas))
        return replace(drawn, compared=compared)

    def _finished(self, worker: Worker, task: Task, answer: Answer, drawings: Drawings | None) -> list[Score]:
        """Score an item, given its drawings or those that it asks for on the way."""
        while isinstance(answer, Undrawn):
            task = replace(task, silenced=answer.silenced)
            try:
                task = replace(task, drawings=drawings or self._draw(worker, [answer]))
            except AnswerError as error:
                task = _silenced(task, str(error))
            except Killed as error:
                task = replace(task, unscored=str(error))
            answer = _ask(worker, task)
            drawings = None  # those of the answer: without it, its ground truth is compared with nothing
        if answer.silenced:
            truth = task.truth
            _LOG.warning("%s, item %s: %s; it counts as wrong", truth.test_set, truth.page_id, answer.silenced)
        return answer.rows


def _ask(worker: Worker, task: Task) -> Answer:
    """Score an item as far as it goes; what is beyond the limits is scored as if nothing had been said."""
    try:
        return worker.score(task)
    except AnswerError as error:
        return _ask(worker, _silenced(task, str(error)))
    except Killed as error:
        if task.unscored:
            raise BackendError(f"{error}: the machine may be short of memory") from error
        return _ask(worker, replace(task, unscored=str(error), drawings=None))


def _silenced(task: Task, reason: str) -> Task:
    """Leave the answer out, which may be too large to be sent at all."""
    if task.silenced:
        name = f"{task.truth.test_set}, item {task.truth.page_id}"
        raise BackendError(f"{name}: its ground truth cannot be scored, even against nothing: {reason}")
    outcome = task.outcome
    return replace(task, outcome=outcome.silenced(), silenced=outcome.unread or reason, drawings=None)
