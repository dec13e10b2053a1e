"""Signs are put where they stand, and nothing else of a line changes."""

from __future__ import annotations

import pytest

from ocr_project.engine.imaging.tesseract import ReadWord, together
from ocr_project.engine.models.onnx.line_reader import ReadCharacter
from ocr_project.engine.recognition.signs import pair_quotes, put_signs

SIDE = 30  # pixels: of a letter


def word(text: str, left: int) -> ReadWord:
    """Return a word of Korean: a part for each syllable, from `left` on."""
    parts = [ReadWord(c, (left + SIDE * i, 0, left + SIDE * (i + 1), SIDE), 0.9, 0) for i, c in enumerate(text)]
    return together(text, parts)


def seen(text: str, x: float, confidence: float = 0.9) -> ReadCharacter:
    return ReadCharacter(text, x, confidence)


def texts(words: list[ReadWord]) -> list[str]:
    return [one.text for one in words]


def test_what_stands_for_a_sign_is_replaced() -> None:
    words = [word("@", 0), word("제일항", 60)]
    assert texts(put_signs(words, [seen("①", 16)])) == ["①", "제일항"]


def test_two_characters_in_the_place_of_one_sign_go() -> None:
    wide = ReadWord("(3", (0, 0, SIDE, SIDE), 0.4, 0)
    assert texts(put_signs([wide, word("제일항", 60)], [seen("③", 15)])) == ["③", "제일항"]


def test_a_circled_digit_that_was_not_read_is_put_in() -> None:
    assert texts(put_signs([word("제일항", 90)], [seen("②", 15)])) == ["②", "제일항"]
    assert texts(put_signs([word("제일항", 32)], [seen("②", 15)])) == ["②제일항"]


def test_a_bracket_that_was_not_read_is_not_put_in() -> None:
    assert texts(put_signs([word("제일항", 60)], [seen("「", 15)])) == ["제일항"]


def test_hangul_is_never_replaced() -> None:
    words = [word("이항", 0)]
    assert texts(put_signs(words, [seen("①", 15), seen("“", 45)])) == ["이항"]


def test_a_doubtful_sign_is_left_out() -> None:
    words = [word("@", 0), word("제일항", 60)]
    assert put_signs(words, [seen("①", 16, 0.4)]) == words


def test_a_character_that_both_read_stays_beside_a_sign() -> None:
    words = [word("(@", 0)]
    assert texts(put_signs(words, [seen("(", 15), seen("①", 30)])) == ["(①"]


@pytest.mark.parametrize(("sign", "behind", "expected"), [("△", "2", "△2"), ("△", "가", "^2"), ("℃", "2", "^2")])
def test_signs_of_numbers_need_their_number(sign: str, behind: str, expected: str) -> None:
    words = [word("^2", 0)]
    assert texts(put_signs(words, [seen(sign, 15), seen(behind, 45)])) == [expected]


def test_points_are_added_to_numbers_that_both_read_alike() -> None:
    date = word("2015,", 0)
    again = [seen(c, 15 + SIDE * i) for i, c in enumerate("2015")]
    assert texts(put_signs([date], [*again, seen(".", 130), seen(",", 140)])) == ["2015.,"]
    other = [seen(c, 15 + SIDE * i) for i, c in enumerate("2016")]
    assert texts(put_signs([date], [*other, seen(".", 130), seen(",", 140)])) == ["2015,"]


def test_quotes_are_curly_where_one_of_them_was_seen() -> None:
    words = [word('"법"이라', 0), word("(이하“영“이라", 300), word("한다", 600)]
    assert texts(pair_quotes(words)) == ["“법”이라", "(이하“영”이라", "한다"]
    straight = [word('"법"이라', 0)]
    assert pair_quotes(straight) == straight


def test_boxes_and_confidences_follow() -> None:
    (first, second) = put_signs([word("@", 0), word("제일항", 60)], [seen("①", 16, 0.8)])
    assert first.box[0] == 0
    assert first.box[2] == SIDE
    assert first.confidence == pytest.approx(0.8)
    assert second.box == (60, 0, 150, SIDE)
