"""Whole pages: Markdown against Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from ocr_project.bench.metrics.canonical import canonical_text
from ocr_project.bench.metrics.catalog import CANONICAL, OFFICIAL
from ocr_project.bench.metrics.opendataloader import mhs, nid, page_teds
from ocr_project.bench.rules.outcome import Outcome
from ocr_project.bench.rules.rule import Payload, undrawn
from ocr_project.bench.rules.score_counts import ScoreCounts, counted


def score_markdown(payload: Payload, outcome: Outcome) -> Iterator[ScoreCounts]:
    """Score `{"markdown"}` by its text, its tables and its headings, as opendataloader-bench does."""
    reference, hypothesis = payload["markdown"], outcome.transcript.markdown
    yield counted("nid", OFFICIAL, nid(reference, hypothesis))
    yield counted("nid", CANONICAL, nid(canonical_text(reference), canonical_text(hypothesis)))
    yield counted("teds", OFFICIAL, page_teds(reference, hypothesis))
    yield counted("teds_s", OFFICIAL, page_teds(reference, hypothesis, structure_only=True))
    yield counted("mhs", OFFICIAL, mhs(reference, hypothesis))
    yield counted("mhs_s", OFFICIAL, mhs(reference, hypothesis, structure_only=True))


MARKDOWN = undrawn(score_markdown)
