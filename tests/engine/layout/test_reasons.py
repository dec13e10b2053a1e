"""Pages on which not all can be read say so; pages on which all can do not."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ocr_project.domain.options import LayoutOptions, OpenCvLayoutOptions
from ocr_project.domain.types import Label, Region
from ocr_project.engine.imaging.ink import find_ink
from ocr_project.engine.imaging.words import body_height, find_words, letter_height
from ocr_project.engine.layout import build_detector
from ocr_project.engine.layout.print_in_pictures import printed_shares, unread_print
from tests.drawing import Sheet, font

DETECTOR = build_detector(LayoutOptions(opencv=OpenCvLayoutOptions(turn=False)))
LEFT, RIGHT = 90, 784
_HANGUL = "공공기관의정보공개에관한법률은국민의알권리를보장하고국정에대한참여와투명성을확보함을목적으로한다"


def found(sheet: Sheet) -> list[Region]:
    (regions,) = DETECTOR.detect([sheet.page()])
    return regions


def shares(sheet: Sheet, *pictures: tuple[int, int, int, int]) -> list[float]:
    ink = find_ink(np.asarray(sheet.image))
    words = find_words(ink, letter_height(ink))
    return printed_shares(ink, np.asarray(pictures, np.int32), words, body_height(words)).tolist()


def test_print_in_what_is_taken_for_a_picture_is_measured() -> None:
    sheet = Sheet()
    sheet.prose((LEFT, 100, RIGHT), 20)
    sheet.prose((LEFT, 800, RIGHT), 10)
    lower, upper = shares(sheet, (60, 780, 820, 1200), (820, 0, 874, 1240))
    assert lower == pytest.approx(1 / 3, abs=0.06)
    assert upper == 0
    (reason, none) = unread_print([lower, upper])
    assert reason.startswith("about 3")
    assert none == ""


def test_a_photograph_and_the_words_of_a_diagram_are_no_reason() -> None:
    sheet = Sheet()
    sheet.prose((LEFT, 100, RIGHT), 15)
    sheet.photograph((150, 650, 700, 850))
    for x in (150, 350, 550):
        sheet.draw.rectangle((x, 900, x + 140, 960), outline=0, width=2)
        sheet.text((x + 20, 918), "a step")
        sheet.rule(x + 140, 930, x + 200)
    regions = found(sheet)
    assert Label.PICTURE in {region.label for region in regions}
    assert not any(region.reason for region in regions)


def columns(across: int, down: int) -> Sheet:
    """Write Korean in lines that run down, or level, by the distances from letter to letter."""
    sheet, letters = Sheet(), font("korean", 26)
    for row in range(20):
        for column in range(14):
            sheet.draw.text(
                (780 - column * across, 100 + row * down), _HANGUL[(row + column) % len(_HANGUL)], font=letters, fill=0
            )
    return sheet


def test_text_that_runs_down_has_a_reason() -> None:
    regions = found(columns(across=46, down=30))
    assert all("from top to bottom" in region.reason for region in regions)


def test_text_that_runs_level_has_none() -> None:
    assert not any(region.reason for region in found(columns(across=27, down=48)))


def test_a_large_syllable_of_two_parts_is_one_word() -> None:
    sheet = Sheet()
    sheet.text((350, 100), "목", face="korean", size=44)
    sheet.text((450, 100), "차", face="korean", size=44)
    for row in range(12):
        sheet.text((LEFT, 240 + 48 * row), _HANGUL[: 20 + row], face="korean", size=28)
    title = found(sheet)[0]
    assert title.box.y0 < 112
    assert title.box.y1 > 140
    assert title.label is Label.TITLE


def test_dot_leaders_hold_titles_and_numbers_together() -> None:
    sheet = Sheet()
    for row, (title, number) in enumerate([("Introduction", 1), ("Methods of work", 9), ("Costs", 24), ("Index", 31)]):
        y = 150 + 70 * row
        sheet.text((LEFT, y), title, size=24)
        sheet.text((740, y), str(number), size=24)
        for x in np.arange(LEFT + font(size=24).getlength(title) + 12, 720, 12):
            sheet.text((float(x), y), ".", size=24)
    assert [region.label for region in found(sheet)] == [Label.TEXT]


def test_a_watermark_does_not_make_a_picture_of_the_print() -> None:
    sheet = Sheet()
    sheet.prose((LEFT, 100, RIGHT), 30)
    mark = Image.new("L", sheet.image.size, 255)
    ImageDraw.Draw(mark).text((100, 420), "COPY", font=font("bold", 240), fill=190)
    pixels = np.minimum(np.asarray(sheet.image), np.asarray(mark.rotate(30, fillcolor=255)))
    marked = Sheet()
    marked.image = Image.fromarray(pixels)
    assert [region.label for region in found(marked)] == [Label.TEXT]
