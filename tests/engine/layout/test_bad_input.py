"""Pages with nothing to find, or with nothing that can be looked at: always a region, never an exception."""

from __future__ import annotations

import numpy as np
import pytest

from ocr_project.domain.options import LayoutBackend, LayoutOptions, OpenCvLayoutOptions
from ocr_project.domain.types import Box, Label, Page, Region, Status
from ocr_project.engine.imaging.pixels import encode
from ocr_project.engine.layout import build_detector
from ocr_project.testing import fakes
from tests.drawing import Sheet, page_of

DETECTOR = build_detector(LayoutOptions())


def only_region(page: Page) -> Region:
    ((region,),) = DETECTOR.detect([page])
    assert region.label is Label.PAGE
    assert (region.page_id, region.index) == (page.page_id, 0)
    assert region.box == Box(0, 0, page.width, page.height)
    return region


@pytest.mark.parametrize("paper", [0, 128, 255])
def test_a_blank_page_is_empty(paper: int) -> None:
    region = only_region(Sheet(paper=paper).page())
    assert (region.status, region.reason) == (Status.EMPTY, "blank page")


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (2, 2), (7, 7), (40, 40)])
@pytest.mark.parametrize("paper", [0, 255])
def test_tiny_pages_are_empty(size: tuple[int, int], paper: int) -> None:
    assert only_region(Sheet(size, paper).page()).status is Status.EMPTY


@pytest.mark.parametrize("seed", range(4))
def test_small_pages_of_noise_raise_nothing(seed: int) -> None:
    random = np.random.default_rng(seed)
    for side in (3, 5, 11, 24, 60, 150):
        pixels = random.integers(0, 256, (side, side * 2, 3), dtype=np.uint8)
        (regions,) = DETECTOR.detect([page_of(pixels)])
        assert regions
        assert all(region.status in (Status.OK, Status.EMPTY) for region in regions)


def test_a_page_too_busy_to_be_text_is_one_region_that_can_be_read() -> None:
    pixels = np.full((1754, 1240, 3), 255, np.uint8)
    pixels[::4, ::4] = pixels[1::4, ::4] = pixels[::4, 1::4] = pixels[1::4, 1::4] = 150
    region = only_region(page_of(pixels))
    assert region.status is Status.OK
    assert region.reason.startswith("no regions were looked for: ")


@pytest.mark.parametrize(
    "image", [b"", b"junk", encode(np.zeros((9, 9, 3), np.uint8))[:40]], ids=["none", "junk", "cut off"]
)
def test_an_image_that_cannot_be_decoded_fails(image: bytes) -> None:
    region = only_region(fakes.page(image=image))
    assert region.status is Status.FAILED
    assert region.reason.startswith("broken: the page image cannot be decoded")


def test_a_page_that_failed_before_is_skipped_with_its_reason() -> None:
    region = only_region(fakes.page(image=None, width=0, height=0, status=Status.FAILED, reason="encrypted: needs it"))
    assert (region.status, region.reason) == (Status.SKIPPED, "encrypted: needs it")


def test_a_bad_page_leaves_its_neighbours_alone() -> None:
    sheet = Sheet()
    sheet.prose((90, 200, 784), 5)
    good, bad = sheet.page(), fakes.page(2, image=b"junk")
    first, second, third = DETECTOR.detect([good, bad, good])
    assert [region.label for region in first] == [Label.TEXT]
    assert [region.status for region in second] == [Status.FAILED]
    assert [region.box for region in third] == [region.box for region in first]


def test_the_time_of_a_page_is_on_its_first_region_only() -> None:
    sheet = Sheet()
    sheet.prose((90, 100, 784), 4)
    sheet.prose((90, 400, 784), 4, seed=1)
    (regions,) = DETECTOR.detect([sheet.page()])
    assert regions[0].seconds > 0
    assert [region.seconds for region in regions[1:]] == [0.0]


def test_whole_page_gives_each_page_one_region() -> None:
    detector = build_detector(LayoutOptions(backend=LayoutBackend.WHOLE_PAGE))
    sheet = Sheet((60, 40))
    ((fine,), (failed,)) = detector.detect([sheet.page(), fakes.page(2, reason="broken: cut off")])
    assert (fine.label, fine.status, fine.box) == (Label.PAGE, Status.OK, Box(0, 0, 60, 40))
    assert (failed.status, failed.reason) == (Status.SKIPPED, "broken: cut off")


def test_the_identity_changes_with_what_changes_the_results() -> None:
    same = build_detector(LayoutOptions()).identity
    other = build_detector(LayoutOptions(opencv=OpenCvLayoutOptions(deskew=False))).identity
    assert same.canonical() == DETECTOR.identity.canonical()
    assert other.canonical() != same.canonical()
