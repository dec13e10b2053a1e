"""Which scores an item gets: by the kind of what is known about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from ocr_project.domain.types import Identity, Recognition, Score, Status, TextFormat, Transcript, Truth, TruthKind
from ocr_project.engine.metrics import CdmResult, cdm
from ocr_project.engine.scoring.answering import score_answer, score_fields
from ocr_project.engine.scoring.marks import OFFICIAL, Mark, known
from ocr_project.engine.scoring.outcome import Outcome
from ocr_project.engine.scoring.pages import score_elements, score_markdown, score_tests
from ocr_project.engine.scoring.reading import score_formula, score_table, score_text

_VERSION = "1"  # of the rules here and of the metrics: raise it when the same answers would get other scores
_CDM = f"cdm/{OFFICIAL}"

Payload: TypeAlias = Mapping[str, Any]
Rule: TypeAlias = Callable[[Payload, Outcome], Iterable[Mark]]

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
        drawn = self._drawn(pairs)
        return [row for outcome, truth in pairs for row in _rows(outcome, truth, drawn.get(id(truth)))]

    def _drawn(self, pairs: Sequence[tuple[Outcome, Truth]]) -> dict[int, CdmResult]:
        """Compare the formulas of several items at once: LaTeX takes longer to start than to draw them."""
        formulas = [(o, t) for o, t in pairs if self._cdm and t.kind is TruthKind.FORMULA and not o.obstacle]
        if not formulas:
            return {}
        references = [json.loads(truth.payload)["latex"] for _, truth in formulas]
        results = cdm(references, [outcome.answer for outcome, _ in formulas], cache=self._cache)
        return {id(truth): result for (_, truth), result in zip(formulas, results, strict=True)}


def _rows(outcome: Outcome, truth: Truth, drawn: CdmResult | None) -> Iterator[Score]:
    payload = json.loads(truth.payload)
    obstacle = outcome.obstacle or payload.get("why", "")
    status = Status.FAILED if obstacle else Status.OK
    for metric, errors, total, reason in _marks(truth.kind, payload, _silent(outcome) if obstacle else outcome):
        why = obstacle or outcome.fault or reason
        yield _row(outcome, truth, Mark(metric, 0.0 if obstacle else errors, total, why), status)
    if drawn is not None:
        value = 0.0 if drawn.status is Status.FAILED else drawn.f1
        yield _row(outcome, truth, Mark(_CDM, value, 1.0, drawn.reason), drawn.status)


def _marks(kind: TruthKind, payload: Payload, outcome: Outcome) -> Iterator[Mark]:
    return known(_RULES[kind](payload, outcome))


def _row(outcome: Outcome, truth: Truth, one: Mark, status: Status) -> Score:
    return Score(
        item_id=truth.page_id,
        doc_id=truth.cluster,
        group=truth.test_set,
        metric=one.metric,
        errors=one.errors,
        total=one.total,
        status=status,
        reason=one.reason,
    )


def _silent(outcome: Outcome) -> Outcome:
    """Return the item as if nothing had been said: the metrics and denominators of one that could not be scored."""
    page = outcome.page
    blank = Transcript(page.page_id, page.doc_id, page.path, page.group, page.number, "", "")
    nothing = Recognition(page.page_id, 0, "", TextFormat.TEXT)
    return Outcome(page, [nothing], blank, outcome.truths)
