"""What is dark on a page: ink, its unit of length, and its skew."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]

WORKING_HEIGHT = 1750  # longer side of the reduced page in pixels: A4 at 150 dpi, where letters are 15 to 20 high
_LEAST_CONTRAST = 28  # grey levels between paper and ink; faint print is about 40, the noise of paper about 10
_MOST_COMPONENTS = 60_000  # a page has some thousand letters; more is noise
_COARSE_DEGREES = np.arange(-10.0, 10.01, 0.5)


@dataclass(frozen=True, slots=True)
class Components:
    """Connected pieces of ink.

    Attributes:
        boxes: Shape (n, 4), int32: x0, y0, x1, y1, half open, pixels of the mask.
        areas: Shape (n,), int32: pixels of ink.
    """

    boxes: NDArray[np.int32]
    areas: NDArray[np.int32]

    def take(self, chosen: NDArray[np.bool_]) -> Components:
        return Components(self.boxes[chosen], self.areas[chosen])

    @property
    def heights(self) -> NDArray[np.int32]:
        return self.boxes[:, 3] - self.boxes[:, 1]

    @property
    def widths(self) -> NDArray[np.int32]:
        return self.boxes[:, 2] - self.boxes[:, 0]


def find_ink(grey: NDArray[np.uint8]) -> Mask:
    """Separate ink from paper, whatever the lighting.

    Args:
        grey: Shape (height, width), uint8.

    Returns:
        255 where there is ink, 0 elsewhere. Areas darker than paper over more than about two lines
        (photographs, dark panels) count by their own background.
    """
    quarter = cv2.resize(grey, (max(1, grey.shape[1] // 4), max(1, grey.shape[0] // 4)), interpolation=cv2.INTER_AREA)
    paper = cv2.blur(cv2.dilate(quarter, np.ones((9, 9), np.uint8)), (13, 13))
    depth = cv2.subtract(cv2.resize(paper, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR), grey)
    level, _ = cv2.threshold(depth, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    _, ink = cv2.threshold(depth, max(_LEAST_CONTRAST, level * 0.7), 255, cv2.THRESH_BINARY)
    return np.asarray(ink, np.uint8)


def find_components(ink: Mask) -> Components | None:
    """Label the connected pieces of ink; None where there are so many that the page is noise."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=cv2.CV_32S)
    if count - 1 > _MOST_COMPONENTS:
        return None
    x, y, w, h, area = (stats[1:, column] for column in range(5))
    return Components(np.stack([x, y, x + w, y + h], axis=1).astype(np.int32), area.astype(np.int32))


def letter_height(ink: Mask, components: Components) -> float:
    """Return the height of a line of body text from its highest to its lowest letter: the unit of all lengths.

    First from the pieces of ink (60th percentile of their heights, weighted by width, so that dots
    count little); then, since a Korean syllable falls into several pieces, from the stretches that
    these make when they are joined sideways. In pixels of the mask; 0 where there are no letters.
    """
    heights, widths = components.heights, components.widths
    pieces = (heights >= 4) & (heights <= 80) & (widths <= 4 * heights) & (components.areas >= 6)
    if not pieces.any():
        return 0.0
    first = _weighted(heights[pieces], widths[pieces], 0.6)
    kernel = np.ones((max(1, round(0.3 * first)), max(2, round(0.8 * first))), np.uint8)
    joined = find_components(np.asarray(cv2.morphologyEx(ink, cv2.MORPH_CLOSE, kernel), np.uint8))
    if joined is None:
        return first
    lines = (joined.heights >= 0.7 * first) & (joined.heights <= 2.5 * first) & (joined.widths >= 2 * joined.heights)
    return _weighted(joined.heights[lines], joined.widths[lines], 0.5) if lines.any() else first


def _weighted(values: NDArray[np.int32], weights: NDArray[np.int32], share: float) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, share * reached[-1])])


def find_skew(ink: Mask) -> float:
    """Estimate by how many degrees lines of text fall (positive) or rise to the right, within ten.

    The angle at which the rows of a turned page are most unlike each other (projection profile,
    Postl, 1986), to 0.05 degrees.
    """
    scale = 700.0 / max(ink.shape)
    small = cv2.resize(ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    coarse = _sharpest(small, _COARSE_DEGREES)
    fine = _sharpest(small, coarse + np.arange(-0.5, 0.51, 0.1))
    return fine + float(_peak(small, fine))


def lines_run_down(ink: Mask) -> bool:
    """Say whether the lines of text run from top to bottom: the page was scanned on its side."""
    scale = 700.0 / max(ink.shape)
    small = cv2.resize(ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return _contrast(np.rot90(small)) > 1.5 * _contrast(small)


def _sharpest(small: Mask, angles: NDArray[np.float64]) -> float:
    return float(angles[int(np.argmax([_contrast(_turned(small, angle)) for angle in angles]))])


def _peak(small: Mask, angle: float, step: float = 0.1) -> float:
    """Offset of the maximum of a parabola through three neighbours."""
    before, here, after = (_contrast(_turned(small, angle + offset)) for offset in (-step, 0.0, step))
    bend = before - 2 * here + after
    return 0.0 if bend >= 0 else float(np.clip(0.5 * step * (before - after) / bend, -step, step))


def _contrast(small: NDArray[np.uint8]) -> float:
    rows = np.sum(small, axis=1, dtype=np.float64)
    return float(np.sum(np.diff(rows) ** 2)) / max(1.0, float(rows.sum()))


def _turned(small: Mask, degrees: float) -> Mask:
    height, width = small.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return np.asarray(cv2.warpAffine(small, matrix, (width, height), flags=cv2.INTER_LINEAR), np.uint8)
