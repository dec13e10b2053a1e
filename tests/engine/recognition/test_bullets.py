"""Filled dots before the lines of a list."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ocr_project.engine.imaging.tesseract import ReadWord
from ocr_project.engine.recognition.bullets import put_bullet


def line(radius: int = 6, middle: int = 24, gap: int = 20, thickness: int = -1) -> NDArray[np.uint8]:
    """Draw letters of 30 pixels as bars, with a dot before them."""
    drawn = np.full((44, 240), 255, np.uint8)
    cv2.circle(drawn, (20, middle), radius, 0, thickness)
    for left in range(20 + radius + gap, 220, 30):
        drawn[7:37, left : left + 12] = 0
    return drawn


def words(*texts: str, first: int = 12) -> list[ReadWord]:
    starts = (first, *range(46, 46 + 60 * len(texts), 60))
    return [ReadWord(text, (x, 7, x + 16, 37), 0.8, 0) for text, x in zip(texts, starts, strict=False)]


def test_a_dot_is_a_bullet_whatever_it_was_read_as() -> None:
    assert [word.text for word in put_bullet(words("*", "сервер"), line())] == ["•", "сервер"]
    left_out = put_bullet(words("сервер", first=46), line())
    assert [word.text for word in left_out] == ["•", "сервер"]
    assert left_out[0].box == (14, 18, 27, 31)


@pytest.mark.parametrize(
    "drawn",
    [line(thickness=1), line(middle=34, radius=3), line(radius=2), line(gap=4), line(radius=12)],
    ids=["a ring", "a full stop", "a speck", "a letter", "a large dot"],
)
def test_what_is_no_filled_dot_stays(drawn: NDArray[np.uint8]) -> None:
    found = words("*", "сервер")
    assert put_bullet(found, drawn) == found


def test_words_and_marks_that_are_right_stay() -> None:
    for text in ("по", "●"):
        found = words(text, "сервер")
        assert put_bullet(found, line()) == found
