"""IAM lines are scored as text; each is also right or wrong as a whole."""

from __future__ import annotations

from collections.abc import Mapping

from ocr_project.bench.rules.rule import Rule
from ocr_project.bench.rules.text import TEXT
from ocr_project.domain.types import TruthKind

RULES: Mapping[TruthKind, Rule] = {TruthKind.TEXT: TEXT}
