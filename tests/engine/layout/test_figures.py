"""Tables, frames, drawings and photographs: which is which, and what is written around them."""

from __future__ import annotations

from ocr_project.domain.options import LayoutOptions
from ocr_project.domain.types import Box, Label, Region
from ocr_project.engine.layout import build_detector
from tests.drawing import Sheet, overlap

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
