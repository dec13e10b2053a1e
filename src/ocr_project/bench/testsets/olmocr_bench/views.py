"""How a person sees the tests of a page: what each asks for, and whether the answer passes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ocr_project.bench.rules.drawings import Drawer
from ocr_project.bench.testsets.olmocr_bench.rules import run_tests

_NOT_ASKED = frozenset({"type", "id", "pdf", "page", "url", "checked", "category", "max_diffs"})


def claims(tests: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, bool]]:
    """Yield the type of each test and what it asks for, in a line."""
    for test in tests:
        asked = {name: value for name, value in test.items() if name not in _NOT_ASKED and value not in (None, "")}
        yield test["type"], ", ".join(f"{name}: {value}" for name, value in asked.items()), True


def verdicts(tests: Sequence[Mapping[str, Any]], answer: str, drawer: Drawer) -> Iterator[tuple[str, str, bool]]:
    """Yield the type of each test, what the answer lacks, and whether it passes."""
    for test, result in zip(tests, run_tests(tests, answer, drawer), strict=True):
        yield str(test["type"]), "passed" if result.passed else result.reason, result.passed
