r"""The kinds of tests of olmOCR-bench: present, absent, order, table, math, baseline.

Definitions of `olmocr/bench/tests.py` in allenai/olmocr (v0.4.27). A formula is looked for as KaTeX draws it
(`bench/metrics/katex`) by the caller; without a browser it is looked for by its canonical symbols. Both
accept a formula that stands within a longer one; drawings also agree where it is written otherwise and looks the same
by chance (`\stackrel{}{}` built from `\overset`, spaces used as layout), and canonical symbols where
two signs are one by convention (`\phi`, `\varphi`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from rapidfuzz import fuzz

from ocr_project.bench.metrics.canonical import canonical_formula
from ocr_project.bench.testsets.olmocr_bench.rules.plain import plain
from ocr_project.bench.testsets.olmocr_bench.rules.tables import Table, tables_of

_MAX_REPEATS = 30
_LONGEST_REPEAT = 5
# Chinese characters, Japanese syllables and emoji: the set's pages are English, so a model that writes them drifts.
_FOREIGN = re.compile(
    "[\u4e00-\u9fff\u3040-\u309f\u30a0-\u30ff\U0001f600-\U0001f64f\U0001f300-\U0001f5ff\U0001f680-\U0001f6ff"
    "\U0001f1e0-\U0001f1ff]"
)
_EQUATIONS = tuple(
    re.compile(pattern, re.DOTALL) for pattern in (r"\\\((.+?)\\\)", r"\\\[(.+?)\\\]", r"\$\$(.+?)\$\$", r"\$(.+?)\$")
)
_FONT = re.compile(r"\\(?:mathbf|boldsymbol|bm|pmb|mathcal|mathbb|mathfrak|mathscr|textbf)(?![A-Za-z])")
_OLD_FONT = re.compile(r"\\(?:bf|cal|it|boldmath)(?![A-Za-z])")
Finder: TypeAlias = Callable[[str, Sequence[str]], bool]
"""Says whether a formula stands within one of others."""

_NEIGHBOURS = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}


@dataclass(frozen=True, slots=True)
class TestResult:
    """Whether a page bears a fact out.

    Attributes:
        passed: Whether it does.
        reason: What was missing; an empty string where it passed.
    """

    __test__ = False  # not a test of pytest's

    passed: bool
    reason: str = ""


_PASSED = TestResult(True)


def run_test(test: Mapping[str, Any], markdown: str, find: Finder | None = None) -> TestResult:
    """Run one test of olmOCR-bench on a page.

    Args:
        test: A line of the set's JSONL: `type` and what that type asks for.
        markdown: The page as it was read.
        find: Looks for a formula in those of the page; `None`: by its canonical symbols.

    Raises:
        ValueError: The type is unknown, or something that it asks for is missing: the set is damaged.
    """
    run = _KINDS.get(str(test.get("type")))
    if run is None:
        raise ValueError(f"unknown type of test: {test.get('type')!r}; known are {', '.join(_KINDS)}")
    try:
        return _math(test, markdown, find or find_symbols) if run is _math else run(test, markdown)
    except KeyError as error:
        raise ValueError(f"test {test.get('id', '')} of type {test['type']} lacks {error}") from error


def _presence(test: Mapping[str, Any], markdown: str) -> TestResult:
    wanted, text = plain(test["text"]), plain(markdown)
    if not test.get("case_sensitive", True):
        wanted, text = wanted.lower(), text.lower()
    first, last = test.get("first_n"), test.get("last_n")
    if first or last:
        text = (text[:first] if first else "") + (text[-last:] if last else "")
    ratio = fuzz.partial_ratio(wanted, text) / 100.0
    needed = _threshold(test, wanted, 0.0)
    there = ratio >= needed
    if there == (test["type"] == "present"):
        return _PASSED
    said = "is there" if there else "is not there"
    return TestResult(False, f"'{_short(wanted)}' {said}: best match {ratio:.3f}, threshold {needed:.3f}")


def _order(test: Mapping[str, Any], markdown: str) -> TestResult:
    from fuzzysearch import find_near_matches

    text = plain(markdown)
    starts: dict[str, list[int]] = {}
    for name in ("before", "after"):
        wanted = plain(test[name])
        found = find_near_matches(wanted, text, max_l_dist=int(test.get("max_diffs", 0)))
        if not found:
            return TestResult(False, f"'{_short(wanted)}' (the text {name}) is not there")
        starts[name] = [match.start for match in found]
    if min(starts["before"]) < max(starts["after"]):
        return _PASSED
    return TestResult(False, f"'{_short(test['before'])}' does not come before '{_short(test['after'])}'")


def _table(test: Mapping[str, Any], markdown: str) -> TestResult:
    tables = tables_of(markdown, bool(test.get("ignore_markdown_tables", False)))
    if not tables:
        return TestResult(False, "there is no table")
    wanted = plain(test["cell"])
    faults: list[str] = []
    for table in tables:
        for row, cells in enumerate(table.cells):
            for column, cell in enumerate(cells):
                if not _alike(test, wanted, cell):
                    continue
                found = _cell_faults(test, table, row, column)
                if not found:
                    return _PASSED
                faults += found
    return TestResult(False, "; ".join(faults) if faults else f"no cell is '{_short(wanted)}'")


def _cell_faults(test: Mapping[str, Any], table: Table, row: int, column: int) -> list[str]:
    """Say what does not stand around a cell that should; beyond the table's edge nothing is asked."""
    faults = []
    for name, (down, along) in _NEIGHBOURS.items():
        wanted = plain(test.get(name) or "")
        there = 0 <= row + down < len(table.cells) and 0 <= column + along < len(table.cells[0])
        if wanted and there and not _alike(test, wanted, cell := table.cells[row + down][column + along]):
            faults.append(f"{name} of it is '{_short(cell)}', not '{_short(wanted)}'")
    for name, headings, others in (
        ("top_heading", table.top_headings(row, column), [table.cells[above][column] for above in range(row)]),
        ("left_heading", table.left_headings(row, column), table.cells[row][:column]),
    ):
        wanted = plain(test.get(name) or "")
        if wanted and not _headed(test, wanted, headings, others):
            faults.append(f"its {name} is not '{_short(wanted)}'")
    return faults


