"""Differences that a person can read."""

import random
from time import perf_counter

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


def test_long_page_is_fast() -> None:
    generator = random.Random(0)
    syllables = [chr(point) for point in range(0xAC00, 0xAC00 + 800)]
    reference = "".join(generator.choices(syllables, k=5_000))
    hypothesis = "".join(c if generator.random() < 0.8 else generator.choice(syllables) for c in reference)
    times = []
    for _ in range(3):
        begun = perf_counter()
        diff(reference, hypothesis)
        times.append(perf_counter() - begun)
    assert min(times) < 0.05
