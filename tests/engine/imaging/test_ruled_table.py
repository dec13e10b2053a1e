"""Cells of drawn tables: places, spans, rows set apart by white alone, and what must not be taken for a line."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from ocr_project.engine.imaging.ruled_table import TableCell, find_ruled_cells, without_lines
from ocr_project.engine.recognition.table_html import to_html
from tests.drawing import Sheet, prose

COLUMNS, ROWS = (20, 220, 420, 620), (20, 70, 120, 170, 220)


def drawn(sheet: Sheet) -> NDArray[np.uint8]:
    return np.asarray(sheet.image)


def filled(sheet: Sheet, columns: tuple[int, ...] = COLUMNS, rows: tuple[int, ...] = ROWS) -> None:
    for row, top in enumerate(rows[:-1]):
        for column, left in enumerate(columns[:-1]):
            sheet.text((left + 12, top + 12), f"cell {row}{column}")


def places(cells: list[TableCell]) -> list[tuple[int, int, int, int]]:
    return [(cell.row, cell.column, cell.rows, cell.columns) for cell in cells]


FULL_GRID = [(row, column, 1, 1) for row in range(4) for column in range(3)]


def test_a_grid_has_a_cell_in_every_row_and_column() -> None:
    sheet = Sheet((640, 240))
    sheet.grid(COLUMNS, ROWS)
    filled(sheet)
    cells, _ = find_ruled_cells(drawn(sheet), 150)
    assert places(cells) == FULL_GRID
    for cell in cells:
        x0, y0, x1, y1 = cell.box
        assert COLUMNS[cell.column] <= x0 < x1 <= COLUMNS[cell.column + 1] + 1
        assert ROWS[cell.row] <= y0 < y1 <= ROWS[cell.row + 1] + 1


def test_known_cells_are_taken_as_they_are_and_nothing_is_left_between_them() -> None:
    sheet = Sheet((640, 240))
    sheet.grid(COLUMNS, ROWS)
    filled(sheet)
    found, _ = find_ruled_cells(drawn(sheet), 150)
    again, cleaned = find_ruled_cells(drawn(sheet), 150, [cell.box for cell in found])
    assert again == found
    assert (cleaned[:, 20] == 255).all()
    assert (cleaned[70] == 255).all()


@pytest.mark.parametrize("scale", [1, 2])
def test_the_resolution_is_taken_into_account(scale: int) -> None:
    sheet = Sheet((640 * scale, 240 * scale))
    columns, rows = tuple(x * scale for x in COLUMNS), tuple(y * scale for y in ROWS)
    sheet.grid(columns, rows, thick=2 * scale)
    for row, top in enumerate(rows[:-1]):
        for left in columns[:-1]:
            sheet.text((left + 12, top + 12), f"cell {row}", size=20 * scale)
    assert places(find_ruled_cells(drawn(sheet), 150 * scale)[0]) == FULL_GRID


def test_an_unknown_resolution_counts_as_150_dpi() -> None:
    sheet = Sheet((640, 240))
    sheet.grid(COLUMNS, ROWS)
    filled(sheet)
    assert find_ruled_cells(drawn(sheet), 0)[0] == find_ruled_cells(drawn(sheet), 150)[0]


def test_missing_lines_are_spans() -> None:
    sheet = Sheet((640, 240))
    sheet.grid(COLUMNS, ROWS)
    filled(sheet)
    sheet.draw.rectangle((218, 24, 223, 66), fill=255)  # between the first two cells of the first row
    sheet.draw.rectangle((424, 118, 616, 123), fill=255)  # between rows 1 and 2 of the last column
    found = places(find_ruled_cells(drawn(sheet), 150)[0])
    assert (0, 0, 1, 2) in found
    assert (1, 2, 2, 1) in found
    assert sum(rows * columns for _, _, rows, columns in found) == 12
    assert len(found) == 10


def test_the_outer_frame_may_be_missing() -> None:
    sheet = Sheet((640, 240))
    for y in ROWS:
        sheet.rule(20, y, 620, thick=2)
    for x in COLUMNS[1:-1]:
        sheet.draw.line((x, 20, x, 220), fill=0, width=2)
    filled(sheet)
    assert places(find_ruled_cells(drawn(sheet), 150)[0]) == FULL_GRID


def test_rows_that_white_alone_sets_apart_are_rows() -> None:
    sheet = Sheet((640, 240))
    sheet.grid(COLUMNS, (20, 70, 220))
    filled(sheet)
    assert places(find_ruled_cells(drawn(sheet), 150)[0]) == FULL_GRID


def test_lines_of_one_cell_are_not_rows() -> None:
    sheet = Sheet((640, 240))
    sheet.grid(COLUMNS, (20, 70, 220))
    for left in COLUMNS[:-1]:
        sheet.text((left + 12, 32), "head")
    sheet.lines((32, 82), ["several lines", "of running", "text here"])
    sheet.text((232, 82), "one line")
    assert places(find_ruled_cells(drawn(sheet), 150)[0]) == [
        (row, column, 1, 1) for row in range(2) for column in range(3)
    ]


def test_a_stub_without_lines_is_cut_along_the_rows_beside_it() -> None:
    sheet = Sheet((640, 240))
    sheet.grid((220, 420, 620), ROWS)
    sheet.grid((20, 220), (20, 220))
    filled(sheet)
    assert places(find_ruled_cells(drawn(sheet), 150)[0]) == FULL_GRID


@pytest.mark.parametrize("y", [82, 110])
def test_a_heading_that_spans_rows_is_not_cut(y: int) -> None:
    sheet = Sheet((640, 240))
    sheet.grid((220, 420, 620), ROWS)
    sheet.grid((20, 220), (20, 220))
    sheet.text((32, y), "all rows")
    for top in ROWS[:-1]:
        sheet.text((232, top + 12), "cell")
        sheet.text((432, top + 12), "cell")
    assert (0, 0, 4, 1) in places(find_ruled_cells(drawn(sheet), 150)[0])


@pytest.mark.parametrize(
    ("columns", "rows"), [((20, 620), (20, 220)), ((20, 620), ROWS)], ids=["a frame", "one column"]
)
def test_what_has_one_column_is_no_table(columns: tuple[int, ...], rows: tuple[int, ...]) -> None:
    sheet = Sheet((640, 240))
    sheet.grid(columns, rows)
    sheet.text((40, 32), "text in a frame")
    assert find_ruled_cells(drawn(sheet), 150)[0] == []


@pytest.mark.parametrize("size", [(1, 1), (3, 3), (600, 4), (40, 300)])
def test_crops_without_lines_have_no_cells(size: tuple[int, int]) -> None:
    grey = drawn(Sheet(size))
    cells, cleaned = find_ruled_cells(grey, 150)
    assert cells == []
    assert np.array_equal(cleaned, grey)


@pytest.mark.parametrize("step", [1.1, 1.3, 1.6])
def test_dense_text_is_not_taken_for_lines(step: float) -> None:
    sheet = Sheet((700, 400))
    for number, line in enumerate(prose(680, 14, size=18)):
        sheet.text((10, 10 + number * step * 18), line, size=18)
    grey = drawn(sheet)
    _, cleaned = find_ruled_cells(grey, 150)
    assert (cleaned < 128).sum() > 0.97 * (grey < 128).sum()


def test_dense_korean_text_is_not_taken_for_lines() -> None:
    sheet = Sheet((700, 400))
    for number in range(14):
        sheet.text(
            (10, 10 + number * 24),
            "공공기관의 장은 해당 기관이 보유하고 있는 공공데이터를 국민에게 제공",
            face="korean",
        )
    grey = drawn(sheet)
    _, cleaned = find_ruled_cells(grey, 150)
    assert (cleaned < 128).sum() > 0.97 * (grey < 128).sum()


def test_lines_are_painted_over_and_letters_stay() -> None:
    sheet, letters = Sheet((640, 240)), Sheet((640, 240))
    sheet.grid(COLUMNS, ROWS)
    filled(sheet)
    filled(letters)
    grey, alone = drawn(sheet), drawn(letters)
    _, cleaned = find_ruled_cells(grey, 150)
    assert np.array_equal(cleaned < 128, alone < 128)
    assert (grey < 128).sum() > 1.5 * (alone < 128).sum()


def test_html_has_rows_spans_and_escapes() -> None:
    cells = [
        TableCell((0, 0, 9, 9), 0, 0, 2, 1),
        TableCell((9, 0, 20, 9), 0, 1, 1, 2),
        TableCell((9, 9, 12, 18), 1, 1),
    ]
    html = to_html(cells, {cells[0]: "two\nlines", cells[1]: 'a < b & "c"'})
    assert html == (
        '<table><tr><td rowspan="2">two lines</td><td colspan="2">a &lt; b &amp; "c"</td></tr>'
        "<tr><td></td></tr></table>"
    )


def test_rows_that_only_spans_reach_are_written() -> None:
    cells = [TableCell((0, 0, 9, 9), 0, 0, 3, 1), TableCell((9, 0, 20, 9), 0, 1, 3, 1)]
    assert to_html(cells, {}).count("<tr>") == 3
    assert to_html([], {}) == "<table></table>"


def test_one_line_in_the_middle_of_its_cell_does_not_part_the_cells_beside_it() -> None:
    sheet = Sheet((640, 240))
    sheet.grid(COLUMNS, (20, 170, 220))
    for left, texts in zip(
        COLUMNS, (("one", "two", "three"), ("", "middle", ""), ("four", "five", "six")), strict=False
    ):
        for number, text in enumerate(texts):
            sheet.text((left + 12, 40 + 40 * number), text)
        sheet.text((left + 12, 182), "below")
    assert places(find_ruled_cells(drawn(sheet), 150)[0]) == [
        (row, column, 1, 1) for row in range(2) for column in range(3)
    ]


@pytest.mark.parametrize("more", [False, True], ids=["two texts", "a text and a column of words"])
def test_texts_side_by_side_are_not_cut_into_rows(more: bool) -> None:
    sheet = Sheet((900, 320))
    sheet.grid((20, 440, 860), (20, 60, 300))
    for left, seed in ((30, 1), (450, 2)):
        sheet.text((left, 28), "Head")
        lines = prose(400, 7, seed=seed)
        for number, line in enumerate(lines if left == 30 or not more else [word.split()[0] for word in lines]):
            sheet.text((left, 70 + 32 * number), line)
    cells, _ = find_ruled_cells(drawn(sheet), 150)
    assert len(cells) == (16 if more else 4)


def coloured(line: int) -> Sheet:
    """Draw a table whose head is white on black and whose second row is tinted; 255 draws the head's lines white."""
    sheet = Sheet((640, 240))
    sheet.draw.rectangle((20, 20, 620, 70), fill=0)
    sheet.draw.rectangle((20, 120, 620, 170), fill=230)
    sheet.grid(COLUMNS, ROWS[1:])
    for left, right in pairwise(COLUMNS):
        sheet.draw.rectangle((left, 20, right, 70), outline=line, width=2)
    for row, top in enumerate(ROWS[:-1]):
        for column, left in enumerate(COLUMNS[:-1]):
            sheet.text((left + 12, top + 12), f"cell {row}{column}", ink=0 if row else 255)
    return sheet


