"""SDS-KoPub-VDR is scored by the retrieval benchmark of the main job: no rule of the test sets applies."""

from __future__ import annotations

from collections.abc import Mapping

from ocr_project.bench.rules.rule import Rule
from ocr_project.domain.types import TruthKind

RULES: Mapping[TruthKind, Rule] = {}
