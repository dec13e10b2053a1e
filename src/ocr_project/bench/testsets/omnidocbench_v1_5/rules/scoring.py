"""Pages of OmniDocBench as rows: each page counts once, as its leaderboard averages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from ocr_project.bench.metrics.canonical import canonical_formula, canonical_text
from ocr_project.bench.metrics.catalog import CANONICAL, OFFICIAL
from ocr_project.bench.metrics.formula.scores import formula_edit
from ocr_project.bench.rules.drawings import Drawings
from ocr_project.bench.rules.outcome import Outcome
from ocr_project.bench.rules.rule import Payload, Prepared, Rule
from ocr_project.bench.rules.score_counts import ScoreCounts, counted
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.page import score_page
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.result import PageScore, Scored
from ocr_project.domain.types import Status, TruthKind
from ocr_project.engine.metrics import Counts, ned

ScorePage: TypeAlias = Callable[[Mapping[str, Any], str], PageScore]

# What `PageScore.values` names, and the metric and normalization that it is here.
_ELEMENTS = {
    "text_edit": ("text_edit", OFFICIAL),
    "formula_edit": ("formula_edit", OFFICIAL),
    "table_edit": ("table_edit", OFFICIAL),
    "order_edit": ("reading_order", OFFICIAL),
    "table_teds": ("teds", OFFICIAL),
    "table_teds_s": ("teds_s", OFFICIAL),
    "table_teds_canonical": ("teds", CANONICAL),
    "formula_cdm": ("cdm", OFFICIAL),
}


def prepare_page(score: ScorePage, payload: Payload, outcome: Outcome) -> Prepared:
    """Score a page by the rules of a version; its formulas once they are drawn.

    Args:
        score: `score_page` of the version.
        payload: A page of the set's JSON.
        outcome: What was read of it.
    """
    page = score(payload, outcome.transcript.markdown)
    return Prepared(partial(_counts, page), pairs=page.formulas)


def _counts(page: PageScore, drawings: Drawings) -> Iterator[ScoreCounts]:
    failures: list[str] = []

    def cdm(reference: str, hypothesis: str) -> float:
        result = drawings.compare(reference, hypothesis)
        if result.status is Status.FAILED:
            failures.append(result.reason)
            return 0.0
        return result.f1

    scored = page.compared(cdm) if drawings.cdm else page
    for name, value in scored.values().items():
        metric, normalization = _ELEMENTS[name]
        failed = failures[0] if failures and metric == "cdm" else ""
        yield ScoreCounts(f"{metric}/{normalization}", 0.0 if failed else value, 1.0, failed, unscored=bool(failed))
    yield from _canonical(page.elements)


def _canonical(elements: Sequence[Scored]) -> Iterator[ScoreCounts]:
    """Score text and formulas once more, in their canonical forms."""
    sums = {"text": Counts(0, 0), "formula": Counts(0, 0)}
    for one in elements:
        if one.kind == "text":
            sums["text"] += ned(canonical_text(one.reference), canonical_text(one.hypothesis))
        elif one.kind == "formula":
            sums["formula"] += formula_edit(canonical_formula(one.reference), canonical_formula(one.hypothesis))
    for kind, counts in sums.items():
        if counts.denominator:
            yield counted(f"{kind}_edit", CANONICAL, counts.rate)


RULES: Mapping[TruthKind, Rule] = {TruthKind.ELEMENTS: partial(prepare_page, score_page)}
