"""CORD is scored as forms are: field by field."""

from __future__ import annotations

from collections.abc import Mapping

from ocr_project.bench.rules.forms import FIELDS
from ocr_project.bench.rules.rule import Rule
from ocr_project.domain.types import TruthKind

RULES: Mapping[TruthKind, Rule] = {TruthKind.FIELDS: FIELDS}
