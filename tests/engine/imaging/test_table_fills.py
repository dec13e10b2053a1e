"""Fills of tables: what they are told by, and what is left of them."""

from __future__ import annotations

import numpy as np
import pytest

from ocr_project.engine.imaging.ink import find_ink
from ocr_project.engine.imaging.table_fills import lift_cells
from ocr_project.engine.imaging.words import letter_height
from tests.drawing import Sheet


def test_paper_without_fills_is_left_alone() -> None:
    sheet = Sheet((600, 300))
    sheet.grid((20, 300, 580), (20, 100, 280))
    sheet.prose((30, 120, 280), 4)
    assert lift_cells(np.asarray(sheet.image), 150) is None


@pytest.mark.parametrize("tone", [0, 90, 200, 235])
def test_print_on_a_fill_becomes_dark_on_white(tone: int) -> None:
    sheet = Sheet((600, 300))
    sheet.draw.rectangle((50, 50, 400, 200), fill=tone)
    sheet.text((80, 100), "Reservoir", ink=255 if tone < 128 else 0)
    lifted = lift_cells(np.asarray(sheet.image), 150)
    assert lifted is not None
    assert lifted.grey[60:90, 60:390].min() == 255
    assert lifted.grey[100:125, 80:180].min() < 60
    assert lifted.edges[120, 46:54].any()
    assert not lifted.edges[120, 60:390].any()
    assert lifted.filled[60:190, 60:390].all()
    assert not lifted.filled[220:].any()


def test_letters_on_fills_have_the_height_of_letters() -> None:
    sheet = Sheet((600, 300))
    for x in (50, 230, 410):
        sheet.draw.rectangle((x, 50, x + 170, 100), fill=0)
        sheet.text((x + 20, 62), "Quarter", ink=255)
    grey = np.asarray(sheet.image)
    lifted = lift_cells(grey, 150)
    assert lifted is not None
    assert 9 < letter_height(lifted.ink(find_ink(grey))) < 18


def test_a_photograph_is_no_fill() -> None:
    sheet = Sheet((800, 600))
    sheet.prose((40, 40, 760), 4)
    sheet.photograph((100, 220, 700, 560))
    lifted = lift_cells(np.asarray(sheet.image), 150)
    assert lifted is None or lifted.filled.mean() < 0.1 * 255
