"""Black beside a page on a scanner: no print, no frame; black bands with print on them stay."""

from __future__ import annotations

import numpy as np
import pytest

from ocr_project.domain.types import Label
from ocr_project.engine.imaging.preparing import prepare
from ocr_project.engine.imaging.surround import Grey, lift_surround
from ocr_project.engine.layout.analysis import analyse
from tests.drawing import A5, Sheet

WIDTH, _ = A5


def two_columns() -> Sheet:
    page = Sheet()
    middle = WIDTH / 2
    page.prose((40, 60, middle - 40), 20, seed=1)
    page.prose((middle + 40, 60, WIDTH - 40), 20, seed=2)
    return page


def on_a_scanner(page: Sheet, right: int, bottom: int, left: int = 0, top: int = 0) -> Grey:
    """Lay a page on black, with thin lines of it along the other edges, as lids leave them."""
    return np.pad(_grey(page), ((max(3, top), bottom), (max(3, left), right)), constant_values=12)


@pytest.mark.parametrize("around", [(40, 160), (60, 0), (50, 90, 30, 30)])
def test_a_page_on_black_has_the_regions_that_it_has_alone(around: tuple[int, ...]) -> None:
    alone = [region.label for region in analyse(*prepare(_grey(two_columns())))]
    found = [region.label for region in analyse(*prepare(on_a_scanner(two_columns(), *around)))]
    assert found == alone
    assert Label.TABLE not in found


def test_what_is_no_surround_is_left_alone() -> None:
    plain = _grey(two_columns())
    title = Sheet(paper=20)
    title.text((30, 20), "HARBOUR OFFICE, MONTHLY", size=40, ink=250)
    below_a_banner = plain.copy()
    below_a_banner[:50] = _grey(title)[20:70]
    for grey in (plain, below_a_banner, 255 - plain):
        assert lift_surround(grey) is grey


def test_a_line_along_an_edge_is_of_a_table() -> None:
    """A crop that ends with the rules of its table; and a page with a line where the paper ends."""
    crop = np.full((184, 446), 255, np.uint8)
    crop[:, ::60] = crop[::30] = 0
    crop[:, -3:] = 0
    page = _grey(two_columns())
    page[:, -6:] = 0
    for grey in (crop, page):
        assert lift_surround(grey) is grey


@pytest.mark.parametrize("words", ["White letters on a dark band", "AGENDA", "No. 7"])
def test_a_few_words_on_a_broad_band_stay(words: str) -> None:
    sheet = Sheet()
    sheet.draw.rectangle((0, 0, WIDTH, 180), fill=40)
    sheet.text((110, 92), words, size=30, ink=255)
    sheet.prose((40, 260, WIDTH - 40), 20, seed=1)
    grey = _grey(sheet)
    assert lift_surround(grey) is grey
    side = np.ascontiguousarray(np.rot90(grey))
    assert lift_surround(side) is side


def _grey(page: Sheet) -> Grey:
    return np.ascontiguousarray(page.pixels[..., 1])
