"""What the OpenCV detector calls the text of a page, and where it finds it."""

from __future__ import annotations

import numpy as np
import pytest

from ocr_project.domain.options import LayoutOptions
from ocr_project.domain.types import Box, Label, Region, Status
from ocr_project.engine.imaging.text_lines import TextLine
from ocr_project.engine.layout import build_detector
from ocr_project.engine.layout.blocks import Walls, find_blocks
from tests.drawing import Sheet, overlap, page_of, prose

DETECTOR = build_detector(LayoutOptions())
LEFT, RIGHT = 90, 784


def found(sheet: Sheet) -> list[Region]:
    (regions,) = DETECTOR.detect([sheet.page()])
    assert [region.index for region in regions] == list(range(len(regions)))
    assert all(region.status is Status.OK for region in regions)
    return regions


def labels(regions: list[Region]) -> list[Label]:
    return [region.label for region in regions]


def body(sheet: Sheet, y: float, lines: int, seed: int = 0) -> Box:
    return sheet.prose((LEFT, y, RIGHT), lines, seed=seed)


def assert_at(region: Region, box: Box, least: float = 0.85) -> None:
    """Hold that a region is where a thing was drawn, and cuts nothing of it off."""
    assert overlap(region.box, box) > least, (region.box, box)
    assert region.box.intersection(box) > 0.97 * box.area, (region.box, box)


def test_one_column_is_one_region() -> None:
    sheet = Sheet()
    box = body(sheet, 200, 20)
    (region,) = found(sheet)
    assert region.label is Label.TEXT
    assert region.quad is None
    assert_at(region, box, 0.95)


def test_two_columns_are_read_left_before_right_under_their_title() -> None:
    sheet = Sheet()
    title = sheet.text((LEFT, 90), "Report on rivers and stones", face="bold", size=40)
    left = sheet.prose((LEFT, 200, 410), 24, seed=1)
    right = sheet.prose((464, 200, RIGHT), 24, seed=2)
    regions = found(sheet)
    assert labels(regions) == [Label.TITLE, Label.TEXT, Label.TEXT]
    for region, box in zip(regions, (title, left, right), strict=True):
        assert_at(region, box, 0.7)


def test_three_columns_of_different_length_are_read_from_left_to_right() -> None:
    sheet = Sheet((1240, 874))
    drawn = [sheet.prose((90 + 370 * n, 150, 410 + 370 * n), lines, seed=n) for n, lines in enumerate((16, 12, 14))]
    regions = found(sheet)
    assert labels(regions) == [Label.TEXT] * 3
    for region, box in zip(regions, drawn, strict=True):
        assert_at(region, box)


def test_a_heading_over_both_columns_parts_them() -> None:
    sheet = Sheet()
    drawn = [sheet.prose((LEFT, 100, 410), 12, seed=1), sheet.prose((464, 100, RIGHT), 12, seed=2)]
    drawn.append(sheet.text((LEFT, 540), "The second part of the report on rivers", face="bold", size=32))
    drawn += [sheet.prose((LEFT, 640, 410), 12, seed=3), sheet.prose((464, 640, RIGHT), 12, seed=4)]
    regions = found(sheet)
    assert len(regions) == 5
    for region, box in zip(regions, drawn, strict=True):
        assert_at(region, box, 0.7)


def test_paragraphs_apart_are_regions_apart() -> None:
    sheet = Sheet()
    drawn = [body(sheet, 100, 5), body(sheet, 330, 5, seed=1), body(sheet, 560, 5, seed=2)]
    regions = found(sheet)
    for region, box in zip(regions, drawn, strict=True):
        assert_at(region, box)


def test_headings_are_told_by_their_size() -> None:
    sheet = Sheet()
    sheet.text((LEFT, 60), "Of rivers and stones", face="bold", size=44)
    body(sheet, 160, 6)
    sheet.text((LEFT, 410), "Of gardens in winter", face="bold", size=28)
    body(sheet, 480, 8, seed=1)
    assert labels(found(sheet)) == [Label.TITLE, Label.TEXT, Label.SECTION_HEADER, Label.TEXT]


