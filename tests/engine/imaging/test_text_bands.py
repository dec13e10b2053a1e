"""The lines of a block of text as bands of rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
import pytest

from ocr_project.engine.imaging.ink import Grey
from ocr_project.engine.imaging.text_bands import find_bands, ink_box
from tests.drawing import SIZE, Sheet, prose


def block(lines: Sequence[str], step: float = 1.6, face: str = "latin") -> Grey:
    """Draw lines `step` sizes of the font apart."""
    sheet = Sheet((600, round(step * SIZE * len(lines)) + 20))
    for number, line in enumerate(lines):
        sheet.text((10, 8 + number * step * SIZE), line, face=face)
    return np.asarray(sheet.image)


def inked_rows(grey: Grey, band: tuple[int, int]) -> bool:
    return bool((grey[band[0] : band[1]] < 128).any())


@pytest.mark.parametrize("face", ["latin", "korean"])
@pytest.mark.parametrize("lines", [1, 2, 7])
def test_each_line_has_a_band(lines: int, face: str) -> None:
    texts = ["공공데이터 제공 및 이용"] * lines if face == "korean" else prose(580, lines)
    grey = block(texts, face=face)
    bands = find_bands(grey)
    assert len(bands) == lines
    assert all(inked_rows(grey, band) for band in bands)


def test_bands_cover_the_block_and_cut_in_the_white() -> None:
    grey = block(prose(580, 5))
    bands = find_bands(grey)
    assert (bands[0][0], bands[-1][1]) == (0, len(grey))
    assert all(above[1] == below[0] for above, below in pairwise(bands))
    assert all((grey[above[1]] > 128).all() for above in bands[:-1])


def test_accents_and_dots_belong_to_their_line() -> None:
    grey = block(["ÄÖÜ ÀÉÎ ĂĞŞ", "jii iji ïjï", "ÔÚÝ ÅËÑ"], step=2.0)
    inked = (grey < 128).any(axis=1)
    assert (inked[1:] & ~inked[:-1]).sum() > 3  # there is white between some marks and their letters
    assert len(find_bands(grey)) == 3


def test_lines_that_touch_are_not_told_apart() -> None:
    grey = block(["gjpqy gjpqy", "ÄÖÜÄÖÜ ÄÖ", "well apart", "well apart"], step=1.6)
    touching = np.vstack([block(["gjpqy", "ÄÖÜÄÖÜ", "gjpqy"], step=0.75), grey])
    assert find_bands(touching) == []


@pytest.mark.parametrize("tone", [(255, 255), (200, 180), (0, 0)])
def test_a_block_without_contrast_has_no_lines(tone: tuple[int, int]) -> None:
    grey = np.full((60, 200), tone[0], np.uint8)
    grey[20:40, 30:170] = tone[1]
    assert find_bands(grey) == []


def test_a_pixel_has_no_lines() -> None:
    assert find_bands(np.zeros((1, 1), np.uint8)) == []


def test_grey_paper_is_paper() -> None:
    grey = np.asarray(cv2.convertScaleAbs(block(prose(580, 3)), alpha=0.4, beta=60), np.uint8)
    assert len(find_bands(grey)) == 3


@pytest.mark.parametrize("word", ["있음", "남", "진행", "3", "9"])
def test_a_short_word_is_one_line_where_the_height_of_lines_is_known(word: str) -> None:
    assert len(find_bands(block([word], face="korean"), line=0.92 * SIZE)) == 1


def test_short_words_below_each_other_stay_lines() -> None:
    grey = block(["있음", "남", "없음"], step=1.25, face="korean")
    assert len(find_bands(grey, line=0.92 * SIZE)) == 3
    assert ink_box(grey)[1] > 8
    assert ink_box(np.full((9, 9), 255, np.uint8)) == (0, 0, 0, 0)
