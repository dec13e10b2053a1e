"""How far the lines of a page are from level, by the sharpness of their projection."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.ink import Mask

# Set by hand; tests turn pages by known angles.
_LARGEST = 10.0  # degrees, as the option says
_COARSE, _FINE, _FINEST = 0.5, 0.1, 0.02  # degrees between the angles that are tried, in three rounds
_SIDE = 900  # pixels of the longer side of the copy that is projected: a line of text is still 5 of them
_COARSE_POINTS, _POINTS = 6_000, 24_000
_FEWEST = 40  # points; below that there is nothing to be sharp about

Points = NDArray[np.float32]
Small = NDArray[np.bool_]


def shrunk(mask: Mask) -> Small:
    """Return a small copy of the ink, enough to tell how its lines run."""
    height, width = mask.shape
    scale = min(1.0, _SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA) > 64)


def estimate_skew(small: Small) -> float:
    """Find the angle by which the lines of text fall to the right.

    Args:
        small: Ink as `shrunk` gives it; its text runs about from left to right.

    Returns:
        Degrees, -10 to 10; 0 where there is too little ink to tell.
    """
    points = _edges(small)
    if len(points) < _FEWEST:
        return 0.0
    few, many = _thin(points, _COARSE_POINTS), _thin(points, _POINTS)
    best = _sharpest(few, 0.0, _LARGEST, _COARSE)
    best = _sharpest(many, best, _COARSE, _FINE)
    best = _sharpest(many, best, _FINE, _FINEST)
    return float(np.clip(best, -_LARGEST, _LARGEST))


def sharpness(small: Small) -> float:
    """Return how strongly ink gathers in rows, at the best angle: large for lines of text that are about level.

    Returns:
        The sum of squared differences between neighbouring rows, for each point that was counted.
    """
    points = _thin(_edges(small), _COARSE_POINTS)
    if len(points) < _FEWEST:
        return 0.0
    angle = _sharpest(points, 0.0, _LARGEST, _COARSE)
    return _score(points, angle) / len(points)


def _edges(small: Small) -> Points:
    """Return the pixels below which ink ends: baselines are denser in them than in ink."""
    ends = small[:-1] & ~small[1:]
    ys, xs = np.nonzero(ends)
    return np.stack([xs, ys], axis=1).astype(np.float32) - np.asarray([small.shape[1] / 2, 0], np.float32)


def _thin(points: Points, most: int) -> Points:
    step = -(-len(points) // most) or 1
    return points[::step]


def _sharpest(points: Points, middle: float, reach: float, step: float) -> float:
    angles = middle + np.arange(-round(reach / step), round(reach / step) + 1) * step
    scores = [_score(points, float(angle)) for angle in angles]
    return float(angles[int(np.argmax(scores))])


def _score(points: Points, degrees: float) -> float:
    rows = points[:, 1] - points[:, 0] * np.float32(np.tan(np.radians(degrees)))
    counts = np.bincount((rows - rows.min()).astype(np.int32)).astype(np.float64)
    return float(np.square(np.diff(counts)).sum())
