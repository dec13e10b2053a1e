"""Between the pixels of a region's crop, as it is read, and those of its page."""

from __future__ import annotations

import numpy as np

from ocr_project.domain.types import Box, Region
from ocr_project.engine.imaging.ruled_table import PixelBox
from ocr_project.engine.imaging.small_print import ScaledCrop

_LEAST_SIDE = 3  # pixels: no letter is smaller


class CropToPage:
    """From pixels of a crop to pixels of its page: the way back of `imaging.pixels.crop`."""

    def __init__(self, region: Region, piece: ScaledCrop) -> None:
        height, width = piece.pixels.shape
        if region.quad is None:
            x0, y0 = max(0.0, float(np.floor(region.box.x0))), max(0.0, float(np.floor(region.box.y0)))
            self._origin, self._right, self._down = (x0, y0), (1.0 / piece.scale, 0.0), (0.0, 1.0 / piece.scale)
        else:
            (x0, y0), (x1, y1), _, (x3, y3) = zip(region.quad[::2], region.quad[1::2], strict=True)
            self._origin = (x0, y0)
            self._right = (x1 - x0) / width, (y1 - y0) / width
            self._down = (x3 - x0) / height, (y3 - y0) / height

    def __call__(self, box: tuple[int, int, int, int]) -> Box:
        """Plain floats: NumPy takes ten times as long for four points, and pages have hundreds of words."""
        corners = [(x, y) for x in box[::2] for y in box[1::2]]
        xs, ys = ([self._place(axis, x, y) for x, y in corners] for axis in (0, 1))
        return Box(min(xs), min(ys), max(xs), max(ys))

    def _place(self, axis: int, x: float, y: float) -> float:
        return self._origin[axis] + x * self._right[axis] + y * self._down[axis]


def known_cells(region: Region, piece: ScaledCrop) -> list[PixelBox]:
    """Return the cells that the detector saw, in pixels of the crop; none where one of them lies outside of it."""
    height, width = piece.pixels.shape
    boxes = np.rint(np.asarray(region.cells or (), np.float64).reshape(-1, 4) * piece.scale).astype(int)
    if not len(boxes) or boxes.min() < 0 or (boxes[:, 2:] > (width, height)).any():
        return []
    if (boxes[:, 2:] - boxes[:, :2] < _LEAST_SIDE).any():
        return []
    return [(x0, y0, x1, y1) for x0, y0, x1, y1 in boxes.tolist()]
