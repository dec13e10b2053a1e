"""Damage to pages: seeded, as strong as asked, and boxes go where pixels go."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ocr_project.domain.types import Box
from ocr_project.domain.types.damage import Damage
from ocr_project.engine.imaging.damages import damaged, moved, skewed

PER_MM = 150 / 25.4
MOVING = {Damage.PERSPECTIVE, Damage.SKEW}


def a_page(height: int = 480, width: int = 640) -> NDArray[np.uint8]:
    pixels = np.full((height, width, 3), 250, dtype=np.uint8)
    for y in range(40, height - 40, 36):
        cv2.putText(pixels, "SPECIMEN 353-721-310", (30, y), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (20, 20, 20), 2)
    return pixels


def change(damage: Damage, strength: float) -> float:
    """How far corners move, in pixels, or by how much pixels change, in grey levels: the mean of six places."""
    page, changes = a_page(), []
    corners = np.array([[[0, 0], [640, 0], [640, 480], [0, 480]]], dtype=np.float64)
    for seed in range(6):
        pixels, matrix = damaged(page, damage, strength, PER_MM, np.random.default_rng(seed))
        if damage in MOVING:
            changes.append(float(np.abs(cv2.perspectiveTransform(corners, matrix) - corners).mean()))
        else:
            changes.append(float(np.abs(pixels.astype(int) - page).mean()))
    return float(np.mean(changes))


@pytest.mark.parametrize("damage", Damage)
def test_seeded_and_of_the_same_shape(damage: Damage) -> None:
    page = a_page()
    before = page.copy()
    one, other, another = (damaged(page, damage, 0.6, PER_MM, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one[0].shape == page.shape
    assert one[0].dtype == np.uint8
    assert (one[0] == other[0]).all()
    assert (page == before).all()
    # these two have no place or direction that could be drawn
    assert (one[0] == another[0]).all() == (damage in (Damage.JPEG, Damage.DOWNSCALE)) or damage is Damage.SKEW


@pytest.mark.parametrize("damage", Damage)
def test_more_strength_is_more_damage(damage: Damage) -> None:
    little, much = change(damage, 0.1), change(damage, 1.0)
    assert little > 0.05
    assert much > 1.3 * little


@pytest.mark.parametrize("damage", Damage)
def test_boxes_go_where_pixels_go(damage: Damage) -> None:
    """A black patch on a white page is found within the box that was mapped."""
    page = np.full((480, 640, 3), 255, dtype=np.uint8)
    box = Box(300, 200, 380, 240)
    page[200:240, 300:380] = 0
    for seed in range(5):
        pixels, matrix = damaged(page, damage, 0.8, PER_MM, np.random.default_rng(seed))
        found = moved(box, matrix, 640, 480)
        assert (matrix == np.eye(3)).all() == (damage not in MOVING)
        x0, y0, x1, y1 = (round(edge) for edge in found)
        inside = pixels[y0:y1, x0:x1].mean()
        around = pixels[max(y0 - 40, 0) : y1 + 40, max(x0 - 60, 0) : x1 + 60].mean()
        assert inside < around - 20
        if damage in MOVING:
            dark = (pixels.max(axis=2) < 60).nonzero()
            assert dark[0].min() >= y0 - 1
            assert dark[0].max() <= y1 + 1
            assert dark[1].min() >= x0 - 1
            assert dark[1].max() <= x1 + 1


@pytest.mark.parametrize("damage", sorted(MOVING))
@pytest.mark.parametrize(("height", "width"), [(860, 472), (600, 800)])
def test_no_part_of_a_page_leaves_the_image(damage: Damage, height: int, width: int) -> None:
    page = np.zeros((height, width, 3), dtype=np.uint8)
    corners = np.array([[[0, 0], [width, 0], [width, height], [0, height]]], dtype=np.float64)
    for seed in range(10):
        _, matrix = damaged(page, damage, 1.0, PER_MM, np.random.default_rng(seed))
        points = cv2.perspectiveTransform(corners, matrix)[0]
        assert points.min() > -1
        assert (points.max(axis=0) < [width + 1, height + 1]).all()


def test_a_box_stays_within_the_page() -> None:
    out = np.array([[1.0, 0, 500], [0, 1.0, -30], [0, 0, 1.0]])
    assert moved(Box(100, 10, 300, 60), out, 640, 480) == Box(600, 0, 640, 30)


@pytest.mark.parametrize("shape", [(60, 90), (60, 90, 3)])
def test_a_skewed_page_is_white_at_its_corners(shape: tuple[int, ...]) -> None:
    turned, matrix = skewed(np.zeros(shape, dtype=np.uint8), 10)
    assert turned.shape == shape
    assert (turned[0, 0] == 255).all()
    middle: Any = matrix @ np.array([45.0, 30.0, 1.0])
    assert np.allclose(middle, [45.0, 30.0, 1.0])
    right = matrix @ np.array([90.0, 30.0, 1.0])
    assert right[1] > 30  # clockwise: what was right is lower now
