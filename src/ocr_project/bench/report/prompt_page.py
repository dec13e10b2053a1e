"""The page of a search for prompts: all that was tried for a field, side by side, and how much the choice flatters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ocr_project.bench.prompt_search.parts import Part
from ocr_project.bench.prompt_search.tables import ALL, Found
from ocr_project.bench.prompt_search.tried import Tried
from ocr_project.bench.report.model import Value
from ocr_project.engine.metrics.intervals import Blend
from ocr_project.engine.metrics.resampling import estimate_blends
from ocr_project.engine.reporting.page import write_page

_TEMPLATE = "prompt_search.html.j2"


@dataclass(frozen=True, slots=True)
class PromptRow:
    """A prompt of a field.

    Attributes:
        tried: How it was tried on the documents searched on.
        rates: Clipped CER by part: searched, selected and reported on.
        chosen: Whether it is the one that was chosen.
    """

    tried: Tried
    rates: dict[str, Value]
    chosen: bool


@dataclass(frozen=True, slots=True)
class FieldPart:
    """A field: its prompts, and what the choice among them is worth."""

    name: str
    prompts: list[PromptRow]
    estimates: dict[str, Value]


def write_prompt_page(path: Path, found: Sequence[Found], rows: Sequence[Tried], table: pd.DataFrame) -> None:
    """Write the page as one self-contained HTML file, atomically.

    Args:
        path: The file.
        found: By field.
        rows: All tries, of all parts.
        table: From `tabulate_found`.

    Raises:
        StorageError: The file cannot be written.
    """
    said = {(row["doc_type"], row["field"]): row for row in table.to_dict("records")}
    values = {
        "title": "Prompts",
        "created": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "parts_of_set": [str(part) for part in Part],
        "fields": [_field(one, rows, said[one.first.doc_type, one.first.field]) for one in found],
        "all": _estimates(said[ALL, ALL]) if (ALL, ALL) in said else {},
    }
    write_page(path, _TEMPLATE, values, (__package__,))


def _field(one: Found, rows: Sequence[Tried], said: Mapping[Any, Any]) -> FieldPart:
    kind = one.first.doc_type, one.first.field
    by_part = {(str(row.part), row.number): row for row in rows if (row.doc_type, row.field) == kind}
    chosen = None if one.chosen is None else one.chosen.number
    prompts = [
        PromptRow(
            tried,
            {str(part): _rate(by_part.get((str(part), tried.number))) for part in Part},
            tried.number == chosen,
        )
        for tried in one.tried
    ]
    return FieldPart(f"{kind[0]} · {kind[1]}", prompts, _estimates(said))


def _rate(tried: Tried | None) -> Value:
    if tried is None or not tried.judged:
        return Value()
    top = np.array([[one.clipped] for one in tried.judged])
    found = estimate_blends(top, np.ones_like(top), [Blend((0,))], [one.document for one in tried.judged])
    return Value(float(found.value[0]), float(found.low[0]), float(found.high[0]))


def _estimates(row: Mapping[Any, Any]) -> dict[str, Value]:
    names = ("flattered", "flattered_search", "gained")
    ends = {name: [float(row.get(f"{name}{end}", math.nan)) for end in ("", "_low", "_high")] for name in names}
    return {name: Value(rate, low, high) for name, (rate, low, high) in ends.items()}
