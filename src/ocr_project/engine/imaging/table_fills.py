"""Tables with coloured cells: every cell on white, and lines where one colour ends and the next begins.

Light print on a dark ground, white lines between dark cells and cells that only their colour sets apart are as usual
as drawn lines. The ground of a cell is one patch of one tone around its letters; what differs from it is print.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.ink import MOST_DIFFERENCE, Grey, Mask, components, levels

# Set by hand on one half of the drawn tables (benchmarks/drawn_tables.py); docs/log.md has what they give.
_PAPER = 0.97  # share of the pixels that are not lighter than paper
_STEP = 10  # grey levels between two grounds: the palest tints are 14 from white
# In inches: a square of this side fits into a fill, and one of half of it into the ground beside letters.
_FILL = 0.1
_FEWEST = 0.002  # of the pixels are filled, at the least
_SPREAD = 20  # grey levels within one tone, nine tenths of its pixels
_RIM = 2  # pixels along the end of a patch that are not flat: one of the blur, one of the gradient
_DEFAULT_DPI = 150.0
_SQUARE = np.ones((3, 3), np.uint8)


def _print_on_white() -> NDArray[np.uint8]:
    """Return what a tone becomes that was on a ground, by 256 · ground + tone: white where both are one."""
    ground, tone = np.arange(256)[:, None], np.arange(256)
    away = np.abs(tone - ground) * 255.0 / np.maximum(ground, 255 - ground)
    return np.asarray(255 - np.minimum(255, away), np.uint8).ravel()


_ON_WHITE = _print_on_white()  # a page has millions of pixels, and 65,536 pairs of tones


@dataclass(frozen=True, slots=True, eq=False)
class OnWhite:
    """A table without its fills.

    Attributes:
        grey: Shape (height, width): dark print and lines on white.
        edges: Where grounds meet, 255 and 0, of the same shape.
        filled: What was not on paper, 255 and 0, of the same shape.
    """

    grey: Grey
    edges: Mask
    filled: Mask

    def ink(self, outside: Mask) -> Mask:
        """Return the ink of the table, given what is ink outside of its fills; the fills are none."""
        inside = (self.filled > 0) & (self.edges == 0)
        return np.where(inside, np.where(self.grey < 255 - MOST_DIFFERENCE, 255, 0), outside & ~self.edges).astype(
            np.uint8
        )


def lift_cells(table: Grey, dpi: float) -> OnWhite | None:
    """Take the fills of a table away.

    Args:
        table: Crop of the table, or a page; shape (height, width).
        dpi: Of the crop; 0 where unknown, which counts as 150.

    Returns:
        `None` where nothing is filled.
    """
    side = max(4, round(_FILL * (dpi or _DEFAULT_DPI)))
    paper = int(levels(table, _PAPER)[0])
    toned = np.where(table < paper - _STEP, 255, 0).astype(np.uint8)
    fills = cv2.morphologyEx(toned, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    if np.count_nonzero(fills) < _FEWEST * table.size:
        return None
    ground = _ground(table, side // 2, paper)
    filled = ground < paper - _STEP
    if not filled.any():
        return None
    lifted = _ON_WHITE[np.left_shift(ground, 8, dtype=np.uint16) | table]
    edges = cv2.morphologyEx(ground, cv2.MORPH_GRADIENT, _SQUARE) > _STEP
    return OnWhite(lifted, _mask(edges), _mask(filled))


def _ground(table: Grey, side: int, paper: int) -> Grey:
    """Return the tone behind each pixel: of the smallest patch around it that is large enough for letters."""
    flat = _mask(cv2.morphologyEx(cv2.blur(table, (3, 3)), cv2.MORPH_GRADIENT, _SQUARE) <= _STEP)
    labels, stats = components(flat, connectivity=4)
    roomy = np.unique(labels[cv2.erode(flat, np.ones((side, side), np.uint8)) > 0])
    patches = [label for label in roomy.tolist() if label]
    ground = np.full_like(table, paper)
    for label in sorted(patches, key=lambda label: -int(stats[label, 2]) * int(stats[label, 3])):
        x, y, width, height, _ = (int(value) for value in stats[label])
        window = np.s_[y : y + height, x : x + width]
        low, tone, high = levels(np.ascontiguousarray(table[window][labels[window] == label]), 0.05, 0.5, 0.95)
        if high - low > _SPREAD:
            continue  # a photograph, a shadow
        ground[max(0, y - _RIM) : y + height + _RIM, max(0, x - _RIM) : x + width + _RIM] = int(tone)
    return ground


def _mask(marked: NDArray[np.bool_]) -> Mask:
    return np.where(marked, 255, 0).astype(np.uint8)
