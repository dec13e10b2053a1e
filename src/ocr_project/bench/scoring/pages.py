"""Whole pages: Markdown against Markdown, elements, and tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ocr_project.bench.metrics.canonical import canonical_text
from ocr_project.bench.metrics.formula import canonical_formula, formula_edit
from ocr_project.bench.metrics.opendataloader import mhs, nid, page_teds
from ocr_project.bench.metrics.tables.canonical import canonical_table
from ocr_project.bench.metrics.tables.markdown import tables_to_html
from ocr_project.bench.metrics.tables.teds import dp_bench_teds, teds
from ocr_project.bench.scoring.drawings import Drawings
from ocr_project.bench.scoring.outcome import Outcome
from ocr_project.bench.scoring.score_counts import CANONICAL, OFFICIAL, Mark, mark
from ocr_project.bench.testsets.olmocr_bench.rules import TestResult, run_test
from ocr_project.bench.testsets.omnidocbench.rules import Scored, score_page, score_page_v1_6
from ocr_project.domain.types import Status
from ocr_project.engine.metrics import Counts, ned

# What `omnidocbench.PageScore.values` names, and the metric and reading that it is here.
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


def score_markdown(truth: Mapping[str, Any], outcome: Outcome, drawings: Drawings) -> Iterator[Mark]:
    """Score a page in Markdown by its text, its tables and its headings."""
    reference, hypothesis = truth["markdown"], outcome.transcript.markdown
    if truth.get("protocol") == "dp_bench":
        yield from _dp_bench(truth, hypothesis)
        return
    yield mark("nid", OFFICIAL, nid(reference, hypothesis))
    yield mark("nid", CANONICAL, nid(canonical_text(reference), canonical_text(hypothesis)))
    yield mark("teds", OFFICIAL, page_teds(reference, hypothesis))
    yield mark("teds_s", OFFICIAL, page_teds(reference, hypothesis, structure_only=True))
    yield mark("mhs", OFFICIAL, mhs(reference, hypothesis))
    yield mark("mhs_s", OFFICIAL, mhs(reference, hypothesis, structure_only=True))


def _dp_bench(truth: Mapping[str, Any], hypothesis: str) -> Iterator[Mark]:
    """Score a page of DP-Bench by its own rules: NID without what stands in tables, TEDS of the first table."""
    reference, tables, found = truth["markdown"], truth["tables"], tables_to_html(hypothesis)
    yield mark("nid", OFFICIAL, nid(reference, hypothesis, tables=False))
    yield mark("nid", CANONICAL, nid(canonical_text(reference), canonical_text(hypothesis)))
    yield mark("teds", OFFICIAL, dp_bench_teds(tables, found))
    yield mark("teds_s", OFFICIAL, dp_bench_teds(tables, found, structure_only=True))
    if tables.strip():
        plain, bare = canonical_table(tables), canonical_table(found)
        yield mark("teds", CANONICAL, teds(plain, bare))
        yield mark("teds_s", CANONICAL, teds(plain, bare, structure_only=True))
    yield mark("mhs", OFFICIAL, mhs(reference, hypothesis))


def score_elements(truth: Mapping[str, Any], outcome: Outcome, drawings: Drawings) -> Iterator[Mark]:
    """Score a page of OmniDocBench by the rules of its version, as its leaderboard averages: each page counts once."""
    undrawn: list[str] = []

    def compare(reference: str, hypothesis: str) -> float:
        result = drawings.compare(reference, hypothesis)
        if result.status is Status.FAILED:
            undrawn.append(result.reason)
            return 0.0
        return result.f1

    rules = score_page_v1_6 if truth.get("protocol") == "v1_6" else score_page
    page = rules(truth, outcome.transcript.markdown, cdm=compare if drawings.wanted else None)
    for name, value in page.values().items():
        metric, reading = _ELEMENTS[name]
        failed = undrawn[0] if undrawn and metric == "cdm" else ""
        yield Mark(f"{metric}/{reading}", 0.0 if failed else value, 1.0, failed, unscored=bool(failed))
    yield from _canonical(page.elements)


def score_tests(truth: Mapping[str, Any], outcome: Outcome, drawings: Drawings) -> Iterator[Mark]:
    """Run olmOCR-bench's tests of a page: how many of them are passed, in all and by file of tests."""
    tests = truth["tests"]
    parsed = any(test.get("type") == "math" for test in tests) and drawings.no_browser
    note = f"formulas compared by their symbols: {parsed}" if parsed else ""
    try:
        found = [run_test(test, outcome.transcript.markdown, drawings.find) for test in tests]
    except ValueError as error:
        yield Mark(f"pass_rate/{OFFICIAL}", 0.0, len(tests), f"damaged: {error}", unscored=True)
        return
    by_metric: dict[str, list[TestResult]] = {f"pass_rate/{OFFICIAL}": found}
    for test, result in zip(tests, found, strict=True):
        by_metric.setdefault(f"passed/{test.get('category', 'tests')}", []).append(result)
    for name, results in by_metric.items():
        failed = next((result.reason for result in results if not result.passed), "")
        reason = "; ".join(filter(None, (failed, note)))
        yield Mark(name, sum(result.passed for result in results), len(results), reason)


def note_formulas(tests: Sequence[Mapping[str, Any]], markdown: str, drawings: Drawings) -> None:
    """Let the formulas of a page's tests be drawn."""
    for test in tests:
        if test.get("type") == "math" and "math" in test:
            run_test(test, markdown, drawings.find)


def run_tests(tests: Sequence[Mapping[str, Any]], markdown: str, drawings: Drawings) -> list[TestResult]:
    """Run the tests of one page, as it is scored."""
    note_formulas(tests, markdown, drawings)
    drawings.draw()
    return [run_test(test, markdown, drawings.find) for test in tests]


def _canonical(elements: Sequence[Scored]) -> Iterator[Mark]:
    """Score text and formulas once more, in one way of writing."""
    sums = {"text": Counts(0, 0), "formula": Counts(0, 0)}
    for one in elements:
        if one.kind == "text":
            sums["text"] += ned(canonical_text(one.reference), canonical_text(one.hypothesis))
        elif one.kind == "formula":
            sums["formula"] += formula_edit(canonical_formula(one.reference), canonical_formula(one.hypothesis))
    for kind, counts in sums.items():
        if counts.denominator:
            yield mark(f"{kind}_edit", CANONICAL, counts.rate)
