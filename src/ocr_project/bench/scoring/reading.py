"""Text, tables and formulas: what was read against what is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ocr_project.bench.metrics.bleu import bleu
from ocr_project.bench.metrics.canonical import canonical_text, match_exact, match_normalized, match_similar
from ocr_project.bench.metrics.formula import (
    canonical_formula,
    formula_edit,
    formula_edit_characters,
    formula_exact,
    strip_formula_spaces,
)
from ocr_project.bench.metrics.tables.canonical import canonical_table
from ocr_project.bench.metrics.tables.teds import teds
from ocr_project.bench.scoring.drawings import Drawings
from ocr_project.bench.scoring.outcome import Outcome
from ocr_project.bench.scoring.score_counts import CANONICAL, OFFICIAL, Mark, mark
from ocr_project.domain.types import Label
from ocr_project.engine.metrics import cer, cer_no_space, ned, wer

_TEXT_METRICS = {"cer_no_space": cer_no_space, "cer": cer, "wer": wer, "ned": ned}


def score_text(truth: Mapping[str, Any], outcome: Outcome, drawings: Drawings) -> Iterator[Mark]:
    """Score text: as it is but for white space, and in the canonical form.

    A truth whose own order is nobody's reading order has another one, `rows`, for the canonical form; one that is
    `caseless` (all upper case, whatever the picture shows) is compared without case there.
    """
    reference, hypothesis = truth["text"], outcome.transcript.text
    canonical = canonical_text(truth.get("rows", reference)), canonical_text(hypothesis)
    if truth.get("caseless"):
        canonical = canonical[0].casefold(), canonical[1].casefold()
    yield from text_marks(reference, hypothesis, canonical, lines=outcome.page.given is Label.TEXT)


def text_marks(reference: str, hypothesis: str, canonical: tuple[str, str], *, lines: bool) -> Iterator[Mark]:
    """Score one text.

    Args:
        reference: As the set has it.
        hypothesis: As it was read.
        canonical: Both in the canonical form.
        lines: Whether it is short (a line, a sign): then whether it is right as a whole is asked too.
    """
    readings = {OFFICIAL: (" ".join(reference.split()), " ".join(hypothesis.split())), CANONICAL: canonical}
    for reading, (expected, got) in readings.items():
        for name, metric in _TEXT_METRICS.items():
            yield mark(name, reading, metric(expected, got))
    if lines:
        yield mark("exact", OFFICIAL, match_exact(*readings[OFFICIAL]))
        yield mark("normalized", CANONICAL, match_normalized(reference, hypothesis))
        yield mark("similar", CANONICAL, match_similar(reference, hypothesis))


def score_table(truth: Mapping[str, Any], outcome: Outcome, drawings: Drawings) -> Iterator[Mark]:
    """Score a table by TEDS and TEDS-S, as written and in the canonical form."""
    reference, hypothesis = truth["html"], outcome.tables
    plain, bare = canonical_table(reference), canonical_table(hypothesis)
    reason = "" if bare else "no table in the answer"
    yield mark("teds", OFFICIAL, teds(reference, hypothesis), reason)
    yield mark("teds_s", OFFICIAL, teds(reference, hypothesis, structure_only=True), reason)
    yield mark("teds", CANONICAL, teds(plain, bare), reason)
    yield mark("teds_s", CANONICAL, teds(plain, bare, structure_only=True), reason)


def score_formula(truth: Mapping[str, Any], outcome: Outcome, drawings: Drawings) -> Iterator[Mark]:
    """Score a formula: UniMER-Test's edit distance and BLEU, tokens in the canonical form, and CDM."""
    reference, hypothesis = truth["latex"], outcome.answer
    yield mark("formula_edit", OFFICIAL, formula_edit_characters(reference, hypothesis))
    yield mark("formula_edit", CANONICAL, formula_edit(canonical_formula(reference), canonical_formula(hypothesis)))
    yield mark("bleu", OFFICIAL, bleu(strip_formula_spaces(reference), strip_formula_spaces(hypothesis)))
    yield mark("exact", CANONICAL, formula_exact(reference, hypothesis))
    yield from drawings.mark(reference, hypothesis)
