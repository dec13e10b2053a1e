from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ocr_project.domain.options import IngestOptions
from ocr_project.engine.imaging.pixels import Pixels, decode
from ocr_project.engine.ingest.images import count_pages, read_pages, read_whole
from ocr_project.engine.ingest.rendered_page import Picture
from ocr_project.engine.ingest.strips import cut_strip, strip_pages

LINE = 40  # rows from line to line: 24 of ink, 16 of white


def lines(height: int, width: int = 900) -> Pixels:
    pixels = np.full((height, width), 255, np.uint8)
    for top in range(8, height - 24, LINE):
        pixels[top : top + 24, 50 : width - 50 : 7] = 0
    return pixels


@pytest.mark.parametrize(
    ("size", "pages"),
    [
        ((1654, 2339), 1),
        ((600, 3500), 1),
        ((2000, 7999), 1),
        ((1000, 20_000), 14),
        ((20_000, 1000), 1),
        ((1, 90_000), 1),
    ],
)
def test_only_what_is_long_and_large_is_a_strip(size: tuple[int, int], pages: int) -> None:
    assert strip_pages(*size) == pages


def test_a_strip_is_cut_between_lines_and_nothing_of_it_is_lost() -> None:
    strip = lines(20_000)
    pages = cut_strip(strip, 15)
    assert np.array_equal(np.concatenate(pages), strip)
    assert all((page[[0, -1]] == 255).all() for page in pages)
    assert max(map(len, pages)) < 1.5 * 20_000 / 15


def test_a_strip_without_white_is_cut_all_the_same() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (9000, 1000, 3), dtype=np.uint8)
    assert sum(map(len, cut_strip(noise, 6))) == 9000


def test_a_strip_of_more_pixels_than_a_page_may_have_is_read_in_pages(tmp_path: Path) -> None:
    path, strip = tmp_path / "strip.png", lines(12_000)
    Image.fromarray(strip).save(path)
    options = IngestOptions(max_pixels=5_000_000)
    count = count_pages(path, options)
    assert count == strip_pages(900, 12_000)
    pages = [one for one in read_pages(path, 1, count, options) if isinstance(one, Picture)]
    assert np.array_equal(np.concatenate([decode(one.image)[..., 0] for one in pages]), strip)
    (third,) = read_pages(path, 3, 3, options)
    assert third == pages[2]


def test_an_item_of_a_test_set_is_never_cut(tmp_path: Path) -> None:
    path = tmp_path / "strip.png"
    Image.fromarray(lines(12_000)).save(path)
    assert read_whole(path, IngestOptions()).height == 12_000
