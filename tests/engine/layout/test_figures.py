"""Tables, frames, drawings and photographs: which is which, and what is written around them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ocr_project.domain.options import LayoutOptions
from ocr_project.domain.types import Box, Label, Region
from ocr_project.engine.imaging.pixels import crop
from ocr_project.engine.layout import build_detector
from tests.drawing import Sheet, overlap, page_of, turned

DETECTOR = build_detector(LayoutOptions())
LEFT, RIGHT = 90, 784
COLUMNS = (90, 320, 550, 784)


def found(sheet: Sheet) -> list[Region]:
    (regions,) = DETECTOR.detect([sheet.page()])
    return regions


def labels(regions: list[Region]) -> list[Label]:
    return [region.label for region in regions]


def around(sheet: Sheet, y: float) -> None:
    """Write a paragraph at the top and one at `y`."""
    sheet.prose((LEFT, 150, RIGHT), 5)
    sheet.prose((LEFT, y, RIGHT), 5, seed=4)


def ruled_table(sheet: Sheet, y: int, rows: int = 4) -> Box:
    tops = [y + 50 * row for row in range(rows + 1)]
    for row in range(rows):
        for column in range(3):
            sheet.text((COLUMNS[column] + 12, tops[row] + 12), f"cell {row}{column}")
    return sheet.grid(COLUMNS, tops)


def test_crossing_lines_with_cells_are_a_table() -> None:
    sheet = Sheet()
    around(sheet, 700)
    box = ruled_table(sheet, 400)
    regions = found(sheet)
    assert labels(regions) == [Label.TEXT, Label.TABLE, Label.TEXT]
    assert regions[1].native_label == "ruled_table"
    assert overlap(regions[1].box, box) > 0.85
    assert regions[1].box.intersection(box) == box.area


def cells_of(region: Region) -> NDArray[np.float64]:
    assert region.cells is not None
    return np.asarray(region.cells).reshape(-1, 4)


@pytest.mark.parametrize("degrees", [0, 90, 3], ids=["upright", "on its side", "skewed"])
def test_a_table_carries_the_cells_that_its_lines_leave(degrees: int) -> None:
    sheet = Sheet()
    around(sheet, 700)
    ruled_table(sheet, 400)
    pixels = turned(sheet.pixels, degrees)
    (regions,) = DETECTOR.detect([page_of(pixels)])
    (table,) = [region for region in regions if region.label is Label.TABLE]
    cells = cells_of(table)
    assert len(cells) == 12
    assert (cells[:, 2:] - cells[:, :2]).min(axis=0).tolist() == [pytest.approx(228, abs=5), pytest.approx(46, abs=4)]
    cut = crop(pixels, table)
    for x0, y0, x1, y1 in cells.round().astype(int).tolist():
        assert 0 <= x0 < x1 <= cut.shape[1]
        inside = cut[y0 + 2 : y1 - 2, x0 + 2 : x1 - 2]
        assert (inside < 128).any(), "its text"
        assert not (inside < 128).all(axis=1).any(), "no line"
        assert not (inside < 128).all(axis=0).any(), "no line"


def test_a_page_larger_than_the_copy_that_is_looked_at_carries_cells_in_its_own_pixels() -> None:
    sheet = Sheet()
    around(sheet, 700)
    ruled_table(sheet, 400)
    large = np.asarray(sheet.image.convert("RGB").resize((2185, 3100)))
    (regions,) = DETECTOR.detect([page_of(large, dpi=375.0)])
    (table,) = [region for region in regions if region.label is Label.TABLE]
    assert len(cells_of(table)) == 12
    assert np.median(cells_of(table)[:, 2] - cells_of(table)[:, 0]) == pytest.approx(2.5 * 228, abs=10)


def test_a_grid_with_a_cell_that_is_no_rectangle_is_left_to_the_recognizer() -> None:
    sheet = Sheet()
    around(sheet, 900)
    box = ruled_table(sheet, 400, rows=8)
    sheet.draw.rectangle((COLUMNS[1] - 3, 452, COLUMNS[1] + 3, 498), fill=255)
    sheet.draw.rectangle((COLUMNS[0] + 4, 497, COLUMNS[1] - 4, 503), fill=255)  # three cells are one, of six corners
    (table,) = [region for region in found(sheet) if region.label is Label.TABLE]
    assert overlap(table.box, box) > 0.85
    assert table.cells is None


def test_a_grid_with_shaded_cells_is_left_to_the_recognizer() -> None:
    sheet = Sheet()
    around(sheet, 700)
    sheet.draw.rectangle((COLUMNS[1] + 2, 452, COLUMNS[2] - 2, 498), fill=150)
    box = ruled_table(sheet, 400)
    (table,) = [region for region in found(sheet) if region.label is Label.TABLE]
    assert overlap(table.box, box) > 0.85
    assert table.cells is None


def test_a_table_with_a_dark_head_and_tinted_rows_is_one_table() -> None:
    sheet = Sheet()
    around(sheet, 700)
    sheet.draw.rectangle((LEFT, 400, RIGHT, 450), fill=60)
    sheet.draw.rectangle((LEFT, 500, RIGHT, 550), fill=230)
    for x in COLUMNS:
        sheet.draw.line((x, 400, x, 600), fill=128, width=2)
    for y in (400, 450, 500, 550, 600):
        sheet.draw.line((LEFT, y, RIGHT, y), fill=128, width=2)
    for row in range(4):
        for left in COLUMNS[:-1]:
            sheet.text((left + 12, 412 + 50 * row), f"{row}7,204", ink=0 if row else 255)
    (table,) = [region for region in found(sheet) if region.label is Label.TABLE]
    assert overlap(table.box, Box(LEFT, 400, RIGHT, 600)) > 0.85


def test_white_within_a_double_line_is_no_cell() -> None:
    sheet = Sheet()
    around(sheet, 700)
    ruled_table(sheet, 400)
    sheet.rule(COLUMNS[0], 393, COLUMNS[-1])
    (table,) = [region for region in found(sheet) if region.label is Label.TABLE]
    assert len(cells_of(table)) == 12


def test_a_frame_around_text_is_no_table() -> None:
    sheet = Sheet()
    around(sheet, 760)
    sheet.grid((LEFT, RIGHT), (400, 700))
    text = sheet.prose((110, 420, 764), 8, seed=3)
    regions = found(sheet)
    assert labels(regions) == [Label.TEXT] * 3
    assert overlap(regions[1].box, text) > 0.85


def test_boxes_and_connectors_are_a_drawing() -> None:
    sheet = Sheet()
    around(sheet, 760)
    for name, x, y in (("start", 120, 420), ("check", 380, 420), ("end", 640, 420), ("error", 380, 600)):
        sheet.draw.rectangle((x, y, x + 130, y + 80), outline=0, width=2)
        sheet.text((x + 30, y + 30), name)
    sheet.rule(250, 460, 380)
    sheet.rule(510, 460, 640)
    sheet.draw.line((445, 500, 445, 600), fill=0, width=2)
    regions = found(sheet)
    assert labels(regions) == [Label.TEXT, Label.PICTURE, Label.TEXT]
    assert overlap(regions[1].box, Box(120, 420, 771, 681)) > 0.85


def test_rows_of_cells_without_lines_are_a_table() -> None:
    sheet = Sheet()
    around(sheet, 700)
    for row in range(6):
        for column, text in enumerate(("Name", "12,340", "56.7", "none")):
            sheet.text((LEFT + 190 * column, 420 + 34 * row), text)
    regions = found(sheet)
    assert labels(regions) == [Label.TEXT, Label.TABLE, Label.TEXT]
    assert overlap(regions[1].box, Box(90, 420, 706, 612)) > 0.85


def test_a_wide_gap_in_one_line_is_no_table() -> None:
    sheet = Sheet()
    around(sheet, 700)
    sheet.text((LEFT, 430), "Office of records")
    sheet.text((620, 430), "in the winter")
    assert Label.TABLE not in labels(found(sheet))


def test_columns_of_a_ruled_table_are_no_columns_of_the_page() -> None:
    sheet = Sheet()
    sheet.prose((LEFT, 80, RIGHT), 4)
    ruled_table(sheet, 250, rows=16)
    regions = found(sheet)
    assert labels(regions) == [Label.TEXT, Label.TABLE]


def test_a_caption_stands_above_its_table() -> None:
    sheet = Sheet()
    sheet.prose((LEFT, 150, RIGHT), 8)
    caption = sheet.text((100, 528), "Table 1. Stones by colour", size=18)
    ruled_table(sheet, 560, rows=3)
    sheet.prose((LEFT, 800, RIGHT), 5, seed=3)
    regions = found(sheet)
    assert labels(regions) == [Label.TEXT, Label.CAPTION, Label.TABLE, Label.TEXT]
    assert regions[1].box.intersection(caption) > 0.95 * caption.area


def test_a_photograph_is_a_picture_with_its_caption_below() -> None:
    sheet = Sheet()
    sheet.prose((LEFT, 150, RIGHT), 8)
    photograph = sheet.photograph((200, 500, 660, 800))
    sheet.text((280, 815), "Figure 1. Hills in winter", size=18)
    sheet.prose((LEFT, 900, RIGHT), 5, seed=3)
    regions = found(sheet)
    assert labels(regions) == [Label.TEXT, Label.PICTURE, Label.CAPTION, Label.TEXT]
    assert overlap(regions[1].box, photograph) > 0.9


def test_a_photograph_beside_text_is_read_in_its_column() -> None:
    sheet = Sheet()
    sheet.prose((LEFT, 100, 410), 28, seed=1)
    sheet.photograph((464, 100, 784, 400))
    sheet.prose((464, 440, RIGHT), 17, seed=2)
    assert labels(found(sheet)) == [Label.TEXT, Label.PICTURE, Label.TEXT]


def test_a_page_that_is_a_photograph_is_a_picture_and_not_blank() -> None:
    sheet = Sheet()
    sheet.photograph((0, 0, 874, 1240))
    (region,) = found(sheet)
    assert region.label is Label.PICTURE
    assert region.box == Box(0, 0, 874, 1240)


def test_the_shadow_of_a_scanner_is_no_picture() -> None:
    sheet = Sheet()
    sheet.draw.rectangle((0, 0, 20, 1240), fill=0)
    (region,) = found(sheet)
    assert (region.label, region.reason) == (Label.PAGE, "blank page")
