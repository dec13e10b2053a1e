"""From grey pixels to ink: whatever differs from the paper around it, dark on light or light on dark.

Layout and recognition each mark the ink of a page once. They cannot share it: they run in different processes, and
layout looks at a reduced copy of a page that has more pixels than it needs.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Mask = NDArray[np.uint8]  # 255 for what is marked, 0 elsewhere
Boxes = NDArray[np.int32]  # shape (n, 4): x0 y0 x1 y1, half open

# The paper is looked for on a copy of this fraction: text is thinner than the window there, paper is not.
_REDUCTION = 4
_THINNING = 3  # pixels of that copy
# The shorter side of a picture of a line or two: its letters are as large as the window would be. So it is not
# reduced, which leaves strokes thin, and the window reaches across.
_STRIP = 128
# Window of the median that finds the paper, as a share of the page's shorter side. Wide enough that the
# strokes of a headline are the minority in it, narrow enough that the shaded head of a table is paper.
_WINDOW = 1 / 24
# Differences from the paper, of 255. Print in pale colours is 50 and more away; JPEG and scanner noise 10.
LEAST_DIFFERENCE, MOST_DIFFERENCE = 28, 64
# A page is speckled if this share of its ink has hardly any other in the square around it. Of 70 real pages and tables
# none reached 0.0012; at 0.007 (one pixel of 2,000 black) specks begin to join words and lines.
_SPECKLED = 0.004
_ALONE, _AROUND = 2, 5
_ROUNDS = 2  # of the median that takes specks off


def components(mask: Mask, connectivity: int = 8) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Find connected ink.

    Args:
        mask: Shape (height, width), uint8.
        connectivity: 4 or 8 neighbours.

    Returns:
        The label of each pixel, of the mask's shape, 0 where there is none; and a row for each label, 0 included:
        x, y, width, height, pixels.
    """
    try:  # labels of 16 bits take a third of the time
        _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, None, None, None, connectivity, cv2.CV_16U)
    except cv2.error:  # more than 65,534 of them
        _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, None, None, None, connectivity, cv2.CV_32S)
    return labels, np.asarray(stats, np.int32)


def corners(stats: NDArray[Any]) -> Boxes:
    """Turn rows of component statistics (x, y, width, height, …) into boxes; returns a new array."""
    boxes = stats[:, :4].astype(np.int32)
    boxes[:, 2:] += boxes[:, :2]
    return boxes


def levels(grey: Grey, *shares: float) -> tuple[float, ...]:
    """Return the grey levels below which given shares of the pixels lie.

    What `np.percentile` gives, in a tenth of the time: there are only 256 levels to count.

    Args:
        grey: Any shape, uint8, not empty.
        shares: 0 to 1.
    """
    # OpenCV counts eight times as fast as `np.bincount`; its counts are exact up to 16 million pixels of one level
    counts = cv2.calcHist([grey], [0], None, [256], [0, 256])
    reached = np.cumsum(counts, dtype=np.float64)
    places = np.asarray(shares) * (grey.size - 1)
    low, high = (np.searchsorted(reached, edge(places), side="right") for edge in (np.floor, np.ceil))
    return tuple((low + (high - low) * (places - np.floor(places))).tolist())


def find_ink(grey: Grey) -> Mask:
    """Mark the pixels that differ from the paper around them.

    Args:
        grey: Shape (height, width), uint8.

    Returns:
        Shape (height, width), uint8, 255 where there is ink and 0 elsewhere, a new array.
    """
    return mark_ink(grey, find_paper(grey))


def find_paper(grey: Grey) -> Grey:
    """Return the paper of a page without its print: a small copy, a new array."""
    height, width = grey.shape
    is_strip = min(height, width) <= _STRIP
    reduction = 1 if is_strip else _REDUCTION
    small_size = max(1, width // reduction), max(1, height // reduction)
    small = cv2.resize(grey, small_size, interpolation=cv2.INTER_AREA)
    # Thinned first: where lines stand close, the smear of small print would be the majority.
    small = cv2.dilate(small, np.ones((_THINNING, _THINNING), np.uint8))
    window = min(small_size) | 1 if is_strip else int(min(small_size) * _WINDOW) * 2 + 1
    return np.asarray(cv2.medianBlur(small, min(255, max(5, window))), np.uint8)


def mark_ink(grey: Grey, paper: Grey) -> Mask:
    """Mark the pixels that differ from a paper that `find_paper` gave."""
    height, width = grey.shape
    difference = cv2.absdiff(grey, cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR))
    otsu, _ = cv2.threshold(difference, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    level = min(max(otsu / 2, LEAST_DIFFERENCE), MOST_DIFFERENCE)
    _, mask = cv2.threshold(difference, level, 255, cv2.THRESH_BINARY)
    return np.asarray(mask, np.uint8)


def find_ink_in_noise(grey: Grey, paper: Grey | None = None) -> tuple[Grey, Mask]:
    """Mark the ink of a page, which is smoothed first if it is full of specks.

    Args:
        grey: Shape (height, width), uint8.
        paper: As `find_paper` gives it, where it is known.

    Returns:
        The grey pixels, smoothed or as they are, and the ink as `find_ink` gives it.
    """
    ink = mark_ink(grey, find_paper(grey) if paper is None else paper)
    for _ in range(_ROUNDS):
        if not _is_speckled(ink):
            break
        grey = np.asarray(cv2.medianBlur(grey, 3), np.uint8)
        ink = find_ink(grey)
    return grey, ink


def _is_speckled(ink: Mask) -> bool:
    ones = ink & 1
    square = (_AROUND, _AROUND)
    near = cv2.boxFilter(ones, -1, square, normalize=False, borderType=cv2.BORDER_CONSTANT)
    alone = np.count_nonzero((ones > 0) & (near <= _ALONE))
    return bool(alone > _SPECKLED * np.count_nonzero(ones))
