"""An answer may cost its item, never the run, and never takes its item out of the mean."""

from __future__ import annotations

import gc
import signal
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from ocr_project.bench.metrics.cdm import CdmResult
from ocr_project.bench.rules import drawings
from ocr_project.bench.scoring.guard import Limits
from ocr_project.bench.scoring.item import OUT_OF_MEMORY
from ocr_project.bench.scoring.scorer import Scorer
from ocr_project.domain.causes import Cause, cause_of
from ocr_project.domain.types import Label, Status, TextFormat, TruthKind
from tests.bench.scoring.test_scoring import HTML, outcome, scored
from tests.hostile_answers import long_table
from tests.processes import children, killed_when_asked

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
    def compare(references: Any, hypotheses: Any, **_: Any) -> list[CdmResult]:
        if "deep" in hypotheses:
            raise RecursionError("maximum recursion depth exceeded")
        return [CdmResult(1, 1, 1) for _ in references]

    monkeypatch.setattr(drawings, "cdm", compare)
    read = [outcome(TruthKind.FORMULA, {"latex": "x"}, said, format_=TextFormat.LATEX) for said in ("x", "deep", "y")]
    drawn = [row for row in scored(*read, cdm=True) if row.metric == "cdm/official"]
    assert [row.status for row in drawn] == [Status.OK] * 3
    assert [row.reason for row in drawn] == ["", drawn[1].reason, ""]
    assert "RecursionError" in drawn[1].reason


SLOW = outcome(TruthKind.TEXT, {"text": "ab " * 200_000}, "ba " * 200_000, given=Label.TEXT)
GUARDED = Scorer(cdm=False, limits=Limits(seconds=3.0))


def test_one_call_into_a_library_is_ended_and_says_so() -> None:
    """An edit distance of long texts: minutes within C."""
    fine = outcome(TruthKind.TEXT, {"text": "Open"}, "Open")
    rows = GUARDED.score([fine, SLOW, fine])
    assert {row.reason for row in rows} == {"", "the answer takes more than 3 s to score (testsets.item_seconds)"}
    silent = scored(replace(SLOW, recognitions=[], transcript=replace(SLOW.transcript, text="", markdown="")))
    assert [(row.metric, row.status, row.numerator, row.denominator) for row in rows if row.reason] == [
        (row.metric, Status.OK, row.numerator, row.denominator) for row in silent
    ]
    assert [row for row in rows if not row.reason] == scored(fine, fine)


def test_a_table_without_end_is_scored_as_none() -> None:
    of = outcome(TruthKind.TABLE, {"html": HTML}, long_table(20_000), format_=TextFormat.HTML, given=Label.TABLE)
    rows = GUARDED.score([of])
    assert {(row.status, row.numerator) for row in rows} == {(Status.OK, 0)}
    assert all("item_seconds" in row.reason or "cells" in row.reason for row in rows)


@pytest.mark.parametrize("megabytes", [3, 60])
def test_memory_is_limited(megabytes: int) -> None:
    """Half an hour of edit distance of the first; the second does not even fit into the process."""
    long = outcome(TruthKind.TEXT, {"text": "a b"}, "\u4e00 " * (megabytes * 2**18), given=Label.TEXT)
    rows = Scorer(cdm=False, limits=Limits(seconds=60.0, memory=24 * 2**20)).score([long])
    assert {(row.status, row.numerator > 0) for row in rows if row.metric.startswith("cer")} == {(Status.OK, True)}
    assert {row.reason for row in rows} == {OUT_OF_MEMORY}


def test_formulas_are_drawn_in_the_process_that_is_guarded() -> None:
    read = [outcome(TruthKind.FORMULA, {"latex": "x^2"}, said, format_=TextFormat.LATEX) for said in ("x^2", "y", "{")]
    assert Scorer(cdm=True, limits=Limits()).score(read) == scored(*read, cdm=True)


def _scoring() -> list[psutil.Process]:
    return children("bench.scoring.worker")


def test_a_process_that_was_killed_from_outside_is_replaced() -> None:
    scorer = Scorer(cdm=False, limits=Limits())
    fine = outcome(TruthKind.TEXT, {"text": "Open"}, "Open")
    before = set(_scoring())
    scorer.score([fine])
    (process,) = set(_scoring()) - before
    process.kill()
    assert scorer.score([fine]) == scored(fine)


def test_one_that_is_killed_again_costs_no_answer_its_score() -> None:
    with killed_when_asked(signal.SIGKILL, 2):
        rows = Scorer(cdm=False, limits=Limits()).score([SLOW])
    assert {row.status for row in rows} == {Status.FAILED}
    assert all(cause_of(row.reason) is Cause.CIRCUMSTANCE for row in rows), "the next run scores it again"


def test_a_crash_is_the_answers_fault() -> None:
    with killed_when_asked(signal.SIGSEGV):
        rows = Scorer(cdm=False, limits=Limits()).score([SLOW])
    assert {row.status for row in rows} == {Status.OK}
    assert {row.reason for row in rows} == {
        "the answer cannot be scored: it ended the process that scores it (status -11)"
    }


def test_nothing_is_left_of_a_process_that_was_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = set(_scoring())
    scorer = Scorer(cdm=False, limits=Limits(seconds=2.0))
    scorer.score([SLOW])
    del scorer
    gc.collect()
    assert list(tmp_path.iterdir()) == []
    assert set(_scoring()) <= before


@pytest.mark.parametrize("scorer", [Scorer(cdm=False), GUARDED])
def test_a_ground_truth_that_is_damaged_is_no_fault_of_the_answer(scorer: Scorer) -> None:
    with pytest.raises(KeyError):
        scorer.score([outcome(TruthKind.TABLE, {"no": "html"}, "said")])
