"""Differences that a person can read."""

import random

from ocr_project.engine.metrics import Span, diff


def test_equal_texts_are_one_span() -> None:
    assert diff("개인정보\n보호법", "개인정보 보호법") == [Span("equal", "개인정보 보호법", "개인정보 보호법")]
    assert diff("", " ") == []


def test_each_kind_of_difference() -> None:
    assert diff("제1조 목적은 다음과 같습니다", "제1조 목적 다음과 갔습니다 끝") == [
        Span("equal", "제1조 목적", "제1조 목적"),
        Span("delete", "은", ""),
        Span("equal", " 다음과 ", " 다음과 "),
        Span("replace", "같", "갔"),
        Span("equal", "습니다", "습니다"),
        Span("insert", "", " 끝"),
    ]


def test_small_islands_join_the_difference_around_them() -> None:
    assert diff("시작 abcdef 마지막", "시작 xbyzdw 마지막") == [
        Span("equal", "시작 ", "시작 "),
        Span("replace", "abcdef", "xbyzdw"),
        Span("equal", " 마지막", " 마지막"),
    ]


def test_missing_sides() -> None:
    assert diff("가나다", "") == [Span("delete", "가나다", "")]
    assert diff("", "가나다") == [Span("insert", "", "가나다")]


def test_spans_of_a_long_page_rebuild_both_sides() -> None:
    generator = random.Random(0)
    syllables = [chr(point) for point in range(0xAC00, 0xAC00 + 800)]
    reference = "".join(generator.choices(syllables, k=5_000))
    hypothesis = "".join(c if generator.random() < 0.8 else generator.choice(syllables) for c in reference)
    spans = diff(reference, hypothesis)
    assert "".join(span.reference for span in spans) == reference
    assert "".join(span.hypothesis for span in spans) == hypothesis
    assert all(span.reference == span.hypothesis for span in spans if span.op == "equal")
