"""Images that are the crop of a table, and such that are not."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from ocr_project.domain.types import Label
from ocr_project.engine.imaging.ink import find_ink
from ocr_project.engine.layout.analysis import FoundRegion, analyse
from ocr_project.engine.layout.cropped_table import is_cropped_table

FONT = ImageFont.truetype("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", 20)
HEADS = ("", "1994", "1997", "2003")
ROWS = (
    ("Lowest", "$9,594 or less", "$22,400 or less", "$34,000 or less"),
    ("Lower middle", "$9,595", "$22,401", "$34,001"),
    ("Upper middle", "$17,993", "$29,993", "$48,001"),
    ("Highest", "More than $25,771", "More than $40,888", "More than $66,900"),
)
PROSE = "The survey asked how much families of each group had earned in the year before they moved away"


def drawn(margin: int, prose: int = 0) -> np.ndarray:
    """Draw a table with rules above, under its heading and below, lines of prose over it, and white around."""
    image = Image.new("L", (960 + 2 * margin, 200 + 32 * prose + 2 * margin), 255)
    pen = ImageDraw.Draw(image)
    for line in range(prose):
        text = PROSE[11 * line :] + " " + PROSE
        pen.text((margin + 2, margin + 4 + 32 * line), text[:88], font=FONT, fill=0)
    top = margin + 32 * prose
    for level in (2, 38, 196):
        pen.line((margin + 2, top + level, margin + 957, top + level), fill=0, width=2)
    for number, row in enumerate((HEADS, *ROWS)):
        for column, text in enumerate(row):
            pen.text((margin + 8 + 240 * column, top + 8 + 36 * number + 4 * (number > 0)), text, font=FONT, fill=0)
    return np.asarray(image, np.uint8)


def found(grey: np.ndarray) -> list[FoundRegion]:
    return analyse(grey, find_ink(grey))


def test_a_crop_without_margins_is_one_table() -> None:
    grey = drawn(0)
    (one,) = found(grey)
    assert (one.label, one.native) == (Label.TABLE, "cropped_table")
    assert (one.box.x1, one.box.y1) == grey.shape[::-1]


def test_a_page_has_margins() -> None:
    assert all(one.native != "cropped_table" for one in found(drawn(120)))


@pytest.mark.parametrize("prose", [4, 8])
def test_running_text_above_a_table_crosses_its_columns(prose: int) -> None:
    grey = drawn(0, prose)
    assert not is_cropped_table(grey, find_ink(grey), [Label.TEXT, Label.TABLE])


def test_a_high_image_is_no_crop_and_a_table_has_to_be_seen() -> None:
    grey = drawn(0)
    ink = find_ink(grey)
    assert is_cropped_table(grey, ink, [Label.TEXT, Label.TABLE])
    assert not is_cropped_table(grey, ink, [Label.TEXT, Label.TEXT])
    assert not is_cropped_table(grey, ink, [Label.TABLE])
    high = np.full((1400, 960), 255, np.uint8)
    high[:200], high[1200:] = grey, grey
    assert not is_cropped_table(high, find_ink(high), [Label.TEXT, Label.TABLE])
