"""Counts of text errors, worked out by hand."""

import math

import pytest

from ocr_project.engine.metrics import Counts, cer, cer_no_space, ned, score_page, wer, word_f1


def test_cer_counts_edits_and_characters() -> None:
    assert cer("일부개정법률안", "일부개정법류안") == Counts(1, 7)
    assert cer("ab cd", "abcd") == Counts(1, 5)


def test_cer_no_space_ignores_white_space_only() -> None:
    assert cer_no_space("개인정보 보호법", "개인 정보보호벌") == Counts(1, 7)


def test_wer_counts_words_with_their_punctuation() -> None:
    assert wer("제1조(목적) 이 법은", "제1조(목적), 이 법은 끝") == Counts(2, 3)


def test_word_f1_counts_the_words_of_both_sides_wherever_they_stand() -> None:
    assert word_f1("a b b c", "c b x b b") == Counts(6, 9)  # b twice and c: two thirds, of F1 = 2·(3/5)·(3/4)/(27/20)
    assert word_f1("제1조(목적) 이 법은", "법은 이 제1조(목적)").rate == 1.0
    assert word_f1("Итого: 15 руб.", "15 итого: руб.") == Counts(4, 6)  # a word is its case and punctuation, too
    assert word_f1("a b", "") == Counts(0, 2)
    assert word_f1("", "a b").rate == 0.0
    assert math.isnan(word_f1(" ", "").rate)


def test_a_page_in_another_order_is_wrong_by_words_in_order_only() -> None:
    scores = score_page("left one two\nright three four", "right three four left one two")
    assert (scores["wer"].rate, scores["word_f1"].rate) == (1.0, 1.0)


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
    assert list(scores) == ["cer", "cer_no_space", "word_f1", "wer", "ned"]
    assert scores["cer_no_space"].numerator == 0
    assert scores["cer"] == Counts(1, 17)
    assert scores["word_f1"] == Counts(6, 9)
    assert scores["wer"] == Counts(2, 4)
    assert scores["ned"] == Counts(1, 18)


@pytest.mark.parametrize(("reference", "hypothesis"), [("", ""), ("가", ""), ("", "가"), ("\ud800", "가")])
def test_score_page_takes_any_text(reference: str, hypothesis: str) -> None:
    scores = score_page(reference, hypothesis)
    assert scores.pop("word_f1") == Counts(0, int(bool(reference)) + int(bool(hypothesis)))
    for counts in scores.values():
        assert counts.numerator == int(reference != hypothesis)
