"""Answers to questions by ANLS."""

from __future__ import annotations

from collections.abc import Iterator

from ocr_project.bench.metrics.answers import anls
from ocr_project.bench.metrics.canonical import canonical_text
from ocr_project.bench.metrics.catalog import CANONICAL, OFFICIAL
from ocr_project.bench.rules.outcome import Outcome
from ocr_project.bench.rules.rule import Payload, undrawn
from ocr_project.bench.rules.score_counts import ScoreCounts, counted


def score_anls(payload: Payload, outcome: Outcome) -> Iterator[ScoreCounts]:
    """Score an answer against the accepted ones, `{"answers": [...]}`, as DocVQA does."""
    accepted = [str(answer) for answer in payload["answers"]]
    yield counted("anls", OFFICIAL, anls(accepted, outcome.answer))
    canonical = [canonical_text(answer) for answer in accepted]
    yield counted("anls", CANONICAL, anls(canonical, canonical_text(outcome.answer)))


ANLS = undrawn(score_anls)
