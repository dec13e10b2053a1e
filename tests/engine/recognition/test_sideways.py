"""Cells that are written sideways: which may be, and where their words stand."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from ocr_project.domain.options import RecognitionOptions, TesseractOptions
from ocr_project.domain.types import Label, Region, TextFormat
from ocr_project.engine.imaging.tesseract import ReadWord
from ocr_project.engine.recognition import build_recognizer
from ocr_project.engine.recognition.sideways import may_be_sideways, turned_back
from tests.drawing import Sheet


@pytest.mark.parametrize("quarters", [1, 3])
def test_a_word_is_turned_back_to_where_its_ink_is(quarters: int) -> None:
    cell = np.full((90, 40), 255, np.uint8)
    cell[10:70, 12:20] = 0
    turned = np.rot90(cell, quarters) < 128
    rows, columns = np.flatnonzero(turned.any(axis=1)), np.flatnonzero(turned.any(axis=0))
    box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    word = ReadWord("a", box, 0.9, 0, (ReadWord("a", box, 0.9, 0),))
    back = turned_back(word, quarters, cell.shape)
    assert back.box == (12, 10, 20, 70)
    assert back.parts[0].box == (12, 10, 20, 70)


def test_only_a_high_and_narrow_column_may_be_sideways() -> None:
    sheet = Sheet((300, 300))
    sheet.text((100, 100), "1", size=20)
    digit = np.asarray(sheet.image)
    sheet.text((20, 40), "A line of text", size=20)
    assert not may_be_sideways(digit, 18)
    assert not may_be_sideways(np.asarray(sheet.image), 18)
    assert not may_be_sideways(np.full((50, 50), 255, np.uint8), 18)
    turned = np.ascontiguousarray(np.rot90(np.asarray(sheet.image)[30:80]))
    assert may_be_sideways(turned, 18)
    assert not may_be_sideways(turned, 0)


@pytest.mark.parametrize("degrees", [90, 270])
def test_a_cell_is_read_the_way_it_stands(degrees: int) -> None:
    sheet = Sheet((700, 420))
    box = sheet.grid((20, 100, 350, 660), (20, 110, 200, 290, 380))
    sheet.draw.rectangle((22, 22, 98, 378), fill=255)
    strip = Sheet((300, 60))
    strip.text((60, 12), "Expenses", size=28)
    sheet.image.paste(strip.image.rotate(degrees, Image.Resampling.NEAREST, expand=True), (30, 50))
    for row, word in enumerate(("river", "stone", "garden", "window")):
        sheet.text((120, 45 + 90 * row), word, size=28)
        sheet.text((370, 45 + 90 * row), f"{row + 1},204", size=28)
    recognizer = build_recognizer(RecognitionOptions(tesseract=TesseractOptions(languages="eng")))
    (found,) = recognizer.recognize(sheet.page(), [Region("d_00001", 0, Label.TABLE, "table", box)])
    assert found.format is TextFormat.HTML
    assert found.text.startswith('<table><tr><td rowspan="4">Expenses</td><td>river</td><td>1,204</td></tr>')
    word = next(word for word in found.words if word.text == "Expenses")
    assert word.box.height > 2 * word.box.width
    assert 30 < word.box.x0 < word.box.x1 < 95
