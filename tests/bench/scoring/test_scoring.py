"""Which scores an item gets, and which it cannot get."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pytest

from ocr_project.bench.metrics.cdm import CdmResult, missing_tools
from ocr_project.bench.metrics.katex import NoAnswer, missing_browser
from ocr_project.bench.metrics.tables import tree
from ocr_project.bench.rules import drawings
from ocr_project.bench.scoring import Outcome
from ocr_project.bench.scoring.scorer import Scorer
from ocr_project.bench.testsets.dp_bench.reader import elements_of, text_of, to_markdown, whole_tables
from ocr_project.bench.testsets.omnidocbench_v1_5 import rules as rules_v1_5
from ocr_project.bench.testsets.omnidocbench_v1_5.rules import PageScore, score_page
from ocr_project.bench.testsets.omnidocbench_v1_5.rules.scoring import prepare_page
from ocr_project.bench.testsets.sroie.reader import truth_of_boxes
from ocr_project.domain.types import Label, Page, Recognition, Score, Status, TextFormat, Transcript, Truth, TruthKind
from ocr_project.engine.recognition.given import NOT_READ
from ocr_project.testing.fakes import page
from tests.testset_files import HTML, omnidocbench


def outcome(
    kind: TruthKind,
    payload: dict[str, Any],
    said: str = "",
    *,
    format_: TextFormat = TextFormat.TEXT,
    markdown: str | None = None,
    of_set: str = "mine",
    **changes: Any,
) -> Outcome:
    """Make an item of which `said` was read."""
    of: Page = page(1, "d", image=b"", group="set", **{k: v for k, v in changes.items() if k in Page.__slots__})
    read = {key: value for key, value in changes.items() if key in ("recognition_status", "recognition_reason")}
    status, reason = read.get("recognition_status", Status.OK), read.get("recognition_reason", "")
    recognition = Recognition(of.page_id, 0, said, format_, status=status, reason=reason)
    transcript = Transcript(of.page_id, "d", of.path, "set", 1, said, said if markdown is None else markdown)
    truth = Truth(of.page_id, of_set, kind, json.dumps(payload), (), "cluster")
    return Outcome(of, [recognition], transcript, [truth])


def scored(*outcomes: Outcome, cdm: bool = False) -> list[Score]:
    return Scorer(cdm=cdm).score(outcomes)


def rates(rows: Sequence[Score]) -> dict[str, float]:
    assert all(row.status is Status.OK for row in rows), rows
    return {row.metric: row.numerator / row.denominator for row in rows if row.denominator}


def test_rows_are_of_the_item_its_cluster_and_its_set() -> None:
    rows = scored(outcome(TruthKind.TEXT, {"text": "a b"}, "a b"))
    assert {(row.item_id, row.doc_id, row.group) for row in rows} == {("d_00001", "cluster", "mine")}
    assert len({row.metric for row in rows}) == len(rows)


def test_text_comes_in_both_readings_and_they_part_over_format() -> None:
    found = rates(scored(outcome(TruthKind.TEXT, {"text": "10\u00b0  of\nthem"}, "**10\u00b0 of them**")))
    assert found["cer/official"] == pytest.approx(4 / 11)
    assert found["cer/canonical"] == 0
    assert found["wer/official"] == pytest.approx(2 / 3)
    assert "similar/canonical" not in found, "whole pages are never right as a whole"


def test_a_truth_of_boxes_is_read_row_by_row_and_without_case_in_the_canonical_form() -> None:
    boxes = ["10,10,60,10,60,30,10,30,CASH", "10,40,60,40,60,60,10,60,CHANGE", "90,12,140,12,140,32,90,32,RM 5,00"]
    truth = truth_of_boxes("\n".join([*boxes, "90,38,140,38,140,58,90,58,RM 1", "no box", "a,b,c,d,e,f,g,h,i"]))
    assert truth["text"] == "CASH\nCHANGE\nRM 5,00\nRM 1"
    assert truth["rows"] == "CASH RM 5,00\nCHANGE RM 1"
    found = rates(scored(outcome(TruthKind.TEXT, truth, "Cash RM 5,00\nChange RM 1", of_set="sroie")))
    assert found["cer/canonical"] == 0
    assert found["cer/official"] > 0.3
    mixed = truth_of_boxes("1,2,3,4,5,6,7,8,Cash")
    assert rates(scored(outcome(TruthKind.TEXT, mixed, "CASH", of_set="sroie")))["cer/canonical"] == pytest.approx(
        3 / 4
    )


def test_a_line_is_also_right_or_wrong_as_a_whole() -> None:
    found = rates(scored(outcome(TruthKind.TEXT, {"text": "Open 24 h"}, "OPEN 24h", given=Label.TEXT)))
    assert (found["exact/official"], found["normalized/canonical"], found["similar/canonical"]) == (0, 1, 1)


def test_a_table_comes_in_both_readings() -> None:
    heads = HTML.replace("<td>a</td>", "<th><b>a</b></th>")
    found = rates(scored(outcome(TruthKind.TABLE, {"html": HTML}, heads, format_=TextFormat.HTML)))
    assert found["teds/canonical"] == found["teds_s/canonical"] == 1
    assert found["teds/official"] < 1


def test_text_that_is_no_table_scores_nothing_and_says_so() -> None:
    rows = scored(outcome(TruthKind.TABLE, {"html": HTML}, "a b 1 2"))
    assert set(rates(rows).values()) == {0}
    assert {row.reason for row in rows} == {"no table in the answer"}


def test_a_formula_is_scored_by_its_ways_of_writing_and_by_its_looks() -> None:
    one = outcome(TruthKind.FORMULA, {"latex": r"\frac { a } { b }"}, r"\frac{a}{b}", format_=TextFormat.LATEX)
    found = rates(scored(one))
    assert found == {"formula_edit/official": 0, "formula_edit/canonical": 0, "bleu/official": 1, "exact/canonical": 1}
    drawn = {row.metric: row for row in scored(one, cdm=True)}["cdm/official"]
    if missing_tools():
        assert (drawn.status, drawn.reason) == (Status.FAILED, missing_tools())
    else:
        assert (drawn.status, drawn.numerator) == (Status.OK, 1)


def test_without_the_tools_that_draw_the_other_scores_of_formulas_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    one = outcome(TruthKind.FORMULA, {"latex": r"\frac { a } { b }"}, r"\frac{a}{b}", format_=TextFormat.LATEX)
    without = scored(one)
    monkeypatch.setenv("PATH", "/nowhere")
    rows = scored(one, cdm=True)
    assert [row for row in rows if row.metric != "cdm/official"] == without
    (drawn,) = (row for row in rows if row.metric == "cdm/official")
    assert drawn.status is Status.FAILED
    assert "apt-get install texlive-latex-base ghostscript" in drawn.reason


@pytest.mark.parametrize(
    ("of_set", "truth", "said", "official"),
    [
        ("docvqa", {"answers": ["0.28", ".28"]}, "0.28", 1),
        ("mine", {"answers": ["University"]}, "universe", 0.7),
        ("ocrbench", {"answers": ["stop"], "dataset": "ST-VQA"}, "It says STOP here", 1),
        ("ocrbench", {"answers": ["x ^ 2"], "dataset": "HME100k"}, "x^2", 1),
        ("ocrbench", {"answers": ["x ^ 2"], "dataset": "ST-VQA"}, "x^2", 0),
        ("ocrbench_v2", {"answers": ["B"], "type": "math QA en", "eval": "multiple choice"}, "(B)", 1),
    ],
)
def test_answers_are_scored_by_the_rule_of_their_set(
    of_set: str, truth: dict[str, Any], said: str, official: float
) -> None:
    found = rates(scored(outcome(TruthKind.ANSWERS, truth, said, of_set=of_set, question="?")))
    name = "accuracy" if of_set.startswith("ocrbench") else "anls"
    assert found[f"{name}/official"] == pytest.approx(official)
    assert found[f"{name}/canonical"] >= found[f"{name}/official"]


def test_boxes_have_no_canonical_form() -> None:
    truth = {"answers": ["0", "0", "10", "10"], "type": "text grounding en"}
    assert rates(scored(outcome(TruthKind.ANSWERS, truth, "[0, 0, 10, 5]", of_set="ocrbench_v2", question="?"))) == {
        "accuracy/official": 0.5
    }


def test_what_was_read_unasked_is_the_answer() -> None:
    table = {"answers": [HTML], "type": "table parsing cn"}
    read = outcome(TruthKind.ANSWERS, table, HTML, of_set="ocrbench_v2", format_=TextFormat.HTML, given=Label.TABLE)
    assert rates(scored(read)) == {"accuracy/official": 1}
    document = {"answers": ["# A\nb"], "type": "document parsing en"}
    read = outcome(TruthKind.ANSWERS, document, "A b", of_set="ocrbench_v2", markdown="# A\nb", given=Label.PAGE)
    assert rates(scored(read)) == {"accuracy/official": 1}


def test_an_item_that_its_authors_leave_out_has_no_row() -> None:
    truth = {"answers": [""], "type": "text translation cn"}
    assert scored(outcome(TruthKind.ANSWERS, truth, "x", of_set="ocrbench_v2", question="?")) == []


def test_a_damaged_item_of_ocrbench_is_not_a_zero() -> None:
    truth = {"answers": ["x"], "type": "VQA with position en", "bbox": [1]}
    (row,) = scored(outcome(TruthKind.ANSWERS, truth, "x", of_set="ocrbench_v2", question="?"))
    assert row.status is Status.FAILED
    assert row.reason == "damaged: the item's box has 1 coordinates"


def test_long_texts_are_not_scored_where_words_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nltk", None)
    truth = {"answers": ["a text"], "type": "full-page OCR en"}
    (row,) = scored(outcome(TruthKind.ANSWERS, truth, "a text", of_set="ocrbench_v2", given=Label.PAGE))
    assert row.status is Status.FAILED
    assert "pip install" in row.reason


def test_a_form_is_scored_field_by_field() -> None:
    truth = {"fields": {"company": "BOOK TA .K", "total": "9.00", "date": "25/12/2018", "tax": ""}}
    said = 'Here it is:\n```json\n{"company": "Book Ta.K", "total": "9.00", "date": ""}\n```'
    found = rates(scored(outcome(TruthKind.FIELDS, truth, said, question="{}")))
    assert found["kie_recall/official"] == pytest.approx(1 / 3)
    assert found["kie_recall/canonical"] == pytest.approx(2 / 3)
    assert found["kie_precision/canonical"] == 1
    assert found["kie_f1/canonical"] == pytest.approx(4 / 5)
    assert 0 < found["anls_star/official"] < 1


def test_an_answer_that_is_no_form_scores_nothing_and_says_so() -> None:
    rows = scored(outcome(TruthKind.FIELDS, {"fields": {"total": "9"}}, "I see a receipt.", question="{}"))
    assert rates(rows)["kie_f1/official"] == 0
    assert {row.reason for row in rows} == {"no JSON object in the answer"}


def test_markdown_is_scored_by_text_tables_and_headings_that_are_there() -> None:
    reference = f"# Rome\n\n{HTML}\n\nVeni, vidi"
    found = rates(scored(outcome(TruthKind.MARKDOWN, {"markdown": reference}, markdown=reference)))
    assert set(found.values()) == {1}
    assert {"nid/official", "nid/canonical", "teds/official", "mhs/official"} <= set(found)
    bare = rates(scored(outcome(TruthKind.MARKDOWN, {"markdown": "Veni"}, markdown="Veni")))
    assert set(bare) == {"nid/official", "nid/canonical"}


def dp_bench_page(markdown: str) -> dict[str, float]:
    """Score a page of DP-Bench: a heading, a table that begins with a row, as in the real file, and two lines."""
    elements = [
        {"category": "Heading1", "content": {"text": "Rome", "html": ""}},
        {"category": "Table", "content": {"text": "", "html": "<tr><td>a</td><td>b</td></tr>"}},
        {"category": "Paragraph", "content": {"text": "Veni\nvidi", "html": ""}},
    ]
    truth = {
        "markdown": to_markdown(elements),
        "tables": "\n".join(map(whole_tables, elements_of(elements, "table"))),
        "texts": text_of(elements),
    }
    return rates(scored(outcome(TruthKind.MARKDOWN, truth, of_set="dp_bench", markdown=markdown)))


def test_a_right_page_of_dp_bench_is_right_by_every_rule() -> None:
    found = dp_bench_page("# Rome\n\n<table><tr><td>a</td><td>b</td></tr></table>\n\nVeni\nvidi")
    assert set(found) == {
        *("nid/official", "nid/opendataloader", "nid/canonical", "mhs/official"),
        *("teds/official", "teds_s/official", "teds/canonical", "teds_s/canonical"),
    }
    assert set(found.values()) == {1}


def test_dp_bench_is_scored_by_its_own_rules() -> None:
    found = dp_bench_page("# Rome\n\nVeni\nvidi")
    assert found["nid/official"] == found["nid/opendataloader"] == 1, "what stands in tables is not text there"
    assert found["teds/official"] == found["teds/canonical"] == 0
    assert dp_bench_page("# Rome\n\n| a | b |\n|---|---|\n| 1 | 2 |")["teds/official"] < 1
    one_line = dp_bench_page("Rome\n\nVeni vidi")
    # "Rome Venividi " and "Rome Veni vidi ": its program deletes the ends of lines, opendataloader's makes them spaces
    assert one_line["nid/official"] == pytest.approx(28 / 29)
    assert one_line["nid/opendataloader"] == pytest.approx(28 / 30)


def test_omnidocbench_is_scored_element_by_element(tmp_path: Any) -> None:
    omnidocbench(tmp_path)
    truth = json.loads((tmp_path / "OmniDocBench.json").read_text())[0]
    found = rates(scored(outcome(TruthKind.ELEMENTS, truth, of_set="omnidocbench_v1_5", markdown="page 1")))
    assert found["text_edit/official"] == found["text_edit/canonical"] == 0
    worse = rates(scored(outcome(TruthKind.ELEMENTS, truth, of_set="omnidocbench_v1_5", markdown="page 7")))
    assert worse["text_edit/official"] == pytest.approx(1 / 5), "spaces do not count there"


def test_elements_are_scored_by_the_rules_of_their_version() -> None:
    blocks = [
        {"anno_id": 1, "category_type": "text_block", "order": 1, "text": "page 1"},
        {"anno_id": 2, "category_type": "text_block", "order": 2, "text": "not to be read", "ignore": True},
    ]
    found = {
        version: rates(
            scored(outcome(TruthKind.ELEMENTS, {"layout_dets": blocks}, "page 1", of_set=f"omnidocbench_{version}"))
        )
        for version in ("v1_5", "v1_6")
    }
    assert found["v1_5"]["text_edit/official"] > found["v1_6"]["text_edit/official"] == 0


def test_tests_of_a_page_are_counted_in_all_and_by_file() -> None:
    tests = [
        {"type": "present", "text": "two", "id": "a", "pdf": "x", "page": 1, "category": "old_scans"},
        {"type": "absent", "text": "two", "id": "b", "pdf": "x", "page": 1, "category": "old_scans"},
        {"type": "baseline", "id": "c", "pdf": "x", "page": 1, "category": "baseline"},
    ]
    rows = scored(outcome(TruthKind.TESTS, {"tests": tests}, of_set="olmocr_bench", markdown="one two"))
    counts = {row.metric: (row.numerator, row.denominator) for row in rows}
    assert counts == {"pass_rate/official": (2, 3), "passed/old_scans": (1, 2), "passed/baseline": (1, 1)}
    assert [bool(row.reason) for row in rows] == [True, True, False]


MATH = {"tests": [{"type": "math", "math": "\\overset{a}{=}", "id": "a", "pdf": "x", "page": 1, "category": "arxiv"}]}


def test_formulas_of_tests_are_drawn_where_there_is_a_browser() -> None:
    page_ = outcome(TruthKind.TESTS, MATH, of_set="olmocr_bench", markdown="so $x \\stackrel{a}{=} y$")
    drawn, parsed = Scorer(cdm=False, katex=True), Scorer(cdm=False)
    assert parsed.identity.settings["formulas_of_tests"] == "compared by symbols"
    (row, _) = parsed.score([page_])
    assert "compared by their symbols: testsets.katex is false" in row.reason
    if missing_browser():
        assert drawn.identity == parsed.identity
        assert missing_browser() in drawn.score([page_])[0].reason
        return
    assert "KaTeX" in drawn.identity.settings["formulas_of_tests"]
    (row, _) = drawn.score([page_])
    assert (row.numerator, row.reason) == (1, "")


def test_a_page_is_matched_once_and_the_formulas_of_all_items_are_drawn_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    matched: list[str] = []
    drawn: list[list[str]] = []

    def match(truth: Mapping[str, Any], markdown: str) -> PageScore:
        matched.append(markdown)
        return score_page(truth, markdown)

    def compare(references: Sequence[str], hypotheses: Sequence[str], **_: Any) -> list[CdmResult]:
        drawn.append(list(references))
        return [CdmResult(1, 1, 1) for _ in references]

    monkeypatch.setattr(rules_v1_5, "RULES", {TruthKind.ELEMENTS: partial(prepare_page, match)})
    monkeypatch.setattr(drawings, "cdm", compare)
    block = {"anno_id": 1, "category_type": "equation_isolated", "order": 1, "latex": "$$x^2 + y$$"}
    elements = outcome(TruthKind.ELEMENTS, {"layout_dets": [block]}, "$$x^2 + y$$", of_set="omnidocbench_v1_5")
    formula = outcome(TruthKind.FORMULA, {"latex": "z"}, "z")
    rows = scored(elements, formula, cdm=True)
    assert len(matched) == 1
    assert drawn == [["x^2 + y", "z"]]
    assert [row.numerator for row in rows if row.metric == "cdm/official"] == [1, 1]


def test_a_browser_that_fails_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise NoAnswer("the browser drew nothing")

    monkeypatch.setattr(drawings, "missing_browser", str)
    monkeypatch.setattr(drawings, "draw_formulas", fail)
    page_ = outcome(TruthKind.TESTS, MATH, of_set="olmocr_bench", markdown="so $x\\overset{a}{=}y$ and $y$")
    (row, _) = Scorer(cdm=False, katex=True).score([page_])
    assert (row.numerator, row.reason) == (1, "formulas compared by their symbols: the browser drew nothing")


def test_a_looped_table_is_a_zero_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MAX_CELLS", 20)
    looped = f"<table>{'<tr><td>c</td><td>d</td><td>e</td></tr>' * 9}</table>"
    rows = scored(outcome(TruthKind.TABLE, {"html": HTML}, looped, format_=TextFormat.HTML))
    assert set(rates(rows).values()) == {0}
    assert all("cells" in row.reason for row in rows)


def test_a_damaged_test_is_named_and_not_scored() -> None:
    tests = [{"type": "present", "id": "a7", "pdf": "x", "page": 1}]
    (row,) = scored(outcome(TruthKind.TESTS, {"tests": tests}, of_set="olmocr_bench", markdown="one two"))
    assert row.status is Status.FAILED
    assert "a7" in row.reason


TRUTHS = [
    (TruthKind.TEXT, {"text": "a"}),
    (TruthKind.TABLE, {"html": HTML}),
    (TruthKind.FORMULA, {"latex": "x"}),
    (TruthKind.ANSWERS, {"answers": ["a"]}),
    (TruthKind.FIELDS, {"fields": {"a": "b"}}),
    (TruthKind.MARKDOWN, {"markdown": "# a\n\nb"}),
    (TruthKind.TESTS, {"tests": [{"type": "present", "text": "a", "id": "a", "pdf": "x", "page": 1}]}),
]


@pytest.mark.parametrize(("kind", "payload"), TRUTHS, ids=[kind.value for kind, _ in TRUTHS])
def test_a_page_that_is_broken_could_not_be_scored(kind: TruthKind, payload: dict[str, Any]) -> None:
    of_set = "olmocr_bench" if kind is TruthKind.TESTS else "mine"
    whole = {row.metric for row in scored(outcome(kind, payload, "a", of_set=of_set))}
    rows = scored(outcome(kind, payload, of_set=of_set, status=Status.FAILED, reason="broken: no image"))
    assert {row.metric for row in rows} == whole, "a table of scores must know what is missing"
    assert {(row.status, row.reason, row.numerator) for row in rows} == {(Status.FAILED, "broken: no image", 0.0)}


def test_a_question_that_was_not_answered_could_not_be_scored_but_a_failed_answer_is_a_zero() -> None:
    truth = {"answers": ["a"]}
    asked = {"question": "?", "recognition_reason": "why"}
    skipped = scored(outcome(TruthKind.ANSWERS, truth, **asked, recognition_status=Status.SKIPPED))
    failed = scored(outcome(TruthKind.ANSWERS, truth, **asked, recognition_status=Status.FAILED))
    assert {(row.status, row.reason) for row in skipped} == {(Status.FAILED, "why")}
    assert {(row.status, row.reason, row.numerator) for row in failed} == {(Status.OK, "why", 0.0)}


def test_what_was_skipped_without_a_question_is_a_zero() -> None:
    rows = scored(outcome(TruthKind.TEXT, {"text": "abc"}, recognition_status=Status.SKIPPED))
    assert rates(rows)["cer/official"] == 1


def test_an_item_that_no_answer_was_given_for_is_apart_from_zero() -> None:
    missing = {"recognition_status": Status.SKIPPED, "recognition_reason": f"{NOT_READ}; it would be called a"}
    rows = scored(outcome(TruthKind.TEXT, {"text": "a b"}, "", **missing))
    assert {row.status for row in rows} == {Status.FAILED}
    assert all(row.reason.startswith(NOT_READ) for row in rows)
