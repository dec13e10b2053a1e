"""Items of all test sets to rows of scores."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ocr_project.bench.metrics.katex import katex_version
from ocr_project.bench.rules.drawings import Drawer, Drawings
from ocr_project.bench.rules.outcome import Outcome
from ocr_project.bench.rules.rule import Payload, Prepared, Rule
from ocr_project.bench.rules.score_counts import ScoreCounts, defined
from ocr_project.bench.scoring.guard import AnswerError, guarded
from ocr_project.bench.testsets import find_test_set
from ocr_project.domain.types import Identity, Score, Status, Truth

VERSION = "4"  # of all rules and metrics: raise it when the same answers would get other scores
_SECONDS = 60.0
_LOG = logging.getLogger(__name__)


class Scorer:
    """Scores items of all test sets."""

    def __init__(
        self, *, cdm: bool, katex: bool = False, cache: Path | None = None, item_seconds: float = _SECONDS
    ) -> None:
        """Look for what draws formulas.

        Args:
            cdm: Draw formulas by LaTeX to compare them.
            katex: Draw formulas of page tests in a browser, where one is installed.
            cache: Folder of drawings.
            item_seconds: CPU time that an answer may take.
        """
        self._drawer = Drawer(cdm=cdm, katex=katex, cache=cache)
        self._seconds = item_seconds

    @property
    def identity(self) -> Identity:
        drawn = not self._drawer.no_browser
        formulas = f"drawn by KaTeX {katex_version()}" if drawn else "compared by symbols"
        settings = {"cdm": self._drawer.cdm, "formulas_of_tests": formulas, "item_seconds": self._seconds}
        return Identity("scoring", VERSION, settings)

    def score(self, outcomes: Sequence[Outcome]) -> list[Score]:
        """Score items, in order: each is prepared, the formulas of all are drawn at once, then each is scored.

        Returns:
            One row per metric and ground truth. An item that could not be scored (its image is broken, the recognizer
            does not answer questions) has the rows that it would have had, `failed`, with the reason. An answer that
            cannot be scored (see `guard`) counts as if nothing had been said, with the reason.
        """
        items = [self._prepare(outcome, truth) for outcome in outcomes for truth in outcome.truths]
        try:
            drawings = self._draw(items)
        except Exception:  # one of them: each is drawn alone, and the one that raises is silenced
            return [row for item in items for row in self._score_alone(item)]
        return [row for item in items for row in self._finish(item, drawings)]

    def _prepare(self, outcome: Outcome, truth: Truth) -> _Item:
        """Apply the rule of the item's set to it."""
        item = _Item(outcome, truth, find_test_set(truth.test_set).rules[truth.kind], json.loads(truth.payload))
        if outcome.unscorable:
            return item.silenced()
        try:
            return replace(item, prepared=guarded(lambda: item.rule(item.payload, outcome), self._seconds))
        except AnswerError as error:
            return item.silenced(str(error))

    def _draw(self, items: Sequence[_Item]) -> Drawings:
        prepared = [item.prepared for item in items if item.prepared and not item.outcome.unscorable]
        pairs = (pair for one in prepared for pair in one.pairs)
        return self._drawer.draw(pairs, (formula for one in prepared for formula in one.formulas))

    def _score_alone(self, item: _Item) -> list[Score]:
        try:
            drawings = guarded(lambda: self._draw([item]), self._seconds)
        except AnswerError as error:
            item = item.silenced(str(error))
            drawings = self._draw([item])
        return self._finish(item, drawings)

    def _finish(self, item: _Item, drawings: Drawings) -> list[Score]:
        if item.silent:
            return item.rows(drawings)
        try:
            return guarded(lambda: item.rows(drawings), self._seconds)
        except AnswerError as error:
            item = item.silenced(str(error))
            return item.rows(self._draw([item]))


@dataclass(frozen=True, slots=True)
class _Item:
    """An item with one of its ground truths.

    Attributes:
        prepared: All but the drawings.
        silent: Whether it was prepared as if nothing had been read.
        reason: Why, where that is the answer's fault.
    """

    outcome: Outcome
    truth: Truth
    rule: Rule
    payload: Payload
    prepared: Prepared | None = None
    silent: bool = False
    reason: str = ""

    def silenced(self, reason: str = "") -> _Item:
        """Prepare it without an answer: what raises now is the fault of the ground truth or of the rule."""
        if reason:
            _LOG.warning("%s, item %s: %s; it counts as wrong", self.truth.test_set, self.truth.page_id, reason)
        prepared = self.rule(self.payload, self.outcome.silenced())
        return replace(self, prepared=prepared, silent=True, reason=reason)

    def rows(self, drawings: Drawings) -> list[Score]:
        """Score what is prepared."""
        assert self.prepared is not None
        unscorable, reason = self.outcome.unscorable, self.outcome.unread or self.reason
        rows = []
        for one in defined(self.prepared.score(drawings)):
            if unscorable:
                one = one._replace(numerator=0.0, reason=unscorable, unscored=True)
            elif reason:
                one = one._replace(reason=reason)
            rows.append(_row(self.truth, one))
        return rows


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
