"""Slips of paper, read by the lines of the whole page, and the recognizer that reads all pages so."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from ocr_project.domain.options import RecognitionOptions
from ocr_project.domain.types import Box, Label, Page, Region, Status, TextFormat
from ocr_project.engine.imaging.small_print import PrintSize
from ocr_project.engine.layout.whole_page import page_region
from ocr_project.engine.recognition import build_recognizer
from ocr_project.engine.recognition.latin_lines import LatinReader, find_latin_reader
from ocr_project.engine.recognition.page_lines import is_slip, read_page

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
SIZE = PrintSize(1.0, 150.0, 26.0)
ROWS = ["CORNER SHOP LTD", "Green tea        4.50", "Brown bread      3.20", "Total            7.70"]


@pytest.fixture(scope="module")
def reader() -> LatinReader:
    found = find_latin_reader()
    if found is None:
        pytest.skip("the weights of the extra `rapid` are not installed")
    return found


def slip() -> np.ndarray:
    image = Image.new("L", (600, 900), 255)
    font = ImageFont.truetype(FONT, 26)
    for number, row in enumerate(ROWS):
        left, _, right = row.partition("  ")
        ImageDraw.Draw(image).text((40, 80 + 60 * number), left, font=font, fill=0)
        ImageDraw.Draw(image).text((420, 80 + 60 * number), right.strip(), font=font, fill=0)
    return np.asarray(image, np.uint8)


def region(index: int, box: tuple[float, float, float, float], label: Label = Label.TEXT) -> Region:
    return Region("page", index, label, label.value, Box(*box))


def test_words_go_to_the_region_they_stand_in_and_others_to_the_nearest(reader: LatinReader) -> None:
    regions = [region(0, (30, 70, 400, 120)), region(1, (30, 130, 560, 240))]
    first, second = read_page(slip(), SIZE, regions, reader)
    assert first.text == "CORNER SHOP LTD"
    assert second.text == "Green tea 4.50\nBrown bread 3.20\nTotal 7.70"
    assert all(word.box.x0 >= 36 and word.box.x1 <= 560 for word in second.words)


def test_a_table_keeps_its_cells(reader: LatinReader) -> None:
    regions = [region(0, (30, 70, 560, 120)), region(1, (20, 125, 580, 320), Label.TABLE)]
    _, read = read_page(slip(), SIZE, regions, reader)
    assert read.format is TextFormat.HTML
    assert "<td>Green tea</td><td>4.50</td>" in read.text


@pytest.mark.parametrize("quarters", [0, 1])
def test_turned_regions_are_read_level(reader: LatinReader, quarters: int) -> None:
    upright = slip()
    turn = cv2.getRotationMatrix2D((300, 450), -2.0, 1)
    tilted = np.asarray(cv2.warpAffine(upright, turn, (600, 900), borderValue=255), np.uint8)
    corners = np.array([[30, 70], [560, 70], [560, 300], [30, 300]], np.float64) @ turn[:, :2].T + turn[:, 2]
    if quarters:
        tilted = np.ascontiguousarray(np.rot90(tilted, -1))
        corners = np.stack([900 - corners[:, 1], corners[:, 0]], axis=1)
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    one = replace(region(0, (left, top, right, bottom)), quad=tuple(corners.ravel().tolist()))
    (read,) = read_page(tilted, SIZE, [one], reader)
    assert read.text.split("\n") == ["CORNER SHOP LTD", "Green tea 4.50", "Brown bread 3.20", "Total 7.70"]
    assert all(left - 2 <= word.box.x0 and word.box.x1 <= right + 2 for word in read.words)


def test_sure_print_in_a_picture_is_kept_and_a_picture_is_not_read(reader: LatinReader) -> None:
    regions = [region(0, (30, 70, 400, 240)), region(1, (30, 250, 560, 320), Label.PICTURE)]
    text, picture = read_page(slip(), SIZE, regions, reader)
    assert text.text.endswith("Total 7.70")
    assert picture.status is Status.SKIPPED


def test_what_a_slip_is() -> None:
    narrow, wide = region(0, (30, 70, 900, 1500)), region(0, (30, 70, 1200, 1500))
    assert is_slip([narrow], SIZE)
    assert not is_slip([wide], SIZE)  # 45 heights of a line
    assert not is_slip([replace(narrow, box=Box(30, 70, 900, 500))], SIZE)  # broader than high
    assert not is_slip([replace(narrow, label=Label.TABLE)], SIZE)
    assert not is_slip([replace(narrow, label=Label.PICTURE)], SIZE)
    assert not is_slip([narrow], PrintSize(2.0, 150.0, 26.0))  # small print is enlarged, region by region
    assert not is_slip([narrow], PrintSize(1.0, 150.0))


def test_the_backend_reads_a_page_and_names_its_weights(reader: LatinReader) -> None:
    _, encoded = cv2.imencode(".png", slip())
    page = Page("page", "doc", "slip.png", "", 1, 600, 900, 150.0, "image/png", encoded.tobytes())
    recognizer = build_recognizer(RecognitionOptions.model_validate({"backend": "pp_ocr"}))
    (read,) = recognizer.recognize(page, [page_region(page)])
    assert read.text.split("\n")[0] == "CORNER SHOP LTD"
    tiny = build_recognizer(RecognitionOptions.model_validate({"backend": "pp_ocr", "pp_ocr": {"weights": "tiny"}}))
    assert recognizer.identity != tiny.identity
    assert "pp-ocrv6-small-" in str(recognizer.identity.settings)
