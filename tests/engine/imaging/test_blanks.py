from __future__ import annotations

import numpy as np
import pytest

from ocr_project.engine.imaging.blanks import Blanks, find_blanks
from ocr_project.engine.imaging.ink import find_ink
from tests.drawing import SIZE, Sheet, font

LINE = 0.9 * SIZE


def blanks_of(sheet: Sheet) -> Blanks | None:
    return find_blanks(find_ink(np.asarray(sheet.image)), LINE)


def counts(sheet: Sheet) -> list[int]:
    """Return how many underscores were found, from top to bottom and left to right."""
    found = blanks_of(sheet)
    if found is None:
        return []
    return found.counts[np.lexsort((found.boxes[:, 0], found.boxes[:, 3]))].tolist()


@pytest.mark.parametrize("size", [16, 20, 28, 40])
def test_as_many_underscores_as_were_printed(size: int) -> None:
    sheet = Sheet()
    sheet.text((60, 100), f"Name {'_' * 17} /{'_' * 9}/", size=size)
    sheet.text((60, 100 + 2 * size), f"«{'_' * 3}» {'_' * 6} 20__ year", size=size)
    found = find_blanks(find_ink(np.asarray(sheet.image)), 0.9 * size)
    assert found is not None
    ordered = np.lexsort((found.boxes[:, 0], found.boxes[:, 3]))
    assert found.counts[ordered].tolist() == [17, 9, 3, 6, 2]


def test_blanks_stand_where_they_were_drawn_and_can_be_taken_off() -> None:
    sheet = Sheet()
    sheet.text((60, 100), "Name", size=SIZE)
    x = 60 + font(size=SIZE).getlength("Name ")
    drawn = sheet.text((x, 100), "_" * 12, size=SIZE)
    found = blanks_of(sheet)
    assert found is not None
    assert abs(found.boxes[0, 0] - drawn.x0) <= 2
    assert abs(found.boxes[0, 2] - drawn.x1) <= 2
    cleaned = found.taken_off(np.asarray(sheet.image))
    assert cleaned[:, int(x) :].min() > 200
    assert cleaned[:, : int(x)].min() < 60


def test_a_blank_goes_on_in_the_line_below_it() -> None:
    sheet = Sheet()
    start = sheet.text((60, 100), "Address: ").x1
    width = font().getlength("_")
    sheet.text((start, 100), "_" * int((700 - start) / width))
    sheet.text((60, 140), "_" * int(640 / width))
    assert len(counts(sheet)) == 2


def test_lines_that_are_no_blanks() -> None:
    sheet = Sheet()
    title = sheet.text((60, 100), "General terms of the contract")
    sheet.rule(60, title.y1 + 2, title.x1)
    sheet.prose((60, 160, 800), 3)
    sheet.rule(60, 300, 800)
    sheet.prose((60, 320, 800), 3)
    sheet.grid((60, 300, 500, 800), (480, 520, 560, 600))
    sheet.text((70, 490), "Name")
    sheet.text((60, 700), "A dash — as long as a word –– is none, nor is a __name__ of one_letter.")
    sheet.rule(60, 1100, 250)
    assert counts(sheet) == [2, 2]  # of `__name__`, which is written as it is read


def test_a_line_beside_letters_that_has_words_on_it_is_an_underline() -> None:
    sheet = Sheet()
    start = sheet.text((60, 100), "I, ").x1
    written = sheet.text((start, 100), "Ivan Petrovich Sidorov,")
    sheet.rule(start, written.y1 + 1, written.x1 + 10)
    assert counts(sheet) == []


def test_print_too_small_to_tell_a_dash_has_none() -> None:
    assert find_blanks(np.zeros((50, 50), np.uint8), 7.0) is None
