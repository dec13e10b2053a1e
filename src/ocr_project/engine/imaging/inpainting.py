"""Taking out of an image what nothing is known about, so that a model does not learn to pass it over."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ocr_project.engine.imaging.pixels import Pixels

_MARGIN = 0.12  # of the median height of what is kept, around it: letters reach out of their boxes
_FEATHER = 0.06  # of the same: how softly what is kept goes over into what is made up
_RADIUS = 3  # pixels around a hole that fill it (Telea, 2004)
_INK = 24  # of 255: what differs less from the paper is paper already


def keep_only(pixels: Pixels, outlines: Sequence[Sequence[float]]) -> Pixels:
    """Keep what is within outlines, and fill what else is printed as if it had never been there.

    Margins and radius are the predecessor's. It filled all pixels outside of the outlines; here only those that differ
    from the paper are, which leaves the paper's own grain and takes 0.4 to 0.7 times the time (docs/log.md).

    Args:
        pixels: Shape (height, width, 3), RGB.
        outlines: x, y, x, y, … each, in pixels.

    Returns:
        A new array of the same shape; without outlines the pixels themselves.
    """
    if not outlines:
        return pixels
    corners = [np.rint(np.asarray(one, np.float64).reshape(-1, 2)).astype(np.int32) for one in outlines]
    height = float(np.median([max(1, int(np.ptp(one[:, 1]))) for one in corners]))
    kept = np.zeros(pixels.shape[:2], np.uint8)
    cv2.fillPoly(kept, corners, 255)
    margin = max(2, round(_MARGIN * height))
    kept = np.asarray(cv2.dilate(kept, _disc(margin)), np.uint8)
    paper = np.median(pixels.reshape(-1, 3), axis=0)
    ink = (np.abs(pixels.astype(np.int16) - paper.astype(np.int16)).max(axis=2) > _INK).astype(np.uint8)
    holes = cv2.dilate(ink, _disc(2)) & (kept == 0).astype(np.uint8)
    if not holes.any():
        return pixels
    filled = np.asarray(cv2.inpaint(np.ascontiguousarray(pixels), holes, _RADIUS, cv2.INPAINT_TELEA), np.float32)
    size = 2 * max(1, round(_FEATHER * height)) + 1
    share = cv2.GaussianBlur((kept > 0).astype(np.float32), (size, size), 0)[..., None]
    return np.asarray(np.rint(pixels * share + filled * (1 - share)), np.uint8)


def _disc(radius: int) -> Pixels:
    side = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
