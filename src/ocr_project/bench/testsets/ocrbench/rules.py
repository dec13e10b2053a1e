"""OCRBench: whether an accepted answer is part of what was answered (the authors' `example.py`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ocr_project.bench.metrics.answers import contains_answer
from ocr_project.bench.metrics.canonical import canonical_text
from ocr_project.bench.metrics.catalog import CANONICAL, OFFICIAL
from ocr_project.bench.rules.outcome import Outcome
from ocr_project.bench.rules.rule import Payload, Rule, undrawn
from ocr_project.bench.rules.score_counts import ScoreCounts, counted
from ocr_project.domain.types import TruthKind

# The authors compare the formulas of this set without any white space, all else in lower case.
_WITHOUT_SPACES = "HME100k"


def score_contained(payload: Payload, outcome: Outcome) -> Iterator[ScoreCounts]:
    """Score an answer against the accepted ones, `{"answers": [...], "dataset"}`."""
    accepted, formula = [str(answer) for answer in payload["answers"]], payload["dataset"] == _WITHOUT_SPACES
    yield counted("accuracy", OFFICIAL, contains_answer(accepted, outcome.answer, formula=formula))
    canonical = [canonical_text(answer) for answer in accepted]
    yield counted("accuracy", CANONICAL, contains_answer(canonical, canonical_text(outcome.answer), formula=formula))


RULES: Mapping[TruthKind, Rule] = {TruthKind.ANSWERS: undrawn(score_contained)}
