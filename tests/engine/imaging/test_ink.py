"""Ink: whatever differs from the paper around it."""

from __future__ import annotations

import numpy as np
import pytest

from ocr_project.engine.imaging.ink import components, corners, find_ink, find_ink_in_noise, levels
from tests.drawing import Sheet, prose


@pytest.mark.parametrize(("paper", "ink"), [(255, 0), (200, 90), (30, 230)])
def test_ink_is_dark_on_light_or_light_on_dark(paper: int, ink: int) -> None:
    sheet = Sheet((600, 400), paper)
    box = sheet.text((50, 50), "rivers and mountains", ink=ink)
    mask = find_ink(np.asarray(sheet.image))
    ys, xs = np.nonzero(mask)
    assert (xs.min(), xs.max()) == (pytest.approx(box.x0, abs=3), pytest.approx(box.x1, abs=3))
    assert (ys.min(), ys.max()) == (pytest.approx(box.y0, abs=6), pytest.approx(box.y1, abs=6))


@pytest.mark.parametrize("size", [(420, 44), (300, 30), (700, 90), (500, 120)])
@pytest.mark.parametrize(("paper", "ink"), [(255, 0), (30, 230)])
def test_letters_that_fill_a_strip_are_ink(size: tuple[int, int], paper: int, ink: int) -> None:
    sheet = Sheet(size, paper)
    height = size[1] // 2
    box = sheet.text((20, size[1] // 6), "silver bridges", ink=ink, size=height)
    mask = find_ink(np.asarray(sheet.image))
    ys, xs = np.nonzero(mask)
    assert (xs.min(), xs.max()) == (pytest.approx(box.x0, abs=4), pytest.approx(box.x1, abs=4))
    assert 0.05 < (mask[:, int(box.x0) : int(box.x1)] > 0).mean() < 0.45
    assert ys.min() >= box.y0 - 2


def test_specks_are_smoothed_away_and_a_clean_page_is_left_as_it_is() -> None:
    sheet = Sheet((600, 400))
    sheet.lines((30, 30), prose(500, 8))
    clean = np.asarray(sheet.image)
    grey, ink = find_ink_in_noise(clean)
    assert (grey == clean).all()
    noisy = clean.copy()
    noisy[np.random.default_rng(0).random(clean.shape) < 0.01] = 0
    smoothed, found = find_ink_in_noise(noisy)
    assert np.count_nonzero(smoothed != noisy) > 1000
    assert np.count_nonzero(found) < 1.3 * np.count_nonzero(ink)


def test_levels_are_percentiles() -> None:
    grey = np.random.default_rng(1).integers(0, 256, (50, 60), np.uint8)
    expected = [np.percentile(grey, share) for share in (1, 37, 90)]
    assert levels(grey, 0.01, 0.37, 0.90) == pytest.approx(expected)


def test_components_have_boxes() -> None:
    mask = np.zeros((20, 30), np.uint8)
    mask[2:5, 3:9] = 255
    labels, stats = components(mask)
    assert labels[3, 4] == 1
    assert corners(stats[1:]).tolist() == [[3, 2, 9, 5]]
