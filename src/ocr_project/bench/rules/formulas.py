"""Formulas: as they are written, and as they are drawn."""

from __future__ import annotations

from collections.abc import Iterator

from ocr_project.bench.metrics.bleu import bleu
from ocr_project.bench.metrics.canonical import canonical_formula
from ocr_project.bench.metrics.catalog import CANONICAL, OFFICIAL
from ocr_project.bench.metrics.formula.scores import (
    formula_edit,
    formula_edit_characters,
    formula_exact,
    strip_formula_spaces,
)
from ocr_project.bench.rules.drawings import Drawings
from ocr_project.bench.rules.outcome import Outcome
from ocr_project.bench.rules.rule import Payload, Prepared
from ocr_project.bench.rules.score_counts import ScoreCounts, counted
from ocr_project.domain.types import Status


def prepare_formula(payload: Payload, outcome: Outcome) -> Prepared:
    """Score `{"latex"}`: UniMER-Test's edit distance and BLEU, tokens in the canonical form, and CDM."""
    reference, hypothesis = payload["latex"], outcome.answer
    bare = strip_formula_spaces(reference), strip_formula_spaces(hypothesis)
    written = (
        counted("formula_edit", OFFICIAL, formula_edit_characters(reference, hypothesis)),
        counted("formula_edit", CANONICAL, formula_edit(canonical_formula(reference), canonical_formula(hypothesis))),
        counted("bleu", OFFICIAL, bleu(*bare)),
        counted("exact", CANONICAL, formula_exact(reference, hypothesis)),
    )

    def score(drawings: Drawings) -> Iterator[ScoreCounts]:
        yield from written
        if drawings.cdm:
            result = drawings.compare(reference, hypothesis)
            failed = result.status is Status.FAILED
            yield ScoreCounts(f"cdm/{OFFICIAL}", 0.0 if failed else result.f1, 1.0, result.reason, unscored=failed)

    return Prepared(score, pairs=[(reference, hypothesis)])


FORMULA = prepare_formula
