"""UniMER-Test is scored by CDM, edit distances and BLEU."""

from __future__ import annotations

from collections.abc import Mapping

from ocr_project.bench.rules.formulas import FORMULA
from ocr_project.bench.rules.rule import Rule
from ocr_project.domain.types import TruthKind

RULES: Mapping[TruthKind, Rule] = {TruthKind.FORMULA: FORMULA}
