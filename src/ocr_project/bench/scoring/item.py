"""One item scored against one of its ground truths; what needs drawings first says which.

An answer may raise anything from any depth (RecursionError, OverflowError, errors of lxml, MemoryError). Answers are
kept, so such an item would end each run again. Any `Exception` is therefore taken for a property of the answer, unless
the item raises without an answer, too: then its ground truth, or the rule, is at fault, and that is said aloud.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from ocr_project.bench.metrics.cdm import CdmResult
from ocr_project.bench.rules.drawings import Drawer, Drawings, Pair
from ocr_project.bench.rules.outcome import Outcome
from ocr_project.bench.rules.rule import Payload, Prepared, Rule
from ocr_project.bench.rules.score_counts import ScoreCounts, defined
from ocr_project.bench.testsets import find_test_set
from ocr_project.domain.types import Score, Status, Truth

OUT_OF_MEMORY = "the answer takes too much memory to score (testsets.item_memory_gib)"
_LONGEST_MESSAGE = 200


@dataclass(frozen=True, slots=True)
class Task:
    """An item with one of its ground truths.

    Attributes:
        number: Of the task, among all of a scorer.
        place: Number of the ground truth.
        silenced: Why it is scored as if nothing had been read: the answer's fault; may be empty.
        unscored: Why it cannot be scored, through no fault of the recognizer; may be empty.
        drawings: Of its formulas; None where it is not known yet which it needs.
    """

    number: int
    outcome: Outcome
    place: int
    silenced: str = ""
    unscored: str = ""
    drawings: Drawings | None = None

    @property
    def truth(self) -> Truth:
        return self.outcome.truths[self.place]

    @property
    def cannot_be_scored(self) -> str:
        return self.outcome.unscorable or self.unscored


@dataclass(frozen=True, slots=True)
class Scored:
    """The rows of an item.

    Attributes:
        silenced: Why it was scored as if nothing had been read.
    """

    rows: list[Score]
    silenced: str = ""


@dataclass(frozen=True, slots=True)
class Undrawn:
    """An item of which only the drawings of its formulas are missing: ask again with them.

    Attributes:
        pairs: LaTeX of reference and hypothesis, to be compared by CDM.
        formulas: LaTeX to be drawn by KaTeX.
        silenced: Why it is scored as if nothing had been read.
    """

    pairs: tuple[Pair, ...]
    formulas: tuple[str, ...]
    silenced: str = ""


Answer: TypeAlias = Scored | Undrawn


def fault(error: Exception) -> str:
    """Return the reason for the row of an answer that raised."""
    if isinstance(error, MemoryError):
        return OUT_OF_MEMORY
    return f"the answer cannot be scored: {type(error).__name__}: {error}"[:_LONGEST_MESSAGE]


class ItemScorer:
    """Scores one item after the other. What waits for drawings is kept, and not prepared twice."""

    def __init__(self, drawer: Drawer) -> None:
        """Keep what draws.

        Args:
            drawer: Says which kinds of drawings there will be, and compares formulas by CDM.
        """
        self._drawer = drawer
        self._waiting: dict[int, _Item] = {}

    def compare(self, pairs: Sequence[Pair]) -> Mapping[Pair, CdmResult]:
        """Draw formulas by LaTeX, and compare them."""
        return self._drawer.draw(pairs).compared

    def score(self, task: Task) -> Answer:
        """Score an item, or say which formulas have to be drawn first."""
        item = self._waiting.pop(task.number, None)
        if item is None or (item.silenced, item.unscored) != (task.silenced, task.cannot_be_scored):
            item = self._prepare(task)
        if task.drawings is None and (missing := self._missing(item)):
            self._waiting[task.number] = item
            return missing
        drawings = task.drawings or Drawings(self._drawer.cdm, no_browser=self._drawer.no_browser)
        try:
            return Scored(item.rows(drawings), item.silenced)
        except Exception as error:
            if item.is_silent:
                raise
            return self.score(replace(task, silenced=fault(error), drawings=None))

    def _prepare(self, task: Task) -> _Item:
        rule = find_test_set(task.truth.test_set).rules[task.truth.kind]
        payload: Payload = json.loads(task.truth.payload)
        unscored, silenced = task.cannot_be_scored, task.silenced
        if not unscored and not silenced:
            try:
                return _Item(task, rule(payload, task.outcome))
            except Exception as error:
                silenced = fault(error)
        return _silent(task, rule, payload, silenced, unscored)

    def _missing(self, item: _Item) -> Undrawn | None:
        pairs = tuple(item.prepared.pairs) if self._drawer.cdm else ()
        formulas = () if self._drawer.no_browser else tuple(item.prepared.formulas)
        return Undrawn(pairs, formulas, item.silenced) if (pairs or formulas) and not item.unscored else None


@dataclass(frozen=True, slots=True)
class _Item:
    """An item prepared: all but the drawings."""

    task: Task
    prepared: Prepared
    silenced: str = ""
    unscored: str = ""

    @property
    def is_silent(self) -> bool:
        return bool(self.silenced or self.unscored)

    def rows(self, drawings: Drawings) -> list[Score]:
        reason = self.task.outcome.unread or self.silenced
        rows = []
        for one in defined(self.prepared.score(drawings)):
            if self.unscored:
                one = one._replace(numerator=0.0, reason=self.unscored, unscored=True)
            elif reason:
                one = one._replace(reason=reason)
            rows.append(_row(self.task.truth, one))
        return rows


def _silent(task: Task, rule: Rule, payload: Payload, silenced: str, unscored: str) -> _Item:
    """Prepare an item without an answer: what raises now is the fault of the ground truth or of the rule."""
    return _Item(task, rule(payload, task.outcome.silenced()), silenced, unscored)


def _row(truth: Truth, one: ScoreCounts) -> Score:
    return Score(
        item_id=truth.page_id,
        doc_id=truth.cluster,
        group=truth.test_set,
        metric=one.metric,
        numerator=one.numerator,
        denominator=one.denominator,
        status=Status.FAILED if one.unscored else Status.OK,
        reason=one.reason,
    )
