"""Between the page as it rests and the upright, reduced copy that layout works on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.types import Box
from ocr_project.engine.imaging.ink import Grey

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A turned, deskewed and scaled view of a page.

    Attributes:
        to_page: Shape (3, 3): homogeneous coordinates of the view to pixels of the page.
        straight: Whether the axes of both are parallel and point the same way.
    """

    to_page: Matrix
    straight: bool

    @staticmethod
    def scaled(x: float, y: float) -> Frame:
        """Make the view that is reduced by `x` and `y` (view pixels per page pixel) and not turned."""
        return Frame(np.diag([1 / x, 1 / y, 1.0]), True)

    def turned(self, quarters: int, width: int, height: int) -> Frame:
        """Return the view after `quarters` counterclockwise quarter turns (`numpy.rot90`) of this one.

        Args:
            quarters: 0 to 3.
            width: Pixels of this view, before the turn.
            height: Likewise.
        """
        if quarters % 4 == 0:
            return self
        back = {
            1: [[0, -1, width], [1, 0, 0], [0, 0, 1]],
            2: [[-1, 0, width], [0, -1, height], [0, 0, 1]],
            3: [[0, 1, 0], [-1, 0, height], [0, 0, 1]],
        }[quarters % 4]
        return Frame(self.to_page @ np.asarray(back, np.float64), False)

    def deskewed(self, degrees: float, grey: Grey) -> tuple[Frame, Grey]:
        """Turn pixels so that lines that fall by `degrees` to the right become level.

        Returns:
            The view that the new pixels are in, and these: as many as it takes to lose nothing.
        """
        height, width = grey.shape
        angle = math.radians(degrees)
        cos, sin = math.cos(angle), math.sin(angle)
        new_width = math.ceil(width * abs(cos) + height * abs(sin))
        new_height = math.ceil(height * abs(cos) + width * abs(sin))
        turn = np.asarray([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])
        turn[:2, 2] = np.asarray([new_width, new_height]) / 2 - turn[:2, :2] @ np.asarray([width, height]) / 2
        size = (new_width, new_height)
        level = cv2.warpAffine(grey, turn[:2], size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return Frame(self.to_page @ np.linalg.inv(turn), False), np.asarray(level, np.uint8)

    def place(self, box: Box, width: int, height: int) -> tuple[Box, tuple[float, ...] | None]:
        """Say where a box of this view lies on the page.

        Args:
            box: Pixels of the view.
            width: Pixels of the page.
            height: Likewise.

        Returns:
            Its hull, clipped to the page, and its corners as `Region.quad` has them (`None` where the
            hull says it all).
        """
        corners = np.asarray([[box.x0, box.y0], [box.x1, box.y0], [box.x1, box.y1], [box.x0, box.y1]])
        on_page = corners @ self.to_page[:2, :2].T + self.to_page[:2, 2]
        low, high = on_page.min(axis=0), on_page.max(axis=0)
        x0, y0 = min(max(0.0, float(low[0])), width - 1.0), min(max(0.0, float(low[1])), height - 1.0)
        x1, y1 = max(x0 + 1, min(float(width), float(high[0]))), max(y0 + 1, min(float(height), float(high[1])))
        quad = None if self.straight else tuple(round(float(value), 2) for value in on_page.ravel())
        return Box(x0, y0, x1, y1), quad
