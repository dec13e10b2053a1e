"""English print by the trained reader: words with boxes, wide gaps, lines that are not level."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from ocr_project.domain.options import PpOcrWeights
from ocr_project.engine.recognition.latin_lines import LatinReader, find_latin_reader

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"


@pytest.fixture(scope="module")
def reader() -> LatinReader:
    found = find_latin_reader()
    if found is None:
        pytest.skip("the extra `rapid` is not installed")
    return found


def page(rows: list[tuple[int, int, str]], size: tuple[int, int] = (800, 200)) -> np.ndarray:
    image = Image.new("L", size, 255)
    font = ImageFont.truetype(FONT, 26)
    for x, y, text in rows:
        ImageDraw.Draw(image).text((x, y), text, font=font, fill=0)
    return np.array(image, np.uint8)


def test_words_of_a_line_have_boxes_on_their_ink(reader: LatinReader) -> None:
    line = page([(20, 10, "Net weight of the parcel")], (460, 50))
    words = reader.read_line(line)
    assert [word.text for word in words] == ["Net", "weight", "of", "the", "parcel"]
    for word in words:
        x0, y0, x1, y1 = word.box
        assert (line[y0:y1, x0] < 160).any()
        assert (line[y0:y1, x1 - 1] < 160).any()
    assert all(left.box[2] <= right.box[0] for left, right in pairwise(words))


def test_a_thorough_reader_reads_by_the_larger_model_alone() -> None:
    both, small = find_latin_reader(PpOcrWeights.BOTH), find_latin_reader(PpOcrWeights.SMALL)
    if both is None or small is None:
        pytest.skip("the extra `rapid` is not installed")
    assert both.thorough.identity == small.identity
    assert small.thorough is small  # there is none larger


def test_a_wide_gap_is_a_space(reader: LatinReader) -> None:
    words = reader.read_line(page([(20, 10, "Total"), (300, 10, "88.97")], (460, 50)))
    assert [word.text for word in words] == ["Total", "88.97"]
    assert words[1].box[0] > 290


def test_blank_paper_has_no_words(reader: LatinReader) -> None:
    assert reader.read_line(np.full((40, 300), 250, np.uint8)) == []
    assert reader.read(np.full((40, 300), 250, np.uint8)) == []


def test_lines_that_are_not_level_are_read_in_order(reader: LatinReader) -> None:
    block = page([(40, 60, "Opening hours"), (40, 110, "Monday to Friday"), (500, 110, "9 to 5")])
    turn = cv2.getRotationMatrix2D((400, 100), 1.5, 1)
    skewed = np.asarray(cv2.warpAffine(block, turn, (800, 200), borderValue=255), np.uint8)
    words = reader.read(skewed)
    lines: dict[int, list[str]] = {}
    for word in words:
        lines.setdefault(word.line, []).append(word.text)
    assert [" ".join(words) for words in lines.values()] == ["Opening hours", "Monday to Friday 9 to 5"]


def test_letters_of_other_scripts_are_not_seen(reader: LatinReader) -> None:
    words = reader.read_line(page([(20, 10, "（２３６６） ok")], (260, 50)))
    assert all(character.isascii() for word in words for character in word.text)


@pytest.mark.parametrize(
    ("text", "latin"),
    [("Net weight of the parcel", True), ("Общие положения закона", False), ("2026 1,204 53.1 17,200", False)],
)
def test_latin_print_is_told_by_a_line_of_it(reader: LatinReader, text: str, latin: bool) -> None:
    block = page([(20, 10 + 40 * row, text) for row in range(4)], (460, 180))
    assert reader.sees_latin(block) is latin
    assert not reader.sees_latin(np.full((60, 200), 255, np.uint8))
