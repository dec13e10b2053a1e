"""Formulas of many items are drawn at once, and each once."""

from __future__ import annotations

from typing import Any

import pytest

from ocr_project.bench.metrics.cdm import CdmResult
from ocr_project.bench.rules import drawings
from ocr_project.bench.rules.drawings import Drawer
from ocr_project.domain.types import Status


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[list[tuple[str, str]]]:
    """Stand in for LaTeX: note what it is asked to compare."""
    calls: list[list[tuple[str, str]]] = []

    def compare(references: Any, hypotheses: Any, **_: Any) -> list[CdmResult]:
        calls.append(list(zip(references, hypotheses, strict=True)))
        return [CdmResult(1, 2, 2) for _ in references]

    monkeypatch.setattr(drawings, "cdm", compare)
    return calls


def test_a_pair_is_drawn_once_and_one_that_was_not_asked_for_is_not(drawn: list[list[tuple[str, str]]]) -> None:
    found = Drawer(cdm=True).draw([("a", "b"), ("c", "d"), ("a", "b")])
    assert drawn == [[("a", "b"), ("c", "d")]]
    assert found.compare("a", "b").f1 == 0.5
    assert (found.compare("x", "y").status, found.compare("x", "y").reason) == (Status.FAILED, "not drawn")


def test_nothing_is_drawn_where_cdm_is_off_or_there_is_nothing(drawn: list[list[tuple[str, str]]]) -> None:
    assert not Drawer(cdm=False).draw([("a", "b")]).cdm
    assert Drawer(cdm=True).draw().compared == {}
    assert drawn == []
