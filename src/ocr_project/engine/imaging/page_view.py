"""Between the page as it is stored and the upright, reduced copy that layout works on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.types import Box
from ocr_project.engine.imaging.ink import Boxes, Grey

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PageView:
    """A turned, deskewed and scaled view of a page.

    Attributes:
        to_page: Shape (3, 3): homogeneous coordinates of the view to pixels of the page.
        straight: Whether the axes of both are parallel and point the same way.
    """

    to_page: Matrix
    straight: bool

    @staticmethod
    def scaled(x: float, y: float) -> PageView:
        """Make the view that is reduced by `x` and `y` (view pixels per page pixel) and not turned."""
        return PageView(np.diag([1 / x, 1 / y, 1.0]), True)

    def turned(self, quarters: int, width: int, height: int) -> PageView:
        """Return the view after `quarters` counterclockwise quarter turns (`numpy.rot90`) of this one.

        Args:
            quarters: 0 to 3.
            width: Pixels of this view, before the turn.
            height: Pixels of this view, before the turn.
        """
        if quarters % 4 == 0:
            return self
        back = {
            1: [[0, -1, width], [1, 0, 0], [0, 0, 1]],
            2: [[-1, 0, width], [0, -1, height], [0, 0, 1]],
            3: [[0, 1, 0], [-1, 0, height], [0, 0, 1]],
        }[quarters % 4]
        return PageView(self.to_page @ np.asarray(back, np.float64), False)

    def deskewed(self, degrees: float, grey: Grey) -> tuple[PageView, Grey]:
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
        return PageView(self.to_page @ np.linalg.inv(turn), False), np.asarray(level, np.uint8)

    def place(self, box: Box, width: int, height: int) -> tuple[Box, tuple[float, ...] | None]:
        """Return where a box of this view lies on the page.

        Args:
            box: Pixels of the view.
            width: Pixels of the page.
            height: Pixels of the page.

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

    def place_cells(self, cells: Boxes, box: Box, quad: tuple[float, ...] | None) -> tuple[float, ...]:
        """Return the cells of a table as `Region.cells` has them.

        Args:
            cells: Pixels of the view.
            box: Of their region on the page, as `place` returned it.
            quad: Of their region, as `place` returned it.
        """
        ends = cells.reshape(-1, 2) @ self.to_page[:2, :2].T + self.to_page[:2, 2]  # two corners of each
        if quad is None:
            upright = ends - np.floor([box.x0, box.y0])
        else:
            corner, right, _, down = np.asarray(quad, np.float64).reshape(4, 2)
            axes = np.stack([right - corner, down - corner])
            upright = (ends - corner) @ (axes / np.linalg.norm(axes, axis=1, keepdims=True)).T
        return tuple(round(float(value), 1) for value in upright.ravel())
