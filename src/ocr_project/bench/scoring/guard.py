"""An answer may cost its item, never the run.

A model says anything: 200 fractions in each other, a number of 4,300 digits, 20,000 rows. What scores it may then
raise, take hours in one call into C, or take all memory. Items are therefore scored in processes that are ended at a
limit and replaced; what was at work when one ended is known.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from ocr_project.bench.metrics.cdm import CdmResult
from ocr_project.bench.metrics.cdm.pixels import MEMORY
from ocr_project.bench.rules.drawings import Drawer, Pair
from ocr_project.bench.scoring.item import OUT_OF_MEMORY, Answer, ItemScorer, Task, fault
from ocr_project.bench.scoring.worker import TOO_LARGE, Begin
from ocr_project.engine.running.worker_process import Child, Lost

_CHILD = "ocr_project.bench.scoring.worker"
_WALL, _WALL_LEAST = 5.0, 30.0  # seconds by the clock for a second of CPU time, and on top: others are at work, too

_KILLED = "killed: the process that scores was killed from outside (status {}); run again"


class AnswerError(Exception):
    """An answer that cannot be scored; the message is a reason for a row."""


class Killed(Exception):
    """The process was killed from outside, twice; the message is a reason for a row."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What scoring an answer may take.

    Attributes:
        seconds: CPU time: on a busy machine an answer takes no more of that, and its score is the same.
        memory: Bytes.
        drawing_memory: Bytes of each program that draws its formulas.
    """

    seconds: float = 60.0
    memory: int = 4 * 2**30
    drawing_memory: int = MEMORY


class Worker(Protocol):
    """Scores one item at a time."""

    def score(self, task: Task) -> Answer:
        """Score an item, or say which formulas have to be drawn first.

        Raises:
            AnswerError: The answer is beyond the limits.
            Killed: The process was killed from outside.
        """
        ...

    def compare(self, pairs: Sequence[Pair]) -> Mapping[Pair, CdmResult]:
        """Compare formulas by CDM; raises as `score` does."""
        ...


class Unguarded:
    """Scores in this process, without a limit: for what is known to be harmless."""

    def __init__(self, drawer: Drawer) -> None:
        self._scorer = ItemScorer(drawer)

    def score(self, task: Task) -> Answer:
        return self._scorer.score(task)

    def compare(self, pairs: Sequence[Pair]) -> Mapping[Pair, CdmResult]:
        try:
            return self._scorer.compare(pairs)
        except Exception as error:
            raise AnswerError(fault(error)) from error


class Guard:
    """Processes that score, as many as are asked for at once; one that ended is replaced."""

    def __init__(self, drawer: Drawer, limits: Limits) -> None:
        """Start nothing."""
        self._limits = limits
        self._scratch = TemporaryDirectory(prefix="scoring-", ignore_cleanup_errors=True)
        self._begin = Begin(
            limits.seconds, self._scratch.name, drawer.cdm, drawer.no_browser, drawer.cache, drawer.memory
        )
        self._idle: list[_Guarded] = []
        self._lock = threading.Lock()

    @contextmanager
    def worker(self) -> Iterator[Worker]:
        """Yield a process that no other thread has meanwhile."""
        with self._lock:
            worker = self._idle.pop() if self._idle else _Guarded(self._begin, self._limits)
        try:
            yield worker
        finally:
            with self._lock:
                self._idle.append(worker)


class _Guarded:
    """A process that scores, and its successors. For one thread at a time."""

    def __init__(self, begin: Begin, limits: Limits) -> None:
        self._begin = begin
        self._limits = limits
        self._wall = limits.seconds * _WALL + _WALL_LEAST
        self._child: Child | None = None

    def score(self, task: Task) -> Answer:
        found, error = self._ask(task)
        if isinstance(error, MemoryError):
            raise AnswerError(OUT_OF_MEMORY)
        if error is not None:
            raise error
        answer: Answer = found
        return answer

    def compare(self, pairs: Sequence[Pair]) -> Mapping[Pair, CdmResult]:
        found, error = self._ask(tuple(pairs))
        if error is not None:
            raise AnswerError(fault(error))
        compared: Mapping[Pair, CdmResult] = found
        return compared

    def _ask(self, question: Any) -> tuple[Any, Exception | None]:
        """Ask; where the process was killed from outside, once more."""
        for is_last in (False, True):
            try:
                return self._answer(question)
            except Lost as lost:
                if not lost.was_killed:
                    raise AnswerError(self._reason(lost)) from lost
                if is_last:
                    raise Killed(_KILLED.format(lost.status)) from lost
        raise AssertionError("there is no third try")

    def _answer(self, question: Any) -> tuple[Any, Exception | None]:
        if self._child is None:
            self._child = Child(_CHILD, "score answers", self._limits.memory)
            self._child.send(self._begin)
        try:
            self._child.send(question)
            answer: tuple[Any, Exception | None] = self._child.receive(self._wall)
        except Lost:
            self._child.end()
            self._child = None
            raise
        return answer

    def _reason(self, lost: Lost) -> str:
        if lost.status == -signal.SIGPROF:
            return f"the answer takes more than {self._limits.seconds:g} s to score (testsets.item_seconds)"
        if lost.status == TOO_LARGE:
            return OUT_OF_MEMORY
        if lost.status is None:
            return f"the answer takes more than {self._wall:g} s by the clock to score (testsets.item_seconds)"
        return f"the answer cannot be scored: it ended the process that scores it (status {lost.status})"
