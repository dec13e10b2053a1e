"""The benchmark of cases says what does not hold, and only that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from benchmarks.cases import Results, faults, find_cases

OK = {"status": "ok", "reason": ""}
SKIPPED = {"status": "skipped", "reason": "unsupported: .rtf files are not read"}


def judged(
    folder: Path, expected: dict[str, Any], markdown: str, *, document: dict[str, str] | None = None, reason: str = ""
) -> list[str]:
    case = folder / "cases" / "harbour"
    case.mkdir(parents=True)
    (case / "expected.json").write_text(json.dumps(expected))
    (case / "expected.txt").write_text("Boats leave at noon.\n")
    exports = folder / "exports"
    (exports / "harbour").mkdir(parents=True)
    (exports / "harbour" / "page.md").write_text(markdown)
    (found,) = find_cases([folder / "cases"], ["harb"])
    path = "harbour/page.png"
    documents = {} if document is None else {path: document}
    return faults(found, Results(documents, {path: [reason] if reason else []}, exports))


@pytest.mark.parametrize(
    ("wanted", "complaint"),
    [
        ({"contains": ["leave at", "R&D"], "absent": ["ship"], "in_order": ["Boats", "noon"]}, ""),
        ({"least_share": 0.8}, ""),
        ({"least_share": 1.01}, "of the letters"),
        ({"contains": ["leaves"]}, "lacks 'leaves'"),
        ({"absent": ["at noon"]}, "has 'at noon'"),
        ({"in_order": ["noon", "Boats"]}, "order"),
        ({"in_order": ["noon", "night"]}, "order"),
        ({"page_not_ok": True}, "no reason"),
    ],
)
def test_text_is_held_against_what_is_expected(tmp_path: Path, wanted: dict[str, Any], complaint: str) -> None:
    found = judged(tmp_path, {"inputs": {"page.png": wanted}}, "Boats leave\nat noon R&amp;D", document=OK)
    assert len(found) == bool(complaint)
    assert complaint in "".join(found)


def test_a_reason_is_in_the_row_of_the_document_or_of_a_page(tmp_path: Path) -> None:
    expected = {"inputs": {"page.png": {"page_not_ok": True}}}
    assert judged(tmp_path / "page", expected, "", document=OK, reason="blank") == []
    assert judged(tmp_path / "document", expected, "", document=SKIPPED) == []


@pytest.mark.parametrize(("want", "document", "count"), [("any", OK, 0), ("not ok", OK, 1), ("not ok", SKIPPED, 0)])
def test_documents_have_rows(tmp_path: Path, want: str, document: dict[str, str], count: int) -> None:
    assert len(judged(tmp_path, {"documents": {"input": {"page.png": want}}}, "", document=document)) == count


def test_a_document_without_a_row_is_a_fault(tmp_path: Path) -> None:
    assert judged(tmp_path / "in", {"inputs": {"page.png": {}}}, "") == ["no row for page.png"]
    assert judged(tmp_path / "out", {"documents": {"input": {"page.png": "any"}}}, "") == ["no row for page.png"]