@pytest.mark.parametrize("line", [255, 128, 0], ids=["white lines", "grey lines", "no lines"])
def test_cells_in_colours_are_cells_with_dark_print_on_white(line: int) -> None:
    cells, cleaned = find_ruled_cells(drawn(coloured(line)), 150)
    assert places(cells) == FULL_GRID
    plain = Sheet((640, 240))
    filled(plain)
    assert ((cleaned < 100) == (drawn(plain) < 100)).mean() > 0.995
    assert (cleaned[30:60, 400] == 255).all()


def test_only_lines_and_fills_are_taken_out_of_a_sample() -> None:
    plain = Sheet((640, 240))
    filled(plain)
    assert ((without_lines(drawn(coloured(255)), 150) < 100) == (drawn(plain) < 100)).mean() > 0.995
    assert (without_lines(drawn(plain), 150) == drawn(plain)).all()


def test_a_title_over_all_columns_is_not_cut() -> None:
    sheet = Sheet((640, 240))
    sheet.grid(COLUMNS, ROWS)
    sheet.draw.rectangle((22, 22, 618, 68), fill=255)
    sheet.text((30, 32), "A title of many words that runs over all three columns")
    for row in (1, 2, 3):
        for left in COLUMNS[:-1]:
            sheet.text((left + 12, ROWS[row] + 12), "cell")
    cells, _ = find_ruled_cells(drawn(sheet), 150)
    assert places(cells)[0] == (0, 0, 1, 3)
