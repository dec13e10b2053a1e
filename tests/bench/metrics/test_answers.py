"""Answers, fields, BLEU: the rules of DocVQA, OCRBench, SROIE, CORD."""

import math
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocr_project.bench.metrics.answers import anls, contains_answer, contains_or_similar, count_score
from ocr_project.bench.metrics.bleu import bleu
from ocr_project.bench.metrics.fields import FieldCounts, field_f1
from ocr_project.bench.testsets.ocrbench_v2.rules import MissingWords, passages, score_ocrbench_v2

TEXTS = st.text(st.sampled_from("abc 가나1"), max_size=12)
RECEIPT = {"menu": [{"nm": "cake", "cnt": "2"}, {"nm": "juice", "cnt": "1"}], "total": {"total_price": "45"}}


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=3), TEXTS)
def test_anls_lies_within_its_bounds(answers: list[str], hypothesis: str) -> None:
    score = anls(answers, hypothesis)
    assert score == 0.0 or 0.5 <= score <= 1.0
    assert anls([*answers, hypothesis], hypothesis) == 1.0
    assert anls([*answers, "zzz"], hypothesis) >= score


def test_ocrbench_v1() -> None:
    assert contains_answer(["Main Street"], "The sign says:\nMAIN STREET.")
    assert not contains_answer(["Main Street"], "The sign says: MAIN\nSTREE")
    assert contains_answer(["x ^ 2"], "= x^2", formula=True)
    assert not contains_answer(["X ^ 2"], "= x^2", formula=True)
    assert not contains_answer([], "anything")


def test_ocrbench_v2_questions() -> None:
    assert contains_or_similar(["four words at most"], "it has FOUR words at most here") == 1.0
    assert contains_or_similar(["one two three four five"], "one two three four fixe") == pytest.approx(22 / 23)
    assert contains_or_similar(["one two three four five"], "something else") == 0.0
    assert contains_or_similar(["ABC"], "abc", case=True) == 0.0
    assert contains_or_similar(["北京 市"], "在北京市内", chinese=True) == 1.0
    assert count_score(["10"], "about 9 of them") == pytest.approx(0.9)
    assert count_score(["10"], "none") == count_score(["10"], "5") == count_score(["10"], "20") == 0.0


def v2(kind: str, answers: list[str], said: str, **more: object) -> float:
    return score_ocrbench_v2({"type": kind, "answers": answers, **more}, said)


def test_ocrbench_v2_by_type() -> None:
    assert v2("science QA en", ["B"], "(B)", eval="multiple choice") == 1.0
    assert v2("cognition VQA cn", ["红 色"], "红色的") == 1.0
    assert v2("text counting en", ["4"], "4 words", eval="exact match") == 1.0
    form = ['{"date": ["1/2/18"], "total": ["8.50", "RM 8.50"]}']
    assert v2("key information extraction en", form, '```json\n{"date": "1/2/18", "total": "rm8.50"}\n```') == 1.0
    assert v2("key information extraction en", ["{'a': ['1']}"], '{"a": "1", "b": "2"}') == 0.5
    assert v2("handwritten answer extraction cn", ["AB"], "答案是 A、B") == 1.0
    assert v2("text grounding en", ["0", "0", "10", "10"], "[5, 5, 9, 9], or rather (0, 0, 10, 5)") == 0.5
    where = {"bbox": [0, 0, 10, 10]}
    assert v2("VQA with position en", ["cat"], '{"answer": "a cat", "bbox": [0, 0, 10, 5]}', **where) == 0.75


def test_ocrbench_v2_spotting() -> None:
    truth = {"bbox_list": [[0, 0, 10, 0, 10, 10, 0, 10], [20, 0, 30, 10], [50, 0, 90, 10]]}
    truth["content"] = ["(Stop!)", "a", "###"]
    right = '[[0, 0, 10, 10, "STOP!"], [20, 0, 30, 9, "b"], [55, 0, 80, 10, "illegible, so not counted"]]'
    assert v2("text spotting en", [], right, **truth) == 0.5, "one of two, and one of two"
    assert v2("text spotting en", [], "Here: [0,0,10,10,stop!)] (20,0,30,10,A)", **truth) == 1.0
    assert v2("text spotting en", [], "[[9, 9, 0, 0, 'Stop']]", **truth) == 0.0
    assert v2("text spotting en", [], "there is none", **truth) == 0.0


