"""A folder of your own is scored by kind of ground truth, each as the public sets of that kind are."""

from __future__ import annotations

from collections.abc import Mapping

from ocr_project.bench.rules.answers import ANLS
from ocr_project.bench.rules.forms import FIELDS
from ocr_project.bench.rules.formulas import FORMULA
from ocr_project.bench.rules.markdown import MARKDOWN
from ocr_project.bench.rules.outcome import Outcome
from ocr_project.bench.rules.rule import Payload, Prepared, Rule
from ocr_project.bench.rules.tables import TABLE
from ocr_project.bench.rules.text import TEXT
from ocr_project.bench.testsets.sroie.rules import LINES
from ocr_project.domain.types import TruthKind


def prepare_text(payload: Payload, outcome: Outcome) -> Prepared:
    """Score text as it is; lines with boxes as SROIE's are."""
    return LINES(payload, outcome) if "rows" in payload else TEXT(payload, outcome)


RULES: Mapping[TruthKind, Rule] = {
    TruthKind.TEXT: prepare_text,
    TruthKind.TABLE: TABLE,
    TruthKind.FORMULA: FORMULA,
    TruthKind.ANSWERS: ANLS,
    TruthKind.FIELDS: FIELDS,
    TruthKind.MARKDOWN: MARKDOWN,
}
