"""Forms, filled in as JSON: field by field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ocr_project.bench.metrics.answers import anls_star
from ocr_project.bench.metrics.catalog import CANONICAL, OFFICIAL
from ocr_project.bench.metrics.fields import FieldCounts, field_f1
from ocr_project.bench.rules.outcome import Outcome
from ocr_project.bench.rules.rule import Payload, undrawn
from ocr_project.bench.rules.score_counts import ScoreCounts, counted

_OBJECT = re.compile(r"\{.*\}", re.DOTALL)
_NO_JSON = "no JSON object in the answer"


def score_fields(payload: Payload, outcome: Outcome) -> Iterator[ScoreCounts]:
    """Score `{"fields": {...}}`: values as they are, and but for case, spaces and punctuation; ANLS* of the whole."""
    expected, got = payload["fields"], read_fields(outcome.answer)
    reason = "" if got else _NO_JSON
    whole = sum(field_f1(expected, got).values(), FieldCounts())
    for normalization, right in ((OFFICIAL, whole.exact), (CANONICAL, whole.normalized)):
        yield ScoreCounts(f"kie_f1/{normalization}", 2 * right, whole.expected + whole.got, reason)
        yield ScoreCounts(f"kie_precision/{normalization}", right, whole.got, reason)
        yield ScoreCounts(f"kie_recall/{normalization}", right, whole.expected, reason)
    yield counted("anls_star", OFFICIAL, anls_star(expected, got), reason)


def read_fields(answer: str) -> dict[str, Any]:
    """Return the JSON object of an answer, whatever surrounds it; empty where there is none."""
    found = _OBJECT.search(answer)
    if found is None:
        return {}
    try:
        fields = json.loads(found.group())
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


FIELDS = undrawn(score_fields)
