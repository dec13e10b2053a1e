"""Middle dots that stand on the line, and circles before the names of speakers."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ocr_project.engine.imaging.tesseract import ReadWord
from ocr_project.engine.recognition.korean_marks import middle_dots, put_circle


def word(text: str, left: int = 0) -> ReadWord:
    parts = tuple(ReadWord(c, (left + 20 * i, 7, left + 20 * i + 18, 37), 0.9, 0) for i, c in enumerate(text))
    return ReadWord(text, (left, 7, left + 20 * len(text), 37), 0.9, 0, parts)


def line(inner: int = 0, radius: int = 15, square: bool = False) -> NDArray[np.uint8]:
    """Draw letters of 30 pixels as bars, with a ring before them that touches the first."""
    drawn = np.full((44, 240), 255, np.uint8)
    if square:
        cv2.rectangle(drawn, (2, 7), (32, 37), 0, 1)
    else:
        cv2.circle(drawn, (17, 22), radius, 0, 1)
    cv2.circle(drawn, (17, 22), inner, 0 if inner else 255, -1)
    for left in range(32, 220, 30):
        drawn[7:37, left : left + 12] = 0
    return drawn


def test_a_dot_between_syllables_is_a_middle_dot() -> None:
    (found,) = middle_dots([word("영산강.섬진강.")])
    assert found.text == "영산강·섬진강."
    assert "".join(part.text for part in found.parts) == found.text


def test_a_letter_of_a_list_is_one_at_the_begin_of_a_line_alone() -> None:
    _, found = middle_dots([word("중"), word("가.나", 60)])
    assert found.text == "가·나"


@pytest.mark.parametrize("text", ["2024.5.7", "했습니다.그", "제1항.", "kr.or", "가.사업"])
def test_other_dots_stay(text: str) -> None:
    assert middle_dots([word(text)]) == [word(text)]


@pytest.mark.parametrize("text", ["(2위원장", "(-위원장", "0위원장"])
def test_a_circle_takes_the_place_of_what_it_was_read_as(text: str) -> None:
    first, second = put_circle([word(text), word("박정", 160)], line())
    assert first.text == "◯위원장"
    assert "".join(part.text for part in first.parts) == first.text
    assert second == word("박정", 160)


def test_a_circle_that_stands_alone_replaces_a_sign_and_not_the_word_behind_it() -> None:
    assert [w.text for w in put_circle([word("("), word("박정", 40)], line())] == ["◯", "박정"]
    assert [w.text for w in put_circle([word("(2)", 40), word("박정", 120)], line())] == ["◯", "(2)", "박정"]


@pytest.mark.parametrize(
    "drawn",
    [line(inner=3), line(inner=6), line(radius=8), line(square=True), np.full((44, 240), 255, np.uint8)],
    ids=["a dot in a circle", "a disc in a circle", "a small ring", "a box", "nothing"],
)
def test_what_is_no_circle_stays(drawn: NDArray[np.uint8]) -> None:
    assert put_circle([word("(2위원장")], drawn) == [word("(2위원장")]
