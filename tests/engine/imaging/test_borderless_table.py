"""Tables without upright lines: columns by their white, rows by their lines, and headings over several columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ocr_project.domain.options import RecognitionOptions, TesseractOptions
from ocr_project.domain.types import Box, Label, Region, TextFormat
from ocr_project.engine.imaging.borderless_table import BorderlessTable, find_borderless_table, judge_cells
from ocr_project.engine.imaging.ruled_table import TableCell, find_ruled_cells, without_fills
from ocr_project.engine.recognition import build_recognizer
from tests.drawing import Sheet, page_of, prose

LEFTS = (20, 260, 420, 580)
ROWS = [
    ["Region", "Rivers", "Lakes", "Bridges"],
    ["North", "12", "140", "7.5"],
    ["South and east", "9", "88", "3.1"],
    ["West", "31", "6", "12.0"],
    ["All of them", "52", "234", "22.6"],
]


def drawn(sheet: Sheet) -> NDArray[np.uint8]:
    return np.asarray(sheet.image)


def write(sheet: Sheet, rows: Sequence[Sequence[str]], top: int = 30, step: int = 36) -> None:
    for number, row in enumerate(rows):
        for left, text in zip(LEFTS, row, strict=False):
            if text:
                sheet.text((left, top + number * step), text)


def look(sheet: Sheet) -> BorderlessTable:
    table = find_borderless_table(drawn(sheet), 150)
    assert table is not None
    return table


def spans(table: BorderlessTable) -> list[tuple[int, int, int, int]]:
    return [(c.row, c.column, c.rows, c.columns) for c in table.cells if any(c.box)]


def at(table: BorderlessTable, row: int, column: int) -> TableCell:
    return next(cell for cell in table.cells if (cell.row, cell.column) == (row, column))


def test_white_makes_columns_and_lines_make_rows() -> None:
    sheet = Sheet((720, 230))
    write(sheet, ROWS)
    table = look(sheet)
    assert spans(table) == [(row, column, 1, 1) for row in range(5) for column in range(4)]
    assert all(row.single for row in table.rows)
    for cell in table.cells:
        x0, y0, x1, y1 = cell.box
        assert LEFTS[cell.column] - 8 <= x0 < x1
        assert 30 + 36 * cell.row - 8 <= y0 < y1 <= 30 + 36 * (cell.row + 1) + 4


def test_numbers_may_stand_at_the_right_of_their_column() -> None:
    sheet = Sheet((720, 230))
    for number, row in enumerate(ROWS):
        for right, text in zip((20, 400, 550, 700), row, strict=True):
            width = sheet.draw.textlength(text, font_size=20)
            sheet.text((right if right == 20 else right - width, 30 + 36 * number), text)
    assert len(spans(look(sheet))) == 20


def test_empty_places_are_cells_without_a_box() -> None:
    sheet = Sheet((720, 230))
    write(sheet, [ROWS[0], ["North", "", "140", "7.5"], ROWS[2], ["Of these", "", "", ""], ROWS[4]])
    table = look(sheet)
    assert len(table.cells) == 20
    assert [(cell.row, cell.column) for cell in table.cells if not any(cell.box)] == [(1, 1), (3, 1), (3, 2), (3, 3)]


def test_a_column_that_two_rows_have_something_in_is_a_column() -> None:
    sheet = Sheet((720, 420))
    write(sheet, [ROWS[0], *[[f"row {n}", str(n), "*" if n in (2, 5) else "", "x9"] for n in range(9)]])
    assert max(cell.column for cell in look(sheet).cells) == 3


def test_a_heading_spans_the_columns_that_its_rule_runs_along() -> None:
    sheet = Sheet((720, 280))
    sheet.text((20, 20), "Region")
    sheet.text((330, 20), "Water")
    sheet.rule(250, 52, 500)
    write(sheet, [["", *ROWS[0][1:]], *ROWS[1:]], top=62)
    sheet.rule(10, 92, 710)
    table = look(sheet)
    assert table.heading == 2
    assert (0, 1, 1, 2) in spans(table)
    assert (0, 0, 2, 1) in spans(table), "nothing stands below it in the heading"
    assert (1, 3, 1, 1) in spans(table)


def test_a_line_across_all_columns_is_one_cell() -> None:
    sheet = Sheet((720, 260))
    write(sheet, [*ROWS[:3], [], *ROWS[3:]])
    sheet.text((20, 30 + 3 * 36), "what follows was counted in winter, on foot")
    table = look(sheet)
    assert (3, 0, 1, 4) in spans(table)
    assert len(table.rows) == 6


def test_wrapped_lines_of_a_cell_are_one_row() -> None:
    sheet = Sheet((720, 420))
    for number, row in enumerate(ROWS):
        top = 20 + 76 * number
        write(sheet, [row], top=top)
        if number in (1, 2, 3):
            sheet.text((20, top + 26), "and its banks")
    table = look(sheet)
    assert [row.single for row in table.rows] == [True, False, False, False, True]
    box = at(table, 2, 0).box
    assert box[3] - box[1] > 40


def test_groups_of_rows_with_white_between_them_stay_rows() -> None:
    sheet = Sheet((720, 420))
    write(sheet, ROWS, top=20, step=30)
    write(sheet, ROWS[1:], top=210, step=30)
    assert len(look(sheet).rows) == 9


def test_a_heading_of_several_lines_is_one_row() -> None:
    sheet = Sheet((720, 330))
    for left, text in zip(LEFTS[1:], ("Length of", "Depth of", "Number of"), strict=True):
        sheet.text((left, 20), text)
    sheet.text((20, 33), "Region")
    for left, text in zip(LEFTS[1:], ("rivers", "lakes", "bridges"), strict=True):
        sheet.text((left, 46), text)
    sheet.rule(10, 80, 710)
    write(sheet, ROWS[1:], top=96, step=50)
    table = look(sheet)
    assert table.heading == 1
    assert len(table.rows) == 5
    assert len(spans(table)) == 20


def test_running_text_is_no_table() -> None:
    sheet = Sheet((720, 330))
    sheet.lines((20, 20), prose(680, 8))
    assert find_borderless_table(drawn(sheet), 150) is None
    assert find_borderless_table(np.full((60, 80), 255, np.uint8), 150) is None


def test_the_fills_of_rows_are_taken_away() -> None:
    sheet = Sheet((720, 230))
    for number in range(5):
        sheet.draw.rectangle((0, 22 + 36 * number, 720, 57 + 36 * number), fill=(60, 225, 255, 225, 255)[number])
    for left, text in zip(LEFTS, ROWS[0], strict=True):
        sheet.text((left, 28), text, ink=255)
    write(sheet, ROWS[1:], top=64)
    cleaned = without_fills(drawn(sheet), 150)
    assert np.median(cleaned[22:57]) == 255
    assert cleaned[22:57].min() < 60, "white letters are dark now"
    assert len(spans(look(sheet))) == 20


def test_lines_that_part_groups_of_columns_do_not_tell_the_cells() -> None:
    sheet = Sheet((720, 260))
    write(sheet, ROWS, top=40)
    for x in (8, 240, 712):
        sheet.draw.line((x, 20, x, 240), fill=0, width=2)
    for y in (20, 72, 240):
        sheet.rule(8, y, 712)
    cells, cleaned = find_ruled_cells(drawn(sheet), 150)
    assert cells
    assert judge_cells(cells, cleaned) == (cells, True)
    assert len(spans(look(sheet))) == 20


def test_lines_beside_the_text_are_no_table() -> None:
    sheet = Sheet((720, 400))
    sheet.grid((600, 640, 680), (10, 40, 70))
    sheet.lines((20, 100), prose(680, 8))
    cells, cleaned = find_ruled_cells(drawn(sheet), 150)
    assert cells
    assert judge_cells(cells, cleaned) == ([], False)


def test_a_small_table_is_read_and_its_words_stand_where_they_are() -> None:
    sheet = Sheet((720, 230))
    write(sheet, ROWS)
    sheet.rule(10, 59, 710, thick=4)
    small = sheet.image.resize((288, 92), Image.Resampling.LANCZOS).convert("RGB")
    page = page_of(np.asarray(small), dpi=0.0)
    region = Region(page.page_id, 0, Label.TABLE, "table", Box(0, 0, 288, 92))
    recognizer = build_recognizer(RecognitionOptions(tesseract=TesseractOptions(languages="eng")))
    (found,) = recognizer.recognize(page, [region])
    assert found.format is TextFormat.HTML
    assert found.text.startswith("<table><thead><tr><td>Region</td><td>Rivers</td>")
    assert found.text.count("<tr>") == 5
    assert found.text.count("<td>") == 20
    bridges = next(word for word in found.words if word.text == "Bridges")
    assert abs(bridges.box.x0 - 580 * 0.4) < 3
    assert abs(bridges.box.y0 - 30 * 0.4) < 6
