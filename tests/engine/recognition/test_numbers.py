"""Numbers of which the second model is surer."""

from __future__ import annotations

import pytest

from ocr_project.engine.imaging.tesseract import ReadWord
from ocr_project.engine.models.onnx.line_reader import ReadCharacter
from ocr_project.engine.recognition.numbers import put_numbers

_WIDTH = 20


def word(*parts: tuple[str, float]) -> ReadWord:
    found, left = [], 100
    for text, confidence in parts:
        right = left + _WIDTH * len(text)
        found.append(ReadWord(text, (left, 5, right, 35), confidence, 0))
        left = right
    text = "".join(part.text for part in found)
    return ReadWord(text, (100, 5, left, 35), min(part.confidence for part in found), 0, tuple(found))


def seen(text: str, confidence: float = 0.99, first: int = 0) -> list[ReadCharacter]:
    return [ReadCharacter(c, 100 + _WIDTH * (first + n + 0.5), confidence) for n, c in enumerate(text)]


@pytest.mark.parametrize("read", ["10002]", "100021", "[00021"])
def test_a_bracket_that_was_taken_for_a_digit(read: str) -> None:
    (found,) = put_numbers([word((read, 0.94))], seen("[0002]"))
    assert found.text == "[0002]"
    assert found.parts[0].text == "[0002]"


def test_a_doubted_number_beside_syllables() -> None:
    noise = ReadCharacter("号", 100 + 9.5 * _WIDTH, 0.95)
    (found,) = put_numbers([word(("추출부", 0.93), ("(119)", 0.6), ("는", 0.93))], [*seen("(112)", first=3), noise])
    assert found.text == "추출부(112)는"
    assert [part.text for part in found.parts] == ["추출부", "(112)", "는"]
    assert found.confidence > 0.9


@pytest.mark.parametrize(
    ("read", "confidence", "other", "sure"),
    [
        ("2024", 0.95, "2021", 0.99),
        ("2024", 0.5, "2021", 0.6),
        ("2024", 0.5, "20", 0.99),
        ("(119)", 0.5, "(112", 0.99),
        ("1", 0.5, "l", 0.99),
    ],
    ids=["both are sure", "the other doubts", "another length", "half a pair", "a letter"],
)
def test_other_numbers_stay(read: str, confidence: float, other: str, sure: float) -> None:
    found = [word((read, confidence))]
    assert put_numbers(found, seen(other, sure)) == found


def test_a_number_behind_a_sign_stays() -> None:
    found = [word(("△", 0.9), ("2.", 0.9), ("3", 0.5), ("%", 0.5))]
    assert put_numbers(found, seen("2.8%", first=1)) == found