def test_a_ruled_header_and_a_page_number_are_not_text() -> None:
    sheet = Sheet()
    sheet.text((LEFT, 60), "Annual record of rivers", size=16)
    sheet.rule(LEFT, 84, RIGHT)
    body(sheet, 150, 25)
    sheet.text((425, 1170), "- 12 -", size=16)
    assert labels(found(sheet)) == [Label.PAGE_HEADER, Label.TEXT, Label.PAGE_NUMBER]


def test_a_header_and_a_footer_without_rules_are_known_by_their_place() -> None:
    sheet = Sheet()
    sheet.text((LEFT, 40), "Annual record of rivers and mountains", size=16)
    body(sheet, 150, 25)
    sheet.text((LEFT, 1170), "Office of public records, paper 12", size=16)
    assert labels(found(sheet)) == [Label.PAGE_HEADER, Label.TEXT, Label.PAGE_FOOTER]


def test_text_that_begins_high_on_the_page_is_no_header() -> None:
    sheet = Sheet()
    body(sheet, 40, 34)
    assert labels(found(sheet)) == [Label.TEXT]


def test_small_print_under_a_rule_is_a_footnote() -> None:
    sheet = Sheet()
    body(sheet, 150, 22)
    sheet.rule(LEFT, 1010, 300)
    notes = ["1 The office was closed in winter, see the public record.", "2 Stones were not counted before."]
    box = sheet.lines((LEFT, 1024), notes, size=15)
    regions = found(sheet)
    assert labels(regions) == [Label.TEXT, Label.FOOTNOTE]
    assert_at(regions[1], box, 0.7)


def test_bullets_make_items() -> None:
    sheet = Sheet()
    body(sheet, 150, 6)
    for number, line in enumerate(prose(620, 4, seed=9)):
        y = 420 + 34 * number
        sheet.draw.ellipse((96, y + 8, 104, y + 16), fill=0)
        sheet.text((124, y), line)
    body(sheet, 620, 6, seed=4)
    assert labels(found(sheet)) == [Label.TEXT, Label.LIST_ITEM, Label.TEXT]


def test_a_number_with_hanging_lines_makes_an_item() -> None:
    sheet = Sheet()
    body(sheet, 150, 6)
    sheet.text((LEFT, 420), "1.")
    sheet.prose((128, 420, RIGHT), 3, seed=8)
    body(sheet, 620, 6, seed=4)
    assert labels(found(sheet)) == [Label.TEXT, Label.LIST_ITEM, Label.TEXT]


def test_a_line_that_begins_with_a_short_word_is_no_item() -> None:
    sheet = Sheet()
    body(sheet, 150, 6)
    sheet.text((LEFT, 420), "In winter the office is closed")
    body(sheet, 530, 6, seed=4)
    assert Label.LIST_ITEM not in labels(found(sheet))


def test_letters_on_a_dark_band_are_found() -> None:
    sheet = Sheet()
    sheet.draw.rectangle((0, 0, 874, 180), fill=40)
    box = sheet.text((110, 92), "White letters on a dark band", size=30, ink=255)
    text = body(sheet, 260, 20)
    regions = found(sheet)
    assert labels(regions) == [Label.SECTION_HEADER, Label.TEXT]
    assert_at(regions[0], box, 0.6)
    assert_at(regions[1], text)


def test_a_page_of_light_letters_on_dark_paper_is_text() -> None:
    sheet = Sheet(paper=20)
    box = sheet.lines((LEFT, 200), prose(RIGHT - LEFT, 20), ink=235)
    (region,) = found(sheet)
    assert region.label is Label.TEXT
    assert_at(region, box)


@pytest.mark.parametrize("share", [0.0005, 0.02])
def test_the_specks_of_a_scan_are_no_ink(share: float) -> None:
    sheet = Sheet()
    box = body(sheet, 200, 20)
    pixels = sheet.pixels.copy()
    pixels[np.random.default_rng(0).random(pixels.shape[:2]) < share] = 0
    ((region,),) = DETECTOR.detect([page_of(pixels)])
    assert region.label is Label.TEXT
    assert_at(region, box)


