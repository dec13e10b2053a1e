"""Words to lines: the one finder for pages and for tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ocr_project.engine.imaging.ink import Boxes, find_ink
from ocr_project.engine.imaging.text_lines import TextLine, find_text_lines, gather_lines
from ocr_project.engine.imaging.words import letter_height
from tests.drawing import Sheet, prose


def boxes_of(*boxes: Sequence[int]) -> Boxes:
    return np.asarray(boxes, np.int32).reshape(-1, 4)


def rows(lines: list[TextLine]) -> list[list[int]]:
    return [line.rows.tolist() for line in lines]


def test_words_of_one_height_are_a_line_from_left_to_right() -> None:
    words = boxes_of((200, 12, 260, 30), (20, 10, 90, 28), (100, 11, 180, 29), (20, 50, 90, 68))
    lines = gather_lines(words, 18)
    assert rows(lines) == [[1, 2, 0], [3]]
    assert lines[0].hull == (20, 10, 260, 30)
    assert 10 < lines[0].top < 12
    assert lines[0].boxes.tolist() == words[[1, 2, 0]].tolist()


def test_every_word_is_in_one_line() -> None:
    random = np.random.default_rng(4)
    corner = random.integers(0, 900, (300, 2))
    words = np.concatenate([corner, corner + random.integers(1, 60, (300, 2))], axis=1).astype(np.int32)
    lines = gather_lines(words, 20)
    assert sorted(row for line in lines for row in line.rows.tolist()) == list(range(300))
    assert [line.middle for line in lines] == sorted(line.middle for line in lines)
    assert gather_lines(boxes_of(), 20) == []


def test_a_low_mark_joins_the_nearest_line_and_leaves_its_height() -> None:
    words = boxes_of((20, 10, 90, 28), (95, 25, 99, 29), (20, 60, 90, 78), (95, 66, 110, 69))
    lines = gather_lines(words, 18)
    assert rows(lines) == [[0, 1], [2, 3]]
    assert (lines[0].top, lines[0].bottom) == (10, 28)
    assert lines[0].hull == (20, 10, 99, 29)


def test_a_low_mark_far_from_all_lines_is_one_of_its_own() -> None:
    words = boxes_of((20, 10, 90, 28), (20, 60, 60, 62))
    assert rows(gather_lines(words, 18)) == [[0], [1]]


def test_words_near_to_each_other_are_one_segment() -> None:
    (line,) = gather_lines(boxes_of((0, 0, 10, 10), (14, 0, 24, 10), (60, 0, 70, 10)), 10)
    assert line.segments(8) == [(0, 24), (60, 70)]
    assert line.segments(3) == [(0, 10), (14, 24), (60, 70)]


def test_the_lines_of_a_crop_without_marks_that_stand_alone() -> None:
    sheet = Sheet((800, 300))
    sheet.lines((30, 30), prose(700, 5))
    sheet.draw.rectangle((30, 270, 60, 272), fill=0)
    ink = find_ink(np.asarray(sheet.image))
    lines = find_text_lines(ink, letter_height(ink))
    assert len(lines) == 5
    assert all(20 < line.middle < 200 for line in lines)