def _headed(test: Mapping[str, Any], wanted: str, headings: list[str], others: list[str]) -> bool:
    """Say whether a heading is alike; other cells stand in where no heading has a letter in common."""
    if not any(fuzz.ratio(wanted, plain(text)) > 0 for text in headings):
        headings = [text for text in others if text.strip()]
    return any(_alike(test, wanted, text) for text in headings)


def _alike(test: Mapping[str, Any], wanted: str, text: str) -> bool:
    return bool(fuzz.ratio(wanted, plain(text)) / 100.0 >= _threshold(test, wanted, 0.5))


def _threshold(test: Mapping[str, Any], wanted: str, least: float) -> float:
    """Return the similarity that `max_diffs` differences leave."""
    return max(least, 1.0 - int(test.get("max_diffs", 0)) / max(1, len(wanted)))


def find_symbols(wanted: str, formulas: Sequence[str]) -> bool:
    """Say whether the canonical symbols of a formula stand within those of another one."""
    symbols = _symbols(wanted)
    return any(symbols in _symbols(formula) for formula in formulas)


def formulas_looked_for(tests: Sequence[Mapping[str, Any]], markdown: str) -> list[str]:
    """List the formulas that must be drawn to run the tests: the wanted ones, and those of the page they may be in."""
    found: dict[str, None] = {}
    for test in tests:
        if test.get("type") == "math" and "math" in test:
            equations = _equations(test, markdown)
            if test["math"] not in equations:
                found |= dict.fromkeys((test["math"], *equations))
    return list(found)


def _equations(test: Mapping[str, Any], markdown: str) -> list[str]:
    """List the formulas of a page; what one kind of delimiter encloses, the next kind does not see."""
    equations: list[str] = []
    for pattern in _EQUATIONS[:2] if test.get("ignore_dollar_delimited") else _EQUATIONS:
        equations += [found.strip() for found in pattern.findall(markdown)]
        markdown = pattern.sub("", markdown)
    return equations


def _math(test: Mapping[str, Any], markdown: str, find: Finder = find_symbols) -> TestResult:
    equations, wanted = _equations(test, markdown), test["math"]
    if wanted in equations or find(wanted, equations):
        return _PASSED
    return TestResult(False, f"none of {len(equations)} formulas is or contains {_short(wanted)}")


def _symbols(latex: str) -> str:
    """Return the canonical symbols without fonts, a space on either side: a part is then a substring."""
    fontless = _OLD_FONT.sub(r"\\rm", _FONT.sub(r"\\mathrm", latex))
    return f" {canonical_formula(fontless)} "


def _baseline(test: Mapping[str, Any], markdown: str) -> TestResult:
    limit = test.get("max_length")
    if limit is not None:
        skips = test.get("max_length_skips_image_alt_tags", False)
        length = _letters(re.sub(r"!\[.*?\]\(.*?\)", "", markdown) if skips else markdown)
        return _PASSED if length <= limit else TestResult(False, f"{length} letters on a page that should be blank")
    if not _letters(markdown):
        return TestResult(False, "there is no letter or digit")
    allowed = test.get("max_repeats", _MAX_REPEATS)
    text = re.sub(r"\s+", " ", markdown)
    for length in range(1, _LONGEST_REPEAT + 1):
        if (count := _repeats(text, length)) > allowed:
            return TestResult(False, f"it ends in {count} repetitions of '{text[-length:]}'")
    foreign = _FOREIGN.findall(markdown)
    if foreign and test.get("check_disallowed_characters", True):
        return TestResult(False, f"characters of other scripts or emoji: {''.join(foreign[:20])}")
    return _PASSED


def _letters(text: str) -> int:
    return sum(sign.isalnum() for sign in text)


def _repeats(text: str, length: int) -> int:
    """Count how often the last `length` characters stand one after another at the end."""
    last, count = text[-length:], 0
    while len(last) == length and text.endswith(last, 0, len(text) - count * length):
        count += 1
    return count


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "…"


_KINDS: dict[str, Callable[[Mapping[str, Any], str], TestResult]] = {
    "present": _presence,
    "absent": _presence,
    "order": _order,
    "table": _table,
    "math": _math,
    "baseline": _baseline,
}
