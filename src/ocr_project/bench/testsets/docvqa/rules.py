"""DocVQA is scored by ANLS."""

from __future__ import annotations

from collections.abc import Mapping

from ocr_project.bench.rules.answers import ANLS
from ocr_project.bench.rules.rule import Rule
from ocr_project.domain.types import TruthKind

RULES: Mapping[TruthKind, Rule] = {TruthKind.ANSWERS: ANLS}
