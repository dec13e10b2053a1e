"""Which scores an item gets: by the kind of what is known about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from ocr_project.domain.types import Identity, Recognition, Score, Status, TextFormat, Transcript, Truth, TruthKind
from ocr_project.engine.metrics.tables.tree import TreeTooLarge
from ocr_project.engine.scoring.answering import score_answer, score_fields
from ocr_project.engine.scoring.drawings import Drawings
from ocr_project.engine.scoring.marks import Mark, known
from ocr_project.engine.scoring.outcome import Outcome
from ocr_project.engine.scoring.pages import score_elements, score_markdown, score_tests
from ocr_project.engine.scoring.reading import score_formula, score_table, score_text

_VERSION = "2"  # of the rules here and of the metrics: raise it when the same answers would get other scores
_DRAWN = frozenset({TruthKind.FORMULA, TruthKind.ELEMENTS})

Payload: TypeAlias = Mapping[str, Any]
Rule: TypeAlias = Callable[[Payload, Outcome, Drawings], Iterable[Mark]]

_RULES: Mapping[TruthKind, Rule] = {
    TruthKind.TEXT: score_text,
    TruthKind.TABLE: score_table,
    TruthKind.FORMULA: score_formula,
    TruthKind.ANSWERS: score_answer,
    TruthKind.FIELDS: score_fields,
    TruthKind.MARKDOWN: score_markdown,
    TruthKind.ELEMENTS: score_elements,
    TruthKind.TESTS: score_tests,
}


class Scorer:
    """Scores items of all test sets."""

    def __init__(self, *, cdm: bool, cache: Path | None = None) -> None:
        """Args:
        cdm: Draw formulas to compare them.
        cache: Folder of drawings.
        """
        self._cdm = cdm
        self._cache = cache

    @property
    def identity(self) -> Identity:
        return Identity("scoring", _VERSION, {"cdm": self._cdm})

    def score(self, outcomes: Sequence[Outcome]) -> list[Score]:
        """Score items, in order.

        Returns:
            One row a metric and truth. An item that could not be scored (its image is broken, the recognizer does
            not answer questions) has the rows that it would have had, `failed`, with the reason.
        """
        pairs = [(outcome, truth) for outcome in outcomes for truth in outcome.truths]
        drawings = Drawings(wanted=self._cdm, cache=self._cache)
        if self._cdm:
            for outcome, truth in pairs:
                if truth.kind in _DRAWN and not outcome.obstacle:
                    _marks(outcome, truth, drawings)  # notes its formulas
            drawings.draw()
        return [row for outcome, truth in pairs for row in _rows(outcome, truth, drawings)]


def _rows(outcome: Outcome, truth: Truth, drawings: Drawings) -> Iterator[Score]:
    obstacle = outcome.obstacle
    for one in _marks(_silent(outcome) if obstacle else outcome, truth, drawings):
        if obstacle:
            one = one._replace(errors=0.0, reason=obstacle, unscored=True)
        elif outcome.fault:
            one = one._replace(reason=outcome.fault)
        yield _row(truth, one)


def _marks(outcome: Outcome, truth: Truth, drawings: Drawings) -> list[Mark]:
    """Apply the rule; an answer too large to be compared (a loop) counts as if nothing had been said."""
    rule, payload = _RULES[truth.kind], json.loads(truth.payload)
    try:
        return list(known(rule(payload, outcome, drawings)))
    except TreeTooLarge as error:
        return [one._replace(reason=str(error)) for one in known(rule(payload, _silent(outcome), drawings))]


def _row(truth: Truth, one: Mark) -> Score:
    return Score(
        item_id=truth.page_id,
        doc_id=truth.cluster,
        group=truth.test_set,
        metric=one.metric,
        errors=one.errors,
        total=one.total,
        status=Status.FAILED if one.unscored else Status.OK,
        reason=one.reason,
    )


def _silent(outcome: Outcome) -> Outcome:
    """Return the item as if nothing had been said: the metrics and denominators of one that could not be scored."""
    page = outcome.page
    blank = Transcript(page.page_id, page.doc_id, page.path, page.group, page.number, "", "")
    nothing = Recognition(page.page_id, 0, "", TextFormat.TEXT)
    return Outcome(page, [nothing], blank, outcome.truths)
