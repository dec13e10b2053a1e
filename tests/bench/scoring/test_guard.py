"""An answer may cost its item, never the run, and never takes its item out of the mean."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ocr_project.bench.metrics.cdm import CdmResult
from ocr_project.bench.rules import drawings
from ocr_project.bench.scoring.guard import AnswerError, guarded
from ocr_project.bench.scoring.scorer import Scorer
from ocr_project.domain.types import Label, Status, TextFormat, TruthKind
from tests.bench.scoring.test_scoring import HTML, outcome, scored
from tests.hostile_answers import long_table

FORMULA = (TruthKind.FORMULA, {"latex": "x"}, "mine", TextFormat.LATEX)
TABLE = (TruthKind.TABLE, {"html": HTML}, "mine", TextFormat.HTML)
FIELDS = (TruthKind.FIELDS, {"fields": {"total": "9.00"}}, "mine", TextFormat.TEXT)
COUNTING = {"answers": ["3"], "type": "text counting en", "eval": "regression", "question": "?"}
PLACE = {"answers": ["a"], "bbox": [0, 0, 1, 1], "type": "VQA with position en", "question": "?"}


@pytest.mark.parametrize(
    ("truth", "said"),
    [
        *((FORMULA, opened * 200 + "x" + closed * 200) for opened, closed in ((r"\sqrt{", "}"), ("x^{", "}"))),
        (FORMULA, r"\frac{1}{1+" * 200 + "x"),
        (FORMULA, "{" * 300 + "x"),
        (FORMULA, r"\begin{aligned}" * 300),
        (TABLE, "<table><tr><td>" * 400 + "</td></tr></table>" * 400),
        (TABLE, f"<table><tr><td>{'<div>' * 3000}a</td></tr></table>"),
        (FIELDS, '{"a":' * 900 + "1" + "}" * 900),
        (FIELDS, '{"a":' + "[" * 900 + "]" * 900 + "}"),
        ((TruthKind.ANSWERS, COUNTING, "ocrbench_v2", TextFormat.TEXT), "9" * 400),
        ((TruthKind.ANSWERS, COUNTING, "ocrbench_v2", TextFormat.TEXT), "9" * 5000),
        ((TruthKind.ANSWERS, PLACE, "ocrbench_v2", TextFormat.TEXT), '{"answer":"a","bbox":"[1e999,1,1,1]"}'),
    ],
)
def test_a_hostile_answer_counts_as_one_that_is_wrong(truth: Any, said: str) -> None:
    kind, payload, of_set, format_ = truth

    def rows(answer: str) -> dict[str, Any]:
        of = outcome(kind, payload, answer, of_set=of_set, format_=format_, question="?")
        return {row.metric: row for row in scored(of)}

    silent, hostile = rows(""), rows(said)
    assert {row.status for row in hostile.values()} == {Status.OK}, "it stays in the mean"
    assert set(hostile) >= set(silent)
    if any(row.reason.startswith("the answer cannot be scored") for row in hostile.values()):
        counts = {name: (row.numerator, row.denominator) for name, row in hostile.items()}
        assert counts == {name: (row.numerator, row.denominator) for name, row in silent.items()}


def test_a_number_beyond_all_numbers_is_wrong_and_says_why() -> None:
    (row, *_) = scored(outcome(TruthKind.ANSWERS, COUNTING, "9" * 5000, of_set="ocrbench_v2", question="?"))
    assert (row.status, row.numerator, row.denominator) == (Status.OK, 0, 1)
    assert "digits" in row.reason


def test_an_item_beside_a_hostile_one_is_not_touched() -> None:
    fine = outcome(TruthKind.FORMULA, {"latex": "x"}, "x", format_=TextFormat.LATEX)
    hostile = outcome(TruthKind.FORMULA, {"latex": "x"}, "{" * 900, format_=TextFormat.LATEX)
    rows = scored(fine, hostile, fine)
    alone = scored(fine)
    assert rows[: len(alone)] == rows[-len(alone) :] == alone


def test_a_drawing_that_raises_costs_its_item(monkeypatch: pytest.MonkeyPatch) -> None:
    def compare(references: Any, hypotheses: Any, cache: Any = None) -> list[CdmResult]:
        if "deep" in hypotheses:
            raise RecursionError("maximum recursion depth exceeded")
        return [CdmResult(1, 1, 1) for _ in references]

    monkeypatch.setattr(drawings, "cdm", compare)
    read = [outcome(TruthKind.FORMULA, {"latex": "x"}, said, format_=TextFormat.LATEX) for said in ("x", "deep", "y")]
    drawn = [row for row in scored(*read, cdm=True) if row.metric == "cdm/official"]
    assert [row.status for row in drawn] == [Status.OK] * 3
    assert [row.reason for row in drawn] == ["", drawn[1].reason, ""]
    assert "RecursionError" in drawn[1].reason


def test_what_takes_too_long_is_ended_and_says_so() -> None:
    def loop() -> None:
        while True:
            pass

    with pytest.raises(AnswerError, match=r"more than 0\.2 s to score \(testsets.item_seconds\)"):
        guarded(loop, 0.2)
    time.sleep(0.05)  # nothing is raised afterwards
    assert guarded(lambda: "next", 0.2) == "next"


def test_waiting_is_not_counted() -> None:
    assert guarded(lambda: time.sleep(0.3), 0.1) is None


def test_a_table_without_end_is_scored_as_none() -> None:
    of = outcome(TruthKind.TABLE, {"html": HTML}, long_table(), format_=TextFormat.HTML, given=Label.TABLE)
    rows = Scorer(cdm=False, item_seconds=0.1).score([of])
    assert {(row.status, row.numerator) for row in rows} == {(Status.OK, 0)}
    assert all("item_seconds" in row.reason or "cells" in row.reason for row in rows)


def test_a_ground_truth_that_is_damaged_is_no_fault_of_the_answer() -> None:
    with pytest.raises(KeyError):
        scored(outcome(TruthKind.TABLE, {"no": "html"}, "said"))
