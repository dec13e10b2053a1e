from __future__ import annotations

import re

import numpy as np
import pytest

from ocr_project.domain.options import LayoutOptions, RecognitionOptions
from ocr_project.engine.imaging.blanks import Blanks
from ocr_project.engine.imaging.small_print import ScaledCrop
from ocr_project.engine.imaging.tesseract import ReadWord
from ocr_project.engine.layout import build_detector
from ocr_project.engine.recognition import build_recognizer
from ocr_project.engine.recognition.blank_words import put_blanks, without_blanks
from tests.drawing import Sheet


def crop(*blanks: tuple[int, int, int, int, int]) -> ScaledCrop:
    rows = np.asarray(blanks, np.int32).reshape(-1, 5)
    found = Blanks(rows[:, :4], rows[:, 4], np.zeros((100, 400), np.uint8))
    return ScaledCrop(np.full((100, 400), 255, np.uint8), 150.0, blanks=found if len(rows) else None)


def word(text: str, x0: int, x1: int, y: int = 10, line: int = 0) -> ReadWord:
    return ReadWord(text, (x0, y, x1, y + 20), 0.9, line)


def texts(words: list[ReadWord]) -> list[tuple[int, str]]:
    return [(one.line, one.text) for one in words]


def test_a_blank_stands_among_the_words_of_its_line() -> None:
    words = [word("Name", 0, 50), word("and", 160, 190), word("below", 0, 50, 50, line=1)]
    found = put_blanks(words, crop((60, 12, 150, 30, 9), (60, 52, 100, 70, 4)))
    assert texts(found) == [(0, "Name"), (0, "_" * 9), (0, "and"), (1, "below"), (1, "____")]
    assert found[1].confidence == pytest.approx(0.9)


def test_what_touches_a_blank_is_written_to_it() -> None:
    words = [word("«", 0, 10), word("»", 41, 50), word("20", 80, 100)]
    found = put_blanks(words, crop((11, 12, 40, 30, 3), (101, 12, 121, 30, 2)))
    assert texts(found) == [(0, "«___»"), (0, "20__")]


def test_a_line_of_a_blank_alone_is_a_line_between_the_others() -> None:
    words = [word("above", 0, 50, 0), word("below", 0, 50, 80, line=1)]
    found = put_blanks(words, crop((0, 40, 300, 60, 30)))
    assert texts(found) == [(0, "above"), (1, "_" * 30), (2, "below")]


def test_a_cell_gets_the_blanks_that_stand_in_it() -> None:
    piece = crop((10, 12, 60, 30, 5), (210, 12, 260, 30, 5))
    assert texts(put_blanks([], piece, (200, 0, 400, 100))) == [(0, "_____")]


def test_without_blanks_nothing_changes() -> None:
    sheet = Sheet((400, 100))
    sheet.text((10, 40), "Nothing to fill in")
    piece = ScaledCrop(np.asarray(sheet.image), 150.0, line=18.0)
    assert without_blanks(piece) is piece
    words = [word("Nothing", 0, 50)]
    assert put_blanks(words, piece) == words


def test_two_blocks_of_signatures_are_read_one_after_the_other() -> None:
    sheet = Sheet()
    sheet.prose((60, 100, 800), 6)
    rows = (f"{'_' * 14} /{'_' * 10}/", "«___» ______ 20__ y.", "L.S.")
    for x, head in ((60, "BUYER:"), (500, "SELLER:")):
        sheet.lines((x, 400), [head, "", *rows])
    page = sheet.page()
    (regions,) = build_detector(LayoutOptions()).detect([page])
    read = build_recognizer(RecognitionOptions()).recognize(page, regions)
    text = "\n".join(one.text for one in read)
    assert [len(run) for run in re.findall("_+", text)] == 2 * [14, 10, 3, 6, 2]
    assert text.index("BUYER") < text.index("L.S.") < text.index("SELLER") < text.rindex("L.S.")
