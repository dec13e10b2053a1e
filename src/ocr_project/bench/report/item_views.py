"""The reference of an item and its answers, in the form in which a person sees the difference."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from ocr_project.bench.report import CellView, Content
from ocr_project.bench.report.formula_picture import draw_formula
from ocr_project.bench.rules.drawings import Drawer
from ocr_project.bench.rules.forms import read_fields
from ocr_project.bench.testsets.olmocr_bench.views import claims, verdicts
from ocr_project.bench.testsets.omnidocbench_v1_5.views import element_texts
from ocr_project.domain.types import TruthKind
from ocr_project.engine.metrics import Span, diff, normalize
from ocr_project.engine.reporting.differences import LONGEST_TEXT
from ocr_project.engine.transcript.html_table import Table, parse_table


def reference_content(kind: str, payload: str, answer: str) -> Content:
    """Return the reference.

    Args:
        kind: Of the ground truth, a `TruthKind`.
        payload: Its JSON.
        answer: Of the first run, against which the cells of a table are marked.
    """
    known: dict[str, Any] = json.loads(payload)
    match kind:
        case TruthKind.TABLE:
            return Content(known["html"], table=_cells(parse_table(known["html"]), parse_table(answer)))
        case TruthKind.FORMULA:
            return Content(known["latex"], picture=draw_formula(known["latex"]))
        case TruthKind.FIELDS:
            return Content(_pretty(known["fields"]), fields=[(n, v, True) for n, v in _flat(known["fields"])])
        case TruthKind.TESTS:
            return Content(_pretty(known["tests"]), fields=list(claims(known["tests"])))
        case _:
            return Content(known_text(kind, known))


def answer_content(kind: str, payload: str, answer: str, drawer: Drawer) -> Content:
    """Return an answer, its differences marked.

    Args:
        kind: Of the ground truth, a `TruthKind`.
        payload: Its JSON.
        answer: As it was scored.
        drawer: Draws the formulas that tests look for.
    """
    known: dict[str, Any] = json.loads(payload)
    spans = _compared(known_text(kind, known), answer)
    match kind:
        case TruthKind.TABLE:
            return Content(answer, spans, table=_cells(parse_table(answer), parse_table(known["html"])))
        case TruthKind.FORMULA:
            return Content(answer, spans, picture=draw_formula(answer))
        case TruthKind.FIELDS:
            return Content(answer, fields=_filled(known["fields"], answer))
        case TruthKind.TESTS:
            return Content(answer, fields=list(verdicts(known["tests"], answer, drawer)))
        case TruthKind.ANSWERS:
            return Content(answer)
        case _:
            return Content(answer, spans)


def known_text(kind: str, known: Mapping[str, Any]) -> str:
    """Return the reference as text."""
    match kind:
        case TruthKind.TEXT:
            return str(known["text"])
        case TruthKind.TABLE:
            return str(known["html"])
        case TruthKind.FORMULA:
            return str(known["latex"])
        case TruthKind.MARKDOWN:
            return str(known["markdown"])
        case TruthKind.ANSWERS:
            return "\n".join(map(str, known["answers"] or known.get("content") or ()))
        case TruthKind.ELEMENTS:
            return "\n\n".join(element_texts(known))
        case _:
            return _pretty(dict(known))


def _compared(reference: str, answer: str) -> list[Span]:
    return diff(reference[:LONGEST_TEXT], answer[:LONGEST_TEXT])


def _cells(table: Table, other: Table) -> list[list[CellView]]:
    """Mark the cells that the other table lacks: in its most similar row near the same place."""
    theirs = [[normalize(cell.text) for cell in row] for row in other]
    rows = []
    for place, row in enumerate(table):
        mine = [normalize(cell.text) for cell in row]
        near = theirs[max(0, place - 2) : place + 3]
        beside = max(near, key=partial(_alike, mine), default=[])
        rows.append(
            [
                CellView(cell.text, cell.rows, cell.columns, cell.header, text not in beside)
                for cell, text in zip(row, mine, strict=True)
            ]
        )
    return rows


def _alike(mine: Sequence[str], theirs: Sequence[str]) -> int:
    return 2 * sum(a == b for a, b in zip(mine, theirs, strict=False)) + len(set(mine) & set(theirs))


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the leaves of a form with their paths: `items[0].price`."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, (list, tuple)):
        for place, inner in enumerate(value):
            yield from _flat(inner, f"{name}[{place}]")
    else:
        yield name, "" if value is None else str(value)


def _filled(expected: Any, answer: str) -> list[tuple[str, str, bool]]:
    wanted, got = dict(_flat(expected)), dict(_flat(read_fields(answer)))
    rows = [
        (name, got.get(name, "—"), normalize(got.get(name, "")) == normalize(value)) for name, value in wanted.items()
    ]
    return rows + [(name, value, False) for name, value in got.items() if name not in wanted]


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
