"""The order in which the boxes of one column are read: rows from top to bottom, and each from left to right."""

from __future__ import annotations

from ocr_project.domain.types import Box
from ocr_project.engine.layout.row_order import row_order


def box(across: tuple[float, float], top: float, bottom: float) -> Box:
    return Box(across[0], top, across[1], bottom)


def test_nothing_and_one() -> None:
    assert row_order([]) == []
    assert row_order([box((50, 950), 0, 10)]) == [0]


def test_one_column_is_read_from_top_to_bottom() -> None:
    wide = (50, 950)
    assert row_order([box(wide, 500, 600), box(wide, 100, 200), box(wide, 300, 400)]) == [1, 2, 0]


def test_a_row_is_read_from_left_to_right_and_rows_from_top_to_bottom() -> None:
    boxes = [box((400, 600), 105, 140), box((50, 300), 100, 150), box((50, 300), 200, 240), box((700, 900), 98, 150)]
    assert row_order(boxes) == [1, 0, 3, 2]


def test_numbers_beside_a_text_are_read_with_their_lines() -> None:
    numbers = [box((50, 90), top, top + 30) for top in (100, 300, 500)]
    texts = [box((150, 900), top, top + 150) for top in (100, 300, 500)]
    assert row_order([*numbers, *texts]) == [0, 3, 1, 4, 2, 5]


def test_boxes_that_overlap_a_little_keep_their_order() -> None:
    boxes = [box((50, 950), 100, 505), box((50, 950), 500, 700), box((50, 480), 695, 1200)]
    assert row_order(boxes[::-1]) == [2, 1, 0]
