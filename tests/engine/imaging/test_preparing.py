from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from ocr_project.engine.imaging.ink import Grey
from ocr_project.engine.imaging.preparing import prepare
from tests.drawing import Sheet, font

LEFT, RIGHT = 90, 784


def written(lines: int = 20, **paper: int) -> Sheet:
    sheet = Sheet(**paper)
    sheet.prose((LEFT, 100, RIGHT), lines)
    return sheet


def grey(sheet: Sheet) -> Grey:
    return np.asarray(sheet.image.convert("L"), np.uint8)


def share_alike(one: Grey, other: Grey) -> float:
    """Return the share of the second one's ink that is in the first one."""
    return float(((one > 0) & (other > 0)).sum() / max(1, (other > 0).sum()))


def marked(sheet: Sheet, tone: int = 120, opacity: int = 110, angle: int = 30) -> Grey:
    mark = Image.new("RGBA", sheet.image.size, (0, 0, 0, 0))
    ImageDraw.Draw(mark).text((120, 480), "COPY", font=font("bold", 230), fill=(tone, tone, tone, opacity))
    layered = Image.alpha_composite(sheet.image.convert("RGBA"), mark.rotate(angle))
    return np.asarray(layered.convert("L"), np.uint8)


@pytest.mark.parametrize("angle", [0, 30, -45])
def test_a_watermark_across_the_print_is_taken_off_and_the_print_stays(angle: int) -> None:
    clean = grey(written(40))
    _, ink = prepare(clean)
    pixels, found = prepare(marked(written(40), angle=angle))
    assert share_alike(found, ink) > 0.98
    assert share_alike(cv2.dilate(ink, np.ones((5, 5))), found) > 0.98
    assert pixels.shape == clean.shape


def test_pale_fills_that_print_keeps_to_are_left_alone() -> None:
    sheet = Sheet()
    for top in range(100, 900, 160):
        sheet.draw.rectangle((LEFT, top, RIGHT, top + 70), fill=200)
        sheet.text((LEFT + 20, top + 20), "Results by region and year", size=20)
        sheet.text((LEFT + 20, top + 100), "Costs of the second half of the year", size=20)
    pixels = grey(sheet)
    assert prepare(pixels)[0] is pixels


def test_light_print_on_a_dark_page_becomes_dark_print_on_a_light_one() -> None:
    light = grey(written())
    pixels, ink = prepare(np.asarray(255 - light, np.uint8))
    assert np.array_equal(pixels, light)
    assert np.array_equal(ink, prepare(light)[1])


def test_a_light_sheet_on_a_dark_table_is_not_turned() -> None:
    dark = np.full((1240, 1600), 40, np.uint8)
    dark[100:1140, 500:1000] = grey(written())[:1040, 60:560]
    assert prepare(dark)[0] is dark


def shaded(pixels: Grey, darkest: float = 0.4, softness: float = 60) -> Grey:
    across = np.arange(pixels.shape[1], dtype=np.float64) - pixels.shape[1] / 2
    light = darkest + (1 - darkest) / (1 + np.exp(-across / softness))
    return np.asarray(np.clip(pixels * light, 0, 255), np.uint8)


def test_the_paper_in_a_shadow_becomes_as_light_as_the_rest() -> None:
    pixels, ink = prepare(shaded(grey(written(40))))
    paper = np.percentile(pixels, 90, axis=0)
    assert paper.min() > 215
    assert share_alike(ink, prepare(grey(written(40)))[1]) > 0.95


def test_a_photograph_keeps_its_tones() -> None:
    sheet = written(8)
    sheet.photograph((150, 600, 700, 1000))
    pixels = grey(sheet)
    assert prepare(pixels)[0] is pixels


def test_of_a_plain_page_nothing_is_copied() -> None:
    pixels = grey(written(40))
    assert prepare(pixels)[0] is pixels
