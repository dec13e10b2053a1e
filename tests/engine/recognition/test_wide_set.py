from __future__ import annotations

import numpy as np

from ocr_project.engine.imaging.tesseract import ReadWord
from ocr_project.engine.recognition.wide_set import narrowed
from tests.drawing import Sheet


def test_wide_white_is_narrowed_and_words_get_their_places_back() -> None:
    sheet = Sheet((600, 80))
    boxes = [
        sheet.text((x, 10), letter, face="korean", size=44) for x, letter in ((40, "위"), (240, "임"), (440, "장"))
    ]
    line = np.asarray(sheet.image)
    close = narrowed(line)
    assert close is not None
    assert close.pixels.shape[1] < line.shape[1] - 200
    assert (close.pixels < 128).sum() == (line < 128).sum()  # no ink is lost
    whole = close.placed(ReadWord("위임장", (0, 0, close.pixels.shape[1], 80), 0.9, 0))
    assert whole.box == (0, 0, 600, 80)
    first = int(np.flatnonzero((close.pixels < 128).any(axis=0))[0])
    (part,) = close.placed(
        ReadWord("위", (first, 0, first + 10, 80), 0.9, 0, (ReadWord("위", (first, 0, first + 10, 80), 0.9, 0),))
    ).parts
    assert abs(part.box[0] - boxes[0].x0) < 6


def test_print_that_stands_close_stays_as_it_is() -> None:
    sheet = Sheet((600, 80))
    sheet.text((20, 10), "이 규정은 청사의 출입", face="korean", size=30)
    assert narrowed(np.asarray(sheet.image)) is None
    assert narrowed(np.full((40, 200), 255, np.uint8)) is None
