"""An item of OCRBench v2: what counts as its answer, scored by the rule of its type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ocr_project.bench.metrics.canonical import canonical_text
from ocr_project.bench.metrics.catalog import CANONICAL, OFFICIAL
from ocr_project.bench.rules.outcome import Outcome
from ocr_project.bench.rules.rule import Payload, Rule, undrawn
from ocr_project.bench.rules.score_counts import ScoreCounts, counted
from ocr_project.bench.rules.tables import TABLE
from ocr_project.bench.rules.text import TEXT
from ocr_project.bench.testsets.ocrbench_v2.rules.passages import MissingWords
from ocr_project.bench.testsets.ocrbench_v2.rules.types import answered_in_words, score_ocrbench_v2
from ocr_project.domain.types import Label, TruthKind


def score_item(payload: Payload, outcome: Outcome) -> Iterator[ScoreCounts]:
    """Score an item by the rule of its type; see `score_ocrbench_v2` for the payload."""
    answer = _answer(payload["type"], outcome)
    try:
        value = score_ocrbench_v2(payload, answer)
    except MissingWords as error:
        yield ScoreCounts(f"accuracy/{OFFICIAL}", 0.0, 1.0, str(error), unscored=True)
        return
    except ValueError:
        damage = _damage(payload)
        if not damage:  # it is the answer: a number of 5,000 digits
            raise
        yield ScoreCounts(f"accuracy/{OFFICIAL}", 0.0, 1.0, f"damaged: {damage}", unscored=True)
        return
    yield counted("accuracy", OFFICIAL, value)
    if answered_in_words(payload["type"]):  # boxes, forms and markup have no canonical form
        canonical = {**payload, "answers": [canonical_text(str(accepted)) for accepted in payload["answers"]]}
        yield counted("accuracy", CANONICAL, max(value, score_ocrbench_v2(canonical, canonical_text(answer))))


def _damage(payload: Payload) -> str:
    """Return why an item cannot be scored whatever is said of it; empty where it can be."""
    try:
        score_ocrbench_v2(payload, "")
    except ValueError as error:
        return str(error)
    return ""


def _answer(kind: str, outcome: Outcome) -> str:
    """Return an answer, or what was read unasked: the table, or the page as Markdown (a document) or text."""
    if outcome.page.given is Label.TABLE:
        return outcome.tables or outcome.answer
    if outcome.page.given is Label.PAGE:
        return outcome.transcript.markdown if kind.startswith("document parsing") else outcome.transcript.text
    return outcome.answer


RULES: Mapping[TruthKind, Rule] = {
    TruthKind.TABLE: TABLE,
    TruthKind.TEXT: TEXT,
    TruthKind.ANSWERS: undrawn(score_item),
}
