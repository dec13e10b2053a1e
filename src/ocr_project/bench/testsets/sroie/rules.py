"""SROIE: lines of text read row by row, and fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ocr_project.bench.metrics.canonical import canonical_text
from ocr_project.bench.rules.forms import FIELDS
from ocr_project.bench.rules.outcome import Outcome
from ocr_project.bench.rules.rule import Payload, Rule, undrawn
from ocr_project.bench.rules.score_counts import ScoreCounts
from ocr_project.bench.rules.text import count_text
from ocr_project.domain.types import TruthKind


def score_lines(payload: Payload, outcome: Outcome) -> Iterator[ScoreCounts]:
    """Score `{"text", "rows"}` of `truth_of_boxes`.

    The order of the file (`text`) is the official ground truth, though it is often not the reading order. The
    canonical one is `rows`; where all of it is upper case, the annotation says nothing about case, and case does not
    count.
    """
    reference, hypothesis = payload["text"], outcome.transcript.text
    canonical = canonical_text(payload["rows"]), canonical_text(hypothesis)
    if reference == reference.upper():
        canonical = canonical[0].casefold(), canonical[1].casefold()
    yield from count_text(reference, hypothesis, canonical, lines=False)


LINES = undrawn(score_lines)
RULES: Mapping[TruthKind, Rule] = {TruthKind.TEXT: LINES, TruthKind.FIELDS: FIELDS}
