from __future__ import annotations

import numpy as np
import pytest

from ocr_project.domain.types import Box, Label, Recognition, Region, Status, TextFormat, Word
from ocr_project.engine.recognition.leader_words import ELLIPSIS, put_leaders
from ocr_project.engine.recognition.unread_ink import name_unread


def region(box: Box, label: Label = Label.TEXT, index: int = 0) -> Region:
    return Region("p", index, label, label.value, box)


def read(*words: Word, index: int = 0, status: Status = Status.OK) -> Recognition:
    return Recognition("p", index, " ".join(word.text for word in words), words=words, confidence=0.9, status=status)


def ink_of(*boxes: Box) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    ink = np.zeros((200, 300), np.uint8)
    for box in boxes:
        ink[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)] = 255
    return ink


LINES = [Box(20, 20.0 + 30 * row, 280, 36.0 + 30 * row) for row in range(5)]
WHOLE = region(Box(0, 0, 300, 200))


@pytest.mark.parametrize(("lost", "told"), [(0, False), (1, False), (2, True), (5, True)])
def test_ink_outside_of_all_words_is_named_where_it_is_much(lost: int, told: bool) -> None:
    words = [Word("line", box) for box in LINES[lost:]]
    (found,) = name_unread(ink_of(*LINES), [WHOLE], [read(*words)])
    assert bool(found.reason) == told
    if told:
        assert found.reason.startswith(f"words cover {1 - lost / 5:.0%} of the ink")


def test_what_words_nearly_cover_counts_as_read() -> None:
    words = [Word("line", Box(box.x0, box.y0 + 2, box.x1, box.y1 - 2)) for box in LINES]
    (found,) = name_unread(ink_of(*LINES), [WHOLE], [read(*words)])
    assert found.reason == ""


def test_the_lines_of_tables_and_the_ink_of_pictures_do_not_count() -> None:
    regions = [region(Box(0, 0, 300, 130), Label.TABLE), region(Box(0, 130, 300, 200), index=1)]
    found = name_unread(ink_of(*LINES), regions, [read(), read(Word("last", LINES[4]), index=1)])
    assert [one.reason for one in found] == ["", ""]


def test_a_region_that_failed_keeps_its_own_reason() -> None:
    failed = Recognition("p", 0, "", status=Status.FAILED, reason="too_large")
    assert name_unread(ink_of(*LINES), [WHOLE], [failed]) == [failed]


def entry(row: int) -> tuple[Word, Word]:
    y = 20.0 + 30 * row
    return Word("Costs", Box(20, y, 80, y + 16), 0.9, row), Word("12", Box(260, y, 280, y + 16), 0.8, row)


def test_a_row_of_dots_becomes_one_ellipsis_between_title_and_number() -> None:
    words = [word for row in range(3) for word in entry(row)]
    rows = np.asarray([[90, 43 + 20, 250, 46 + 20], [90, 33, 250, 36]], np.int32)
    found = put_leaders(read(*words), WHOLE.box, rows)
    assert found.text == f"Costs {ELLIPSIS} 12\nCosts {ELLIPSIS} 12\nCosts 12"
    assert [word.line for word in found.words] == [0, 0, 0, 1, 1, 1, 2, 2]


def test_dots_before_the_first_word_and_dots_elsewhere() -> None:
    first = Word("12", Box(260, 20, 280, 36))
    rows = np.asarray([[90, 33, 250, 36], [90, 150, 250, 153]], np.int32)
    assert put_leaders(read(first), WHOLE.box, rows).text == f"{ELLIPSIS} 12"
    table = Recognition("p", 0, "<table></table>", TextFormat.HTML, (first,))
    assert put_leaders(table, WHOLE.box, rows) == table
