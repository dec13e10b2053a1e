"""Texts whose marks do not count, and the accepted forms."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocr_project.bench.metrics.canonical import (
    canonical_text,
    loose,
    match_exact,
    match_normalized,
    match_similar,
)

MARKS = "가나 abc1 #*_|`-$\\{}^<br>/&amp;“”‘’–—…①ﬁ½²·•[]()\n~!"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("## **Title**", "Title"),
        ("a<br>b &amp; <i>c</i>", "a b & c"),
        ("| a | b |\n|---|:--:|\n| 1 | 2 |", "a b 1 2"),
        ("see [the law](https://a.b/c) ![logo](x.png)", "see the law"),
        ("$10^{\\circ}$C and $x_{1}^{2}$, \\(\\alpha\\)", "10°C and x12, α"),
        ("$\\frac{1}{2}$", "1/2"),
        ("“q” ‘s’ – — −", "\"q\" 's' - - -"),
        ("제1조 ①항 ㉠", "제1조 ①항 ㉠"),
        ("ＡＢＣ ﬁn", "ABC fin"),
        ("snake_case_name 2 * 3 * 4 $5 and $6", "snake_case_name 2 * 3 * 4 $5 and $6"),
        ("- item\n1. other\n> said", "item 1. other said"),
        ("", ""),
    ],
)
def test_marks_go_and_letters_stay(text: str, expected: str) -> None:
    assert canonical_text(text) == expected


@settings(deadline=None, max_examples=300)
@given(st.text(st.one_of(st.sampled_from(MARKS), st.characters()), max_size=60))
def test_a_canonical_text_is_one_line_without_invisible_signs(text: str) -> None:
    once = canonical_text(text)
    assert once == once.strip()
    assert not set(once) & set("\n\t“”\u200b\u00a0")
    assert canonical_text(once + "") == canonical_text(once)


@settings(deadline=None, max_examples=200)
@given(st.text(st.sampled_from("가나다abc .,1"), min_size=1, max_size=40))
def test_emphasis_and_tags_change_nothing(text: str) -> None:
    assert canonical_text(f"<b>{text}</b>") == canonical_text(text)
    if text.strip():
        assert canonical_text(f"**{text.strip()}**") == canonical_text(text)


def test_three_matches() -> None:
    assert match_exact("스타벅스", "스타벅스")
    assert not match_exact("STARBUCKS", "Starbucks")
    assert match_normalized("STARBUCKS, coffee!", "**Starbucks** Coffee")
    assert not match_normalized("STARBUCKS", "STARBUCK")
    assert match_similar("STARBUCKS 1", "Starbuck5 1")  # 9 of 10
    assert match_similar("abcde", "abcdx")  # exactly 0.8
    assert not match_similar("abcd", "abcx")
    assert match_similar("", "")
    assert not match_similar("a", "")


def test_loose_keeps_letters_and_digits() -> None:
    assert loose("가. 나!") == "가나"