def test_ocrbench_v2_tables_and_charts() -> None:
    pipes = "| a | b |\n| --- | --- |\n| 1 | 2 |"
    cells = "<table><thead><tr><th>a</th><th>b</th></tr></thead><tr><td>1</td><td>2</td></tr></table>"
    assert v2("table parsing en", [pipes], pipes, question="In markdown!") == 1.0
    assert v2("table parsing en", [pipes], cells, question="In markdown!") == 1.0, "it was not asked for Markdown"
    assert v2("table parsing cn", [cells], f"```html\n{cells}\n```") == 1.0
    assert v2("table parsing cn", [cells], cells.replace("<td>1", "<td colspan='x'>1")) == 0.0
    assert v2("table parsing cn", [cells], "a b 1 2") == 0.0
    assert (
        v2("chart parsing en", ['{"x": {"2020": 5}}'], "```python\ndata = {'x': {'2020': 5}}  # that is all\n```")
        == 1.0
    )
    assert v2("chart parsing en", ['{"x": 5}'], "five") == 0.0


def test_ocrbench_v2_documents_are_scored_by_their_outline() -> None:
    truth = "# One\ntext\n\n# Two\nmore"
    nodes = 2 + 2 + 3  # root and title, headings, lines
    assert v2("document parsing en", [truth], truth) == pytest.approx(1 - 1 / nodes), "an empty line equals none"
    assert v2("document parsing en", ["# A\nb"], "# B\nother words") == 1.0
    assert v2("document parsing en", ["# A\nb"], "# A") == pytest.approx(1 - 1 / 4)


def test_what_ocrbench_v2_cannot_score() -> None:
    assert math.isnan(v2("text translation cn", [""], "a text")), "its authors leave it out"
    with pytest.raises(ValueError, match="unknown type"):
        v2("text guessing en", ["a"], "a")
    with pytest.raises(ValueError, match="not a dict"):
        v2("key information mapping en", ["[1]"], "{}")
    with pytest.raises(ValueError, match="not a dict"):
        v2("chart parsing en", ["none"], "{}")
    with pytest.raises(ValueError, match="2 coordinates"):
        v2("VQA with position en", ["a"], "a", bbox=[1, 2])
    with pytest.raises(ValueError, match="no answer"):
        v2("full-page OCR en", [], "a")


def test_what_long_texts_need_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nltk", None)
    with pytest.raises(MissingWords, match=r"nltk.*ocr_project\[bench\]"):
        v2("full-page OCR en", ["a text"], "a text")
    monkeypatch.setitem(sys.modules, "jieba", None)
    with pytest.raises(MissingWords, match="jieba"):
        v2("full-page OCR cn", ["文字"], "文字")


def test_wordnet_is_looked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nltk = pytest.importorskip("nltk")
    passages._wordnet.cache_clear()
    monkeypatch.setattr(passages, "_DEBIAN", tmp_path)
    monkeypatch.setattr(nltk.data, "path", [str(tmp_path)])
    with pytest.raises(MissingWords, match="apt-get install wordnet-base"):
        v2("full-page OCR en", ["a text"], "a text")


def test_fields_are_counted_by_name() -> None:
    truth = {"company": "AEON CO. (M) BHD.", "date": "28/02/2018", "total": "88.95", "tax": ""}
    counts = field_f1(truth, {"company": "Aeon Co (M) Bhd", "date": "28/02/2018", "total": "", "address": "x"})
    assert list(counts) == ["company", "date", "total", "tax", "address"]
    assert counts["company"] == FieldCounts(exact=0, normalized=1, expected=1, got=1)
    assert counts["date"] == FieldCounts(1, 1, 1, 1)
    assert counts["total"] == FieldCounts(0, 0, 1, 0)
    assert counts["tax"] == FieldCounts()
    assert counts["address"] == FieldCounts(0, 0, 0, 1)
    micro = sum(counts.values(), FieldCounts())
    assert micro == FieldCounts(1, 2, 3, 3)


def test_nested_fields() -> None:
    hypothesis = {"menu": [{"nm": "juice", "cnt": "1"}, {"nm": "cake", "cnt": "3"}], "total": {"total_price": "45"}}
    counts = field_f1(RECEIPT, hypothesis)
    assert counts["menu.nm"] == FieldCounts(2, 2, 2, 2)
    assert counts["menu.cnt"] == FieldCounts(1, 1, 2, 2)
    assert counts["total.total_price"] == FieldCounts(1, 1, 1, 1)


def test_bleu_is_sacrebleus() -> None:
    sacrebleu = pytest.importorskip("sacrebleu")
    pair = ("The cat sat on the mat, today.", "The cat sat on a mat today.")
    assert bleu(*pair) == pytest.approx(sacrebleu.sentence_bleu(pair[1], [pair[0]]).score / 100)
    assert bleu("a b", "a b") == 1.0
    assert bleu("", "") == 1.0
    assert bleu("a", "") == bleu("", "a") == 0.0