def test_grain_is_no_ink() -> None:
    sheet = Sheet()
    box = body(sheet, 200, 20)
    grain = np.random.default_rng(0).normal(0, 25, sheet.pixels.shape[:2])[..., None]
    ((region,),) = DETECTOR.detect([page_of((sheet.pixels + grain).clip(0, 255).astype(np.uint8))])
    assert region.label is Label.TEXT
    assert_at(region, box)


def test_resolution_does_not_matter() -> None:
    sheet = Sheet((1748, 2480))
    sheet.prose((180, 300, 820), 24, size=40, seed=1)
    sheet.prose((928, 300, 1568), 24, size=40, seed=2)
    small = sheet.image.resize((874, 1240), reducing_gap=3)
    (large,) = DETECTOR.detect([sheet.page(dpi=300.0)])
    (reduced,) = DETECTOR.detect([page_of(np.asarray(small.convert("RGB")))])
    assert labels(large) == labels(reduced) == [Label.TEXT, Label.TEXT]
    for one, other in zip(large, reduced, strict=True):
        assert overlap(one.box, Box(*(2 * value for value in other.box))) > 0.95


def test_a_dashed_line_parts_blocks_and_is_not_read() -> None:
    sheet = Sheet()
    above = body(sheet, 200, 3, seed=1)
    for x in range(LEFT, RIGHT, 16):
        sheet.rule(x, 312, x + 9)
    below = body(sheet, 330, 3, seed=2)
    first, second = found(sheet)
    assert_at(first, above)
    assert_at(second, below)


def test_a_word_above_dotted_lines_is_text_and_they_are_nothing() -> None:
    sheet = Sheet()
    word = sheet.text((LEFT, 100), "Telephone", size=30)
    for y in (500, 560):
        for x in range(LEFT, RIGHT, 6):
            sheet.draw.rectangle((x, y, x + 2, y + 2), fill=0)
    (only,) = found(sheet)
    assert only.box.intersection(word) > 0.9 * word.area


def test_dots_that_lead_to_a_number_are_no_rule() -> None:
    sheet = Sheet()
    for number in range(4):
        sheet.text((LEFT, 200 + 32 * number), f"Chapter {number} " + "." * 60 + f" {number}7")
    assert sum(region.box.height for region in found(sheet)) > 110


def test_specks_around_the_text_are_no_regions() -> None:
    sheet = Sheet()
    box = body(sheet, 300, 12)
    for x, y in ((30, 60), (850, 400), (840, 1200), (400, 1100)):
        sheet.draw.rectangle((x, y, x + 4, y + 4), fill=0)
    (region,) = found(sheet)
    assert_at(region, box, 0.95)


def test_a_block_ends_where_the_next_begins() -> None:
    words = [(90, 100, 500, 118), (90, 124, 300, 172), (90, 170, 700, 200)]
    letters = [(100.0, 118.0), (124.0, 142.0), (160.0, 200.0)]  # the last one's words touch the line above it
    lines = [
        TextLine(np.asarray([box], np.int32), np.asarray([row]), top, bottom)
        for row, (box, (top, bottom)) in enumerate(zip(words, letters, strict=True))
    ]
    none = np.zeros((0, 4), np.int32)
    blocks = find_blocks(lines, Walls(none, none, none), 18)
    assert [block.box.y1 for block in blocks] == [160.0, 200.0]


@pytest.mark.parametrize(
    ("size", "print_size"), [((420, 48), 16), ((300, 36), 18), ((640, 110), 46), ((900, 124), 80)]
)
@pytest.mark.parametrize(("paper", "ink"), [(255, 0), (40, 235)])
def test_a_picture_of_one_line_is_text(size: tuple[int, int], print_size: int, paper: int, ink: int) -> None:
    sheet = Sheet(size, paper)
    box = sheet.text((20, (size[1] - print_size) // 2), "copper bridges", size=print_size, ink=ink)
    (regions,) = DETECTOR.detect([sheet.page()])
    assert all(region.status is Status.OK and region.label in (Label.TEXT, Label.TITLE) for region in regions)
    assert sum(region.box.intersection(box) for region in regions) > 0.8 * box.area
