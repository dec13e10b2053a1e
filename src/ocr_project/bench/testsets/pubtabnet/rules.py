"""PubTabNet is scored by TEDS and TEDS-S."""

from __future__ import annotations

from collections.abc import Mapping

from ocr_project.bench.rules.rule import Rule
from ocr_project.bench.rules.tables import TABLE
from ocr_project.domain.types import TruthKind

RULES: Mapping[TruthKind, Rule] = {TruthKind.TABLE: TABLE}
