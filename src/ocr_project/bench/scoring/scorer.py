"""Which scores an item gets: by the kind of what is known about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from ocr_project.bench.metrics.tables.tree import TreeTooLarge
from ocr_project.bench.scoring.answering import score_answer, score_fields
from ocr_project.bench.scoring.drawings import Drawings
from ocr_project.bench.scoring.outcome import Outcome
from ocr_project.bench.scoring.pages import note_formulas, score_elements, score_markdown, score_tests
from ocr_project.bench.scoring.reading import score_formula, score_table, score_text
from ocr_project.bench.scoring.score_counts import Mark, known
from ocr_project.bench.testsets.olmocr_bench.rules import katex_version, missing_browser
from ocr_project.domain.types import Identity, Recognition, Score, Status, TextFormat, Transcript, Truth, TruthKind

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

    def __init__(self, *, cdm: bool, katex: bool = False, cache: Path | None = None) -> None:
        """Args:
        cdm: Draw formulas by LaTeX to compare them.
        katex: Draw formulas of page tests in a browser, where one is there.
        cache: Folder of drawings.
        """
        self._cdm = cdm
        self._katex = katex
        self._cache = cache

    @property
    def identity(self) -> Identity:
        drawn = self._katex and not missing_browser()
        formulas = f"drawn by KaTeX {katex_version()}" if drawn else "compared by symbols"
        return Identity("scoring", _VERSION, {"cdm": self._cdm, "formulas_of_tests": formulas})

    def score(self, outcomes: Sequence[Outcome]) -> list[Score]:
        """Score items, in order.

        Returns:
            One row a metric and truth. An item that could not be scored (its image is broken, the recognizer does
            not answer questions) has the rows that it would have had, `failed`, with the reason.
        """
        pairs = [(outcome, truth) for outcome in outcomes for truth in outcome.truths]
        drawings = Drawings(wanted=self._cdm, katex=self._katex, cache=self._cache)
        for outcome, truth in pairs:  # notes the formulas
            if truth.kind in _DRAWN and self._cdm and not outcome.obstacle:
                _marks(outcome, truth, drawings)
            elif truth.kind is TruthKind.TESTS and not drawings.no_browser and not outcome.obstacle:
                note_formulas(json.loads(truth.payload)["tests"], outcome.transcript.markdown, drawings)
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
