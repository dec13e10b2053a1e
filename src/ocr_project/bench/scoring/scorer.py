"""Items of all test sets to rows of scores."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ocr_project.bench.metrics.katex import katex_version
from ocr_project.bench.metrics.tables.tree import TreeTooLarge
from ocr_project.bench.rules.drawings import Drawer, Drawings
from ocr_project.bench.rules.outcome import Outcome
from ocr_project.bench.rules.rule import Prepared
from ocr_project.bench.rules.score_counts import ScoreCounts, defined
from ocr_project.bench.testsets import find_test_set
from ocr_project.domain.types import Identity, Score, Status, Truth

VERSION = "2"  # of all rules and metrics: raise it when the same answers would get other scores


class Scorer:
    """Scores items of all test sets."""

    def __init__(self, *, cdm: bool, katex: bool = False, cache: Path | None = None) -> None:
        """Look for what draws formulas.

        Args:
            cdm: Draw formulas by LaTeX to compare them.
            katex: Draw formulas of page tests in a browser, where one is installed.
            cache: Folder of drawings.
        """
        self._drawer = Drawer(cdm=cdm, katex=katex, cache=cache)

    @property
    def identity(self) -> Identity:
        drawn = not self._drawer.no_browser
        formulas = f"drawn by KaTeX {katex_version()}" if drawn else "compared by symbols"
        return Identity("scoring", VERSION, {"cdm": self._drawer.cdm, "formulas_of_tests": formulas})

    def score(self, outcomes: Sequence[Outcome]) -> list[Score]:
        """Score items, in order: each is prepared, the formulas of all are drawn at once, then each is scored.

        Returns:
            One row per metric and ground truth. An item that could not be scored (its image is broken, the recognizer
            does not answer questions) has the rows that it would have had, `failed`, with the reason.
        """
        items = [_prepare(outcome, truth) for outcome in outcomes for truth in outcome.truths]
        drawn = [item.prepared for item in items if not item.outcome.unscorable]
        pairs = (pair for one in drawn for pair in one.pairs)
        drawings = self._drawer.draw(pairs, (formula for one in drawn for formula in one.formulas))
        return [row for item in items for row in item.rows(drawings)]


@dataclass(frozen=True, slots=True)
class _Item:
    """An item with one of its ground truths, ready to be scored."""

    outcome: Outcome
    truth: Truth
    prepared: Prepared
    too_large: str = ""

    def rows(self, drawings: Drawings) -> Iterator[Score]:
        unscorable, reason = self.outcome.unscorable, self.outcome.unread or self.too_large
        for one in defined(self.prepared.score(drawings)):
            if unscorable:
                one = one._replace(numerator=0.0, reason=unscorable, unscored=True)
            elif reason:
                one = one._replace(reason=reason)
            yield _row(self.truth, one)


def _prepare(outcome: Outcome, truth: Truth) -> _Item:
    """Apply the rule of the item's set; an answer too large to be compared (a loop) counts as if it were empty."""
    rule, payload = find_test_set(truth.test_set).rules[truth.kind], json.loads(truth.payload)
    silenced = outcome.silenced()
    if outcome.unscorable:
        return _Item(outcome, truth, rule(payload, silenced))
    try:
        return _Item(outcome, truth, rule(payload, outcome))
    except TreeTooLarge as error:
        return _Item(outcome, truth, rule(payload, silenced), str(error))


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
