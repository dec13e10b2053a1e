"""How large the letters of a page are, and what is enlarged for it."""

from __future__ import annotations

import numpy as np
import pytest

from ocr_project.engine.imaging.ink import find_ink
from ocr_project.engine.imaging.small_print import enlarge, measure_print
from tests.drawing import Sheet


@pytest.mark.parametrize(("height", "enlarged_by"), [(12, 1.0), (6, 20 / 6)])
def test_only_small_print_is_enlarge(height: int, enlarged_by: float) -> None:
    sheet = Sheet((600, 300))
    for row in range(8):
        for column in range(30):
            x, y = 20 + 18 * column, 20 + 30 * row
            sheet.draw.rectangle((x, y, x + 5, y + height - 1), outline=0)
    size = measure_print(find_ink(np.asarray(sheet.image)), 0)
    assert size.scale == pytest.approx(enlarged_by)
    crop = enlarge(np.asarray(sheet.image), size)
    assert crop.pixels.shape[1] == pytest.approx(600 * enlarged_by, abs=1)
    assert crop.dpi == pytest.approx(150 * enlarged_by, rel=0.01)


def test_letters_tell_the_resolution_that_a_file_does_not() -> None:
    sheet = Sheet((2000, 600))
    sheet.grid((10, 1000, 1990), (10, 300, 590), thick=3)
    for row in range(3):
        sheet.text((40, 40 + 180 * row), "Hidden Hills Illinois 111", size=90)
    size = measure_print(find_ink(np.asarray(sheet.image)), 0)
    assert size.dpi > 250
    assert size.scale == 1
    assert measure_print(find_ink(np.asarray(sheet.image)), 600).dpi == 600


def test_noise_tells_nothing() -> None:
    ink = np.zeros((800, 800), np.uint8)
    ink[::2, ::2] = 255  # 160,000 components
    assert measure_print(ink, 0).scale == 1
    assert measure_print(ink, 300).dpi == 300
