from __future__ import annotations

import numpy as np
import pytest

from ocr_project.engine.imaging.ink import Mask, find_ink
from ocr_project.engine.imaging.leaders import find_leaders
from tests.drawing import Sheet, font

TITLES = ("Introduction", "Methods of work", "Results by region", "Costs")


def contents(pitch: int = 11, size: int = 20) -> tuple[Sheet, list[tuple[float, float]]]:
    """Return a page of contents, and where its rows of dots begin and end."""
    sheet, rows = Sheet(), []
    for place, title in enumerate(TITLES):
        y, letters = 120 + 60 * place, font(size=size)
        sheet.text((90, y), title, size=size)
        sheet.text((760, y), str(7 * place + 1), size=size)
        start = 90 + letters.getlength(title) + 12
        dots = np.arange(start, 740, pitch)
        for x in dots:
            sheet.text((float(x), y), ".", size=size)
        rows.append((float(dots[0]), float(dots[-1])))
    return sheet, rows


def ink_of(sheet: Sheet) -> Mask:
    return find_ink(np.asarray(sheet.image))


@pytest.mark.parametrize("pitch", [8, 11, 16])
def test_each_row_of_dots_from_a_title_to_a_number_is_found(pitch: int) -> None:
    sheet, rows = contents(pitch)
    leaders = find_leaders(ink_of(sheet))
    assert leaders is not None
    boxes = leaders.boxes[np.argsort(leaders.boxes[:, 1])]
    assert len(boxes) == len(rows)
    for (x0, _, x1, _), (first, last) in zip(boxes.tolist(), rows, strict=True):
        assert abs(x0 - first) < 8
        assert abs(x1 - last) < 12


def test_without_its_dots_a_page_has_the_ink_of_its_words_alone() -> None:
    sheet, _ = contents()
    leaders = find_leaders(ink_of(sheet))
    assert leaders is not None
    words = Sheet()
    for place, title in enumerate(TITLES):
        words.text((90, 120 + 60 * place), title, size=20)
        words.text((760, 120 + 60 * place), str(7 * place + 1), size=20)
    pixels, ink = leaders.taken_off(np.asarray(sheet.image), ink_of(sheet))
    assert ((ink > 0) != (ink_of(words) > 0)).sum() < 0.02 * (ink > 0).sum()
    assert np.abs(pixels.astype(int) - np.asarray(words.image)).max() < 40


def test_prose_has_no_leaders() -> None:
    sheet = Sheet()
    sheet.prose((90, 100, 784), 40)
    sheet.text((90, 1150), "i.e., e.g. ... and so on: a, b, c; 1.2.3.4 ...", size=20)
    assert find_leaders(ink_of(sheet)) is None


def test_dots_that_lead_from_nothing_are_a_rule() -> None:
    sheet = Sheet()
    sheet.prose((90, 100, 784), 10)
    for x in range(90, 780, 11):
        sheet.text((x, 700), ".", size=20)
    assert find_leaders(ink_of(sheet)) is None
