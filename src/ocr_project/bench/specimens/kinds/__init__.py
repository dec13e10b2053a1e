"""The kinds of documents: one file each."""

from __future__ import annotations

from collections.abc import Mapping

from ocr_project.bench.specimens.kinds import employment, inn, receipt, snils
from ocr_project.bench.specimens.kinds.kind import Kind
from ocr_project.domain.options.specimens import SpecimenKind

KINDS: Mapping[SpecimenKind, Kind] = {
    SpecimenKind.SNILS: snils.KIND,
    SpecimenKind.INN: inn.KIND,
    SpecimenKind.EMPLOYMENT: employment.KIND,
    SpecimenKind.RECEIPT: receipt.KIND,
}

__all__ = ["KINDS", "Kind"]
