"""Whole pages: Markdown against Markdown, elements, and tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ocr_project.engine.metrics import canonical_text, run_test
from ocr_project.engine.metrics.opendataloader import mhs, nid, page_teds
from ocr_project.engine.scoring.marks import CANONICAL, OFFICIAL, Mark, mark
from ocr_project.engine.scoring.outcome import Outcome


def score_markdown(truth: Mapping[str, Any], outcome: Outcome) -> Iterator[Mark]:
    """Score a page in Markdown by its text, its tables and its headings."""
    reference, hypothesis = truth["markdown"], outcome.transcript.markdown
    yield mark("nid", OFFICIAL, nid(reference, hypothesis))
    yield mark("nid", CANONICAL, nid(canonical_text(reference), canonical_text(hypothesis)))
    yield mark("teds", OFFICIAL, page_teds(reference, hypothesis))
    yield mark("teds_s", OFFICIAL, page_teds(reference, hypothesis, structure_only=True))
    yield mark("mhs", OFFICIAL, mhs(reference, hypothesis))
    yield mark("mhs_s", OFFICIAL, mhs(reference, hypothesis, structure_only=True))


def score_elements(truth: Mapping[str, Any], outcome: Outcome) -> Iterator[Mark]:
    """Score a page of OmniDocBench, element by element."""
    raise NotImplementedError


def score_tests(truth: Mapping[str, Any], outcome: Outcome) -> Iterator[Mark]:
    """Run olmOCR-bench's tests of a page: how many of them are passed."""
    results = [run_test(test, outcome.transcript.markdown) for test in truth["tests"]]
    failed = next((result.reason for result in results if not result.passed), "")
    yield Mark(f"pass_rate/{OFFICIAL}", sum(result.passed for result in results), len(results), failed)
