"""Counts of text errors, worked out by hand."""

import math

import pytest

from ocr_project.engine.metrics import Counts, cer, cer_no_space, ned, score_page, wer


def test_cer_counts_edits_and_characters() -> None:
    assert cer("일부개정법률안", "일부개정법류안") == Counts(1, 7)
    assert cer("ab cd", "abcd") == Counts(1, 5)


def test_cer_no_space_ignores_white_space_only() -> None:
    assert cer_no_space("개인정보 보호법", "개인 정보보호벌") == Counts(1, 7)


def test_wer_counts_words_with_their_punctuation() -> None:
    assert wer("제1조(목적) 이 법은", "제1조(목적), 이 법은 끝") == Counts(2, 3)


def test_ned_stays_within_one() -> None:
    assert ned("X", "X X Y Y") == Counts(6, 7)
    assert ned("", "abc").rate == 1.0


def test_empty_reference_has_errors_but_no_rate() -> None:
    assert cer("", "abc") == Counts(3, 0)
    assert wer("  ", "a b") == Counts(2, 0)
    assert math.isnan(cer("", "abc").rate)
    assert math.isnan(cer("", "").rate)
    assert (cer("", "abc") + cer("abcdef", "abcdef")).rate == 0.5


def test_counts_add_up_to_a_micro_average() -> None:
    pages = [cer("abcd", "abcx"), cer("a" * 96, "a" * 96)]
    assert sum(pages, Counts(0, 0)) == Counts(1, 100)


def test_score_page_normalises_both_sides() -> None:
    scores = score_page("탄소중립ㆍ녹색성장\n기본법 ....... 3", "탄소중립·녹색 성장 기본법 … 3\n")
    assert list(scores) == ["cer", "cer_no_space", "wer", "ned"]
    assert scores["cer_no_space"].numerator == 0
    assert scores["cer"] == Counts(1, 17)
    assert scores["wer"] == Counts(2, 4)
    assert scores["ned"] == Counts(1, 18)


@pytest.mark.parametrize(("reference", "hypothesis"), [("", ""), ("가", ""), ("", "가"), ("\ud800", "가")])
def test_score_page_takes_any_text(reference: str, hypothesis: str) -> None:
    for counts in score_page(reference, hypothesis).values():
        assert counts.numerator == int(reference != hypothesis)
