"""Masks to outlines, one region at a time.

The rules of transformers' processor (PPDocLayoutV3ImageProcessor): the part of the mask under the box, blown up to the
box, its largest contour, straightened to 0.4 % of its length, corners that point inwards left out.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.layout.pp_doclayout.preprocess import SIDE

_STRAIGHT = 0.004  # of the outline's length: transformers' epsilon_ratio
_SHARP = 45.0  # degrees: a corner within one degree of it is pulled in to between its neighbours, as in PaddleX


def outline(
    mask: NDArray[np.uint8], box: tuple[float, float, float, float], size: tuple[int, int]
) -> tuple[float, ...] | None:
    """Find the outline of a region.

    Args:
        mask: Shape (height, width), 0 or 1, over the whole page.
        box: x0, y0, x1, y1 in pixels of the page.
        size: Width and height of the page.

    Returns:
        x, y, x, y, … in pixels of the page, at least four corners; None where the box says as much.
    """
    x0, y0, x1, y1 = (int(value) for value in box)
    width, height = x1 - x0, y1 - y0
    part = _under(mask, (x0, y0, x1, y1), size)
    if width <= 0 or height <= 0 or not part.any():
        return None
    blown = cv2.resize(part, (width, height), interpolation=cv2.INTER_NEAREST)
    contours, _ = cv2.findContours(blown, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    largest = max(contours, key=cv2.contourArea)
    corners = cv2.approxPolyDP(largest, _STRAIGHT * cv2.arcLength(largest, True), True).reshape(-1, 2)
    corners = _outward(corners.astype(float))
    if len(corners) < 4:
        return None
    return tuple((corners + np.array([x0, y0])).ravel().tolist())


def _outward(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keep the corners that point outwards. Shape (n, 2) in and (m, 2) out, clockwise on the page or not at all."""
    back, on = np.roll(corners, 1, axis=0) - corners, np.roll(corners, -1, axis=0) - corners
    turns = back[:, 1] * on[:, 0] - back[:, 0] * on[:, 1]
    lengths = np.linalg.norm(back, axis=1), np.linalg.norm(on, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):  # a contour of one pixel has no directions
        units = back / lengths[0][:, None], on / lengths[1][:, None]
        middle = units[0] + units[1]
        pulled = corners + middle / np.linalg.norm(middle, axis=1)[:, None] * (sum(lengths)[:, None] / 2)
        angles = np.degrees(np.arccos(np.clip((units[0] * units[1]).sum(1), -1, 1)))
    found = np.where((np.abs(angles - _SHARP) < 1)[:, None], pulled, corners)
    return found[turns < 0]


def _under(mask: NDArray[np.uint8], box: tuple[int, int, int, int], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Cut the mask under a box, in its own pixels, rounded as transformers rounds."""
    cut = []
    for side, low, high, pixels in zip(mask.shape[::-1], box[:2], box[2:], size, strict=True):
        scale = SIDE / pixels / 4  # a pixel of the mask is four of the input
        cut.append(slice(*np.clip([round(low * scale), round(high * scale)], 0, side)))
    return mask[cut[1], cut[0]]
