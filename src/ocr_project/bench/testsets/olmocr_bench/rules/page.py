"""All tests of a page: how many are passed, in all and by file of tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from rapidfuzz import fuzz

from ocr_project.bench.metrics.catalog import OFFICIAL
from ocr_project.bench.metrics.katex import stands_within
from ocr_project.bench.rules.drawings import Drawer, Drawings
from ocr_project.bench.rules.outcome import Outcome
from ocr_project.bench.rules.rule import Payload, Prepared, Rule
from ocr_project.bench.rules.score_counts import ScoreCounts
from ocr_project.bench.testsets.olmocr_bench.rules.page_tests import (
    TestResult,
    find_symbols,
    formulas_looked_for,
    run_test,
)
from ocr_project.domain.types import TruthKind


def prepare_tests(payload: Payload, outcome: Outcome) -> Prepared:
    """Run `{"tests": [...]}` on the page's Markdown, once its formulas are drawn."""
    tests, markdown = payload["tests"], outcome.transcript.markdown
    return Prepared(partial(_score, tests, markdown), formulas=formulas_looked_for(tests, markdown))


def run_tests(tests: Sequence[Mapping[str, Any]], markdown: str, drawer: Drawer) -> list[TestResult]:
    """Run the tests of one page, as it is scored.

    Raises:
        ValueError: A test is damaged.
    """
    drawings = drawer.draw(formulas=formulas_looked_for(tests, markdown))
    return [run_test(test, markdown, partial(find_drawn, drawings)) for test in tests]


def find_drawn(drawings: Drawings, wanted: str, formulas: Sequence[str]) -> bool:
    """Say whether a formula stands within one of others, as KaTeX draws them.

    Where nothing is drawn, or KaTeX cannot draw the wanted one, its symbols are looked for.
    """
    glyphs = drawings.glyphs.get(wanted)
    if glyphs is None or glyphs.error:
        return find_symbols(wanted, formulas)
    likely = sorted(formulas, key=lambda formula: -fuzz.ratio(formula, wanted))
    return any(stands_within(glyphs, drawings.glyphs[formula]) for formula in likely)


def _score(tests: Sequence[Mapping[str, Any]], markdown: str, drawings: Drawings) -> Iterator[ScoreCounts]:
    by_symbols = any(test.get("type") == "math" for test in tests) and drawings.no_browser
    note = f"formulas compared by their symbols: {by_symbols}" if by_symbols else ""
    try:
        found = [run_test(test, markdown, partial(find_drawn, drawings)) for test in tests]
    except ValueError:
        damage = _damage(tests)
        if not damage:  # it is the answer
            raise
        yield ScoreCounts(f"pass_rate/{OFFICIAL}", 0.0, len(tests), f"damaged: {damage}", unscored=True)
        return
    by_metric: dict[str, list[TestResult]] = {f"pass_rate/{OFFICIAL}": found}
    for test, result in zip(tests, found, strict=True):
        by_metric.setdefault(f"passed/{test.get('category', 'tests')}", []).append(result)
    for name, results in by_metric.items():
        failed = next((result.reason for result in results if not result.passed), "")
        reason = "; ".join(filter(None, (failed, note)))
        yield ScoreCounts(name, sum(result.passed for result in results), len(results), reason)


def _damage(tests: Sequence[Mapping[str, Any]]) -> str:
    """Return why tests cannot be run whatever is said of the page; empty where they can be."""
    try:
        for test in tests:
            run_test(test, "", find_symbols)
    except ValueError as error:
        return str(error)
    return ""


RULES: Mapping[TruthKind, Rule] = {TruthKind.TESTS: prepare_tests}
