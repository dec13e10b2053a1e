"""Dashes and quotes of English print, told by their ink; `benchmarks/print_marks.py` does it in all fonts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from ocr_project.engine.imaging.tesseract import ReadWord
from ocr_project.engine.models.onnx.line_reader import ReadCharacter
from ocr_project.engine.recognition.latin_lines import LatinReader, find_latin_reader
from ocr_project.engine.recognition.print_marks import mend_marks, one_kind_of_quotes

FONTS = ("DejaVuSans.ttf", "DejaVuSerif.ttf")
PRINTED = (
    "the bank’s and men’s pay",
    "the “Americans” of Notes",
    "well-known co-operation",
)
TYPED = ("the bank's and men's pay", "a year of 2010-2011 and 55-64", 'the "Americans" of Notes')


@pytest.fixture(scope="module")
def reader() -> LatinReader:
    found = find_latin_reader()
    if found is None:
        pytest.skip("the extra `rapid` is not installed")
    return found


def drawn(font: str, text: str) -> np.ndarray:
    letters = ImageFont.truetype(Path("/usr/share/fonts/truetype/dejavu") / font, 100)
    image = Image.new("L", (int(letters.getlength(text)) + 80, 200), 255)
    ImageDraw.Draw(image).text((40, 40), text, font=letters, fill=0)
    return np.asarray(image.resize((image.width // 4, 50), Image.Resampling.LANCZOS), np.uint8)


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("text", [*PRINTED, *TYPED])
def test_marks_are_read_as_they_were_printed(reader: LatinReader, font: str, text: str) -> None:
    assert " ".join(word.text for word in reader.read_line(drawn(font, text))) == text


def bars(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    image = np.full((40, 120), 255, np.uint8)
    for x0, y0, x1, y1 in boxes:
        image[y0:y1, x0:x1] = 0
    return image


def characters(text: str, **second: float) -> list[ReadCharacter]:
    ((other, sure),) = second.items() if second else (("", 0.0),)
    return [ReadCharacter(sign, 10.0 + 20.0 * place, 0.9, other, sure) for place, sign in enumerate(text)]


def test_a_wide_dash_between_digits_fills_its_advance() -> None:
    digits = (5, 5, 19, 35), (41, 5, 55, 35), (61, 5, 75, 35)
    assert [one.text for one in mend_marks(characters("1-23"), bars(*digits, (20, 19, 40, 22)))] == list("1–23")
    typewriter = (5, 5, 13, 35), (47, 5, 55, 35), (61, 5, 75, 35)
    assert [one.text for one in mend_marks(characters("1-23"), bars(*typewriter, (21, 19, 39, 22)))] == list("1-23")
    assert [one.text for one in mend_marks(characters("1-23"), bars(*digits, (26, 19, 34, 22)))] == list("1-23")


def test_a_wide_dash_beside_a_letter_needs_the_models_second_choice() -> None:
    line = bars((5, 5, 19, 35), (20, 19, 40, 22), (41, 5, 55, 35), (61, 5, 75, 35))
    assert [one.text for one in mend_marks(characters("a-bc"), line)] == list("a-bc")
    assert [one.text for one in mend_marks(characters("6-yr"), line)] == list("6-yr")
    assert [one.text for one in mend_marks(characters("a-bc", **{"–": 0.05}), line)] == list("a–bc")


def word(text: str, line: int = 0) -> ReadWord:
    return ReadWord(text, (0, 0, 10, 10), 0.9, line)


def test_quotes_of_a_block_are_of_one_kind() -> None:
    read = one_kind_of_quotes([word("bank’s"), word("men’s"), word("Don't"), word('"Notes"'), word("5'", 1)])
    assert [one.text for one in read] == ["bank’s", "men’s", "Don’t", '"Notes"', "5'"]
    read = one_kind_of_quotes([word("“Notes"), word("of"), word('men"')])
    assert [one.text for one in read] == ["“Notes", "of", "men”"]
    mixed = [word("Don't"), word("men's"), word("bank’s")]
    assert one_kind_of_quotes(mixed) == mixed  # more are straight
    assert one_kind_of_quotes([word("a"), word("'b'")]) == [word("a"), word("'b'")]
