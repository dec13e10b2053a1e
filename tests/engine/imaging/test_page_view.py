"""The way back from the upright view to the page."""

from __future__ import annotations

import numpy as np
import pytest

from ocr_project.domain.types import Box
from ocr_project.engine.imaging.page_view import PageView


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_turned_view_finds_the_way_back(quarters: int) -> None:
    page = np.zeros((60, 40), np.uint8)
    page[11:14, 5:9] = 255
    view = np.rot90(page, quarters)
    rows, columns = np.nonzero(view)
    box = Box(columns.min(), rows.min(), columns.max() + 1.0, rows.max() + 1.0)
    hull, quad = PageView.scaled(1, 1).turned(quarters, 40, 60).place(box, 40, 60)
    assert hull == Box(5, 11, 9, 14)
    assert (quad is None) == (quarters == 0)
