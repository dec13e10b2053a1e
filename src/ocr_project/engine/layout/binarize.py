"""From grey pixels to ink: whatever differs from the paper around it, dark on light or light on dark."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Mask = NDArray[np.uint8]

# The paper is looked for on a copy of this fraction: text is thinner than the window there, paper is not.
_REDUCTION = 4
# Window of the median that finds the paper, as a share of the page's shorter side. Wide enough that the
# strokes of a headline are the minority in it, narrow enough that the shaded head of a table is paper.
_WINDOW = 1 / 24
# Differences from the paper, of 255. Print in pale colours is 50 and more away; JPEG and scanner noise 10.
_LEAST, _MOST = 28, 64


def find_ink(grey: Grey) -> Mask:
    """Mark the pixels that differ from the paper around them.

    Args:
        grey: Shape (height, width), uint8.

    Returns:
        Shape (height, width), uint8, 255 where there is ink and 0 elsewhere, a new array.
    """
    height, width = grey.shape
    small_size = max(1, width // _REDUCTION), max(1, height // _REDUCTION)
    small = cv2.resize(grey, small_size, interpolation=cv2.INTER_AREA)
    window = int(min(small_size) * _WINDOW) * 2 + 1
    paper = cv2.medianBlur(small, min(255, max(5, window)))
    difference = cv2.absdiff(grey, cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR))
    otsu, _ = cv2.threshold(difference, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    level = min(max(otsu / 2, _LEAST), _MOST)
    _, mask = cv2.threshold(difference, level, 255, cv2.THRESH_BINARY)
    return np.asarray(mask, np.uint8)
