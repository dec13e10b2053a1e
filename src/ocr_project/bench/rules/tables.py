"""Tables by TEDS and TEDS-S."""

from __future__ import annotations

from collections.abc import Iterator

from ocr_project.bench.metrics.canonical import canonical_table
from ocr_project.bench.metrics.catalog import CANONICAL, OFFICIAL
from ocr_project.bench.metrics.tables.teds import teds
from ocr_project.bench.rules.outcome import Outcome
from ocr_project.bench.rules.rule import Payload, undrawn
from ocr_project.bench.rules.score_counts import ScoreCounts, counted


def score_table(payload: Payload, outcome: Outcome) -> Iterator[ScoreCounts]:
    """Score `{"html"}` as written and in the canonical form."""
    reference, hypothesis = payload["html"], outcome.tables
    plain, bare = canonical_table(reference), canonical_table(hypothesis)
    reason = "" if bare else "no table in the answer"
    yield counted("teds", OFFICIAL, teds(reference, hypothesis), reason)
    yield counted("teds_s", OFFICIAL, teds(reference, hypothesis, structure_only=True), reason)
    yield counted("teds", CANONICAL, teds(plain, bare), reason)
    yield counted("teds_s", CANONICAL, teds(plain, bare, structure_only=True), reason)


TABLE = undrawn(score_table)
