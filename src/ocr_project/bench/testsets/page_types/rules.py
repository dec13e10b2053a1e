"""Document types: accuracy, and the counts of which F1 by type is made.

F1 of a type is 2 TP / (2 TP + FP + FN): an item counts for its own type, and where it was taken for another one also
for that. VLMHyperBench's F1 is the mean weighted by how many scans a type has; F1 macro counts each type the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ocr_project.bench.metrics.catalog import CANONICAL, OFFICIAL
from ocr_project.bench.metrics.page_tasks import canonical_class, official_class
from ocr_project.bench.rules.outcome import Outcome
from ocr_project.bench.rules.rule import Payload, Rule, undrawn
from ocr_project.bench.rules.score_counts import ScoreCounts
from ocr_project.domain.types import TruthKind


def score_type(payload: Payload, outcome: Outcome) -> Iterator[ScoreCounts]:
    """Score the type that was answered, `{"type", "types": [...], "titles": [...]}`."""
    titles = dict(zip(payload["types"], payload["titles"], strict=True))
    said = {
        OFFICIAL: official_class(outcome.answer, list(titles)),
        CANONICAL: canonical_class(outcome.answer, titles),
    }
    for normalization, name in said.items():
        yield from _counts(normalization, str(payload["type"]), name)


def _counts(normalization: str, truth: str, said: str) -> Iterator[ScoreCounts]:
    right = said == truth
    reason = "" if said else "no type in the answer"
    yield ScoreCounts(f"accuracy/{normalization}", float(right), 1.0, reason)
    yield ScoreCounts(f"type_f1/{normalization} {truth}", 2.0 * right, 1.0 + right, reason)
    if said and not right:
        yield ScoreCounts(f"type_f1/{normalization} {said}", 0.0, 1.0, f"is {truth}")


RULES: Mapping[TruthKind, Rule] = {TruthKind.ANSWERS: undrawn(score_type)}
