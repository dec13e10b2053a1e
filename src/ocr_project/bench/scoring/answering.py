"""Answers to questions, and forms filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ocr_project.bench.metrics.answers import anls, anls_star, contains_answer
from ocr_project.bench.metrics.canonical import canonical_text
from ocr_project.bench.metrics.fields import FieldCounts, field_f1
from ocr_project.bench.scoring.drawings import Drawings
from ocr_project.bench.scoring.outcome import Outcome
from ocr_project.bench.scoring.score_counts import CANONICAL, OFFICIAL, Mark, mark
from ocr_project.bench.testsets.ocrbench_v2.rules import MissingWords, answered_in_words, score_ocrbench_v2
from ocr_project.domain.types import Label

_OBJECT = re.compile(r"\{.*\}", re.DOTALL)
_NO_JSON = "no JSON object in the answer"


def score_answer(truth: Mapping[str, Any], outcome: Outcome, drawings: Drawings) -> Iterator[Mark]:
    """Score an answer by the rule of its set: DocVQA's ANLS, or whether an accepted answer is part of it."""
    accepted, said = [str(answer) for answer in truth["answers"]], outcome.answer
    plain, bare = [canonical_text(answer) for answer in accepted], canonical_text(said)
    spaceless = bool(truth.get("ignore_spaces"))
    if truth["rule"] == "anls":
        yield mark("anls", OFFICIAL, anls(accepted, said))
        yield mark("anls", CANONICAL, anls(plain, bare))
    elif truth["rule"] == "contains":
        yield mark("accuracy", OFFICIAL, contains_answer(accepted, said, formula=spaceless))
        yield mark("accuracy", CANONICAL, contains_answer(plain, bare, formula=spaceless))
    elif truth["rule"] == "ocrbench_v2":
        yield from _by_type(truth, outcome)


def _by_type(truth: Mapping[str, Any], outcome: Outcome) -> Iterator[Mark]:
    """Score an item of OCRBench v2 by the rule of its type."""
    said = _said(truth["type"], outcome)
    try:
        value = score_ocrbench_v2(truth, said)
    except (ValueError, MissingWords) as error:
        reason = str(error) if isinstance(error, MissingWords) else f"damaged: {error}"
        yield Mark(f"accuracy/{OFFICIAL}", 0.0, 1.0, reason, unscored=True)
        return
    yield mark("accuracy", OFFICIAL, value)
    if answered_in_words(truth["type"]):  # the canonical form of boxes, forms and markup would be none
        plain = {**truth, "answers": [canonical_text(str(answer)) for answer in truth["answers"]]}
        yield mark("accuracy", CANONICAL, max(value, score_ocrbench_v2(plain, canonical_text(said))))


def _said(kind: str, outcome: Outcome) -> str:
    """Return an answer, or what was read unasked: the table, or the page as Markdown (a document) or text."""
    if outcome.page.given is Label.TABLE:
        return outcome.tables or outcome.answer
    if outcome.page.given is Label.PAGE:
        return outcome.transcript.markdown if kind.startswith("document parsing") else outcome.transcript.text
    return outcome.answer


def score_fields(truth: Mapping[str, Any], outcome: Outcome, drawings: Drawings) -> Iterator[Mark]:
    """Score a form field by field: values as they stand, and but for case, spaces and punctuation."""
    expected, got = truth["fields"], read_fields(outcome.answer)
    reason = "" if got else _NO_JSON
    whole = sum(field_f1(expected, got).values(), FieldCounts())
    for reading, right in ((OFFICIAL, whole.exact), (CANONICAL, whole.normalized)):
        yield Mark(f"kie_f1/{reading}", 2 * right, whole.expected + whole.got, reason)
        yield Mark(f"kie_precision/{reading}", right, whole.got, reason)
        yield Mark(f"kie_recall/{reading}", right, whole.expected, reason)
    yield mark("anls_star", OFFICIAL, anls_star(expected, got), reason)


def read_fields(answer: str) -> dict[str, Any]:
    """Return the JSON object of an answer, whatever stands around it; empty where there is none."""
    found = _OBJECT.search(answer)
    if found is None:
        return {}
    try:
        fields = json.loads(found.group())
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}
