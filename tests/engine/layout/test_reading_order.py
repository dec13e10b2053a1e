"""The order in which boxes are read: columns, what spans them, and rows of small things."""

from __future__ import annotations

from ocr_project.domain.types import Box
from ocr_project.engine.layout.reading_order import reading_order, row_order

WIDTH, HEIGHT = 1000.0, 1400.0
LEFT, RIGHT, WIDE = (50, 480), (520, 950), (50, 950)


def box(across: tuple[float, float], top: float, bottom: float) -> Box:
    return Box(across[0], top, across[1], bottom)


def ordered(boxes: list[Box], separators: list[Box] | None = None) -> list[int]:
    return reading_order(boxes, WIDTH, HEIGHT, separators or [])


def test_nothing_and_one() -> None:
    assert ordered([]) == []
    assert ordered([box(WIDE, 0, 10)]) == [0]


def test_one_column_is_read_from_top_to_bottom() -> None:
    assert ordered([box(WIDE, 500, 600), box(WIDE, 100, 200), box(WIDE, 300, 400)]) == [1, 2, 0]


def test_the_left_column_is_read_before_the_right_one() -> None:
    boxes = [box(RIGHT, 200, 600), box(LEFT, 200, 500), box(RIGHT, 650, 1200), box(LEFT, 550, 1200)]
    assert ordered(boxes) == [1, 3, 0, 2]


def test_what_spans_the_columns_is_read_before_between_and_after_them() -> None:
    boxes = [
        box(WIDE, 50, 120),
        box(LEFT, 150, 600),
        box(RIGHT, 150, 600),
        box(WIDE, 640, 700),
        box(LEFT, 740, 1200),
        box(RIGHT, 740, 1200),
        box(WIDE, 1260, 1300),
    ]
    backwards = boxes[::-1]
    assert ordered(boxes) == list(range(7))
    assert ordered(backwards) == list(range(7))[::-1]


def test_three_columns() -> None:
    columns = [(50, 330), (360, 640), (670, 950)]
    boxes = [box(column, top, top + 300) for column in columns for top in (100, 420)]
    assert ordered(boxes) == list(range(6))


def test_a_separator_ends_the_columns_above_it() -> None:
    boxes = [box(LEFT, 100, 500), box(RIGHT, 100, 500), box(LEFT, 600, 1000), box(RIGHT, 600, 1000)]
    assert ordered(boxes) == [0, 2, 1, 3]
    assert ordered(boxes, [box(WIDE, 549, 551)]) == [0, 1, 2, 3]


def test_a_short_row_of_boxes_is_no_pair_of_columns() -> None:
    boxes = [box(LEFT, 100, 130), box(RIGHT, 100, 130), box(LEFT, 140, 150), box(RIGHT, 140, 150)]
    assert ordered(boxes) == [0, 1, 2, 3]


def test_numbers_beside_a_text_are_read_with_their_lines() -> None:
    numbers = [box((50, 90), top, top + 30) for top in (100, 300, 500)]
    texts = [box((150, 900), top, top + 150) for top in (100, 300, 500)]
    assert ordered([*numbers, *texts]) == [0, 3, 1, 4, 2, 5]


def test_boxes_that_overlap_a_little_keep_their_order() -> None:
    boxes = [box(LEFT, 100, 505), box(RIGHT, 100, 505), box(WIDE, 500, 700), box(LEFT, 695, 1200)]
    assert ordered(boxes) == [0, 1, 2, 3]


def test_a_row_is_read_from_left_to_right_and_rows_from_top_to_bottom() -> None:
    boxes = [box((400, 600), 105, 140), box((50, 300), 100, 150), box((50, 300), 200, 240), box((700, 900), 98, 150)]
    assert row_order(boxes) == [1, 0, 3, 2]


def test_the_unit_does_not_matter() -> None:
    boxes = [box(RIGHT, 200, 600), box(LEFT, 200, 500), box(RIGHT, 650, 1200), box(WIDE, 50, 120)]
    small = [Box(*(value / 1000 for value in one)) for one in boxes]
    assert reading_order(small, WIDTH / 1000, HEIGHT / 1000) == ordered(boxes)
