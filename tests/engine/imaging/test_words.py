"""The height of letters, and words."""

from __future__ import annotations

import numpy as np
import pytest

from ocr_project.engine.imaging.ink import Mask, find_ink
from ocr_project.engine.imaging.words import TooBusy, body_height, find_words, letter_height, line_height, word_gap
from tests.drawing import Sheet, prose


def ink_of(sheet: Sheet) -> Mask:
    return find_ink(np.asarray(sheet.image))


def written(size: int = 20) -> Sheet:
    sheet = Sheet((800, 400))
    sheet.lines((30, 30), prose(700, 6, size=size), size=size)
    return sheet


@pytest.mark.parametrize("size", [14, 20, 40])
def test_letters_grow_with_the_font(size: int) -> None:
    assert letter_height(ink_of(written(size))) == pytest.approx(0.56 * size, abs=0.2 * size)


def test_a_single_line_in_a_low_image_has_letters() -> None:
    sheet = Sheet((400, 40))
    sheet.text((20, 8), "Kestrels nest in the quiet tower.")
    assert 8 <= letter_height(ink_of(sheet)) <= 20


def test_lines_of_a_grid_and_dots_are_no_letters() -> None:
    sheet = written()
    plain = letter_height(ink_of(sheet))
    sheet.grid((30, 300, 700), (300, 330, 360))
    for x in range(30, 700, 6):
        sheet.draw.rectangle((x, 380, x + 1, 381), fill=0)
    assert letter_height(ink_of(sheet)) == plain
    assert letter_height(np.zeros((50, 50), np.uint8)) == 0


@pytest.mark.parametrize("dot", [(2, 2), (7, 3)])
def test_many_dotted_lines_beside_one_word_tell_no_height(dot: tuple[int, int]) -> None:
    sheet = Sheet((900, 500))
    sheet.text((30, 30), "Telephone", size=30)
    sheet.grid((30, 300, 700), (90, 120, 150))
    plain = letter_height(ink_of(sheet))
    for y in range(200, 480, 40):
        for x in range(30, 860, dot[0] + 4):
            sheet.draw.rectangle((x, y, x + dot[0] - 1, y + dot[1] - 1), fill=0)
    letters, line = line_height(ink_of(sheet))
    assert letters == plain
    assert 20 < line < 34  # from the top of an ascender to the bottom of a p


def test_noise_is_too_busy() -> None:
    ink = np.zeros((800, 800), np.uint8)
    ink[::2, ::2] = 255
    with pytest.raises(TooBusy, match="160000 components"):
        letter_height(ink)
    with pytest.raises(TooBusy):
        find_words(ink, 1)


def test_words_are_what_stands_close_together() -> None:
    sheet = Sheet((800, 120))
    boxes = [sheet.text((x, 40), text) for x, text in ((40, "river"), (140, "and"), (240, "mountain"))]
    words = find_words(ink_of(sheet), letter_height(ink_of(sheet)))
    found = sorted(words.boxes.tolist())
    assert len(found) == 3
    for (x0, _, x1, _), drawn in zip(found, boxes, strict=True):
        assert (x0, x1) == (pytest.approx(drawn.x0, abs=3), pytest.approx(drawn.x1, abs=3))
    assert body_height(words) == pytest.approx(18, abs=4)


def test_the_gap_between_words_is_that_of_the_font() -> None:
    ink = ink_of(written())
    words = find_words(ink, letter_height(ink))
    assert 3 <= word_gap(words, body_height(words)) <= 12
