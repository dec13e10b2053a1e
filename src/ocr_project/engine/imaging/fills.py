"""Filled areas and the letters on them: white on a dark band, black on a shaded cell."""

from __future__ import annotations

import cv2
import numpy as np

from ocr_project.engine.imaging.ink import MOST_DIFFERENCE, Grey, Mask, components

# Set by hand; what they give on the shared pages is in docs/log.md.
# In body heights: ink that a square of this side fits into is not a letter but a fill: a band, a bar, a shaded cell;
# and the white in it, up to this side, is letters.
_FILL = 0.8
_LETTERS = 1.6
# Share of its hull that a fill covers if it is taken for a rectangle, and how many fills are looked into.
_RECTANGLE = 0.8
_MOST_FILLS = 200


def lift_fills(grey: Grey, ink: Mask, body: float) -> Mask:
    """Replace filled areas by the letters on them: white on a dark band, black on a shaded cell.

    Args:
        grey: Shape (height, width), uint8.
        ink: As `find_ink` gives it.
        body: Height of a line of body text in pixels.

    Returns:
        As `ink`, a new array where there are fills.
    """
    side = max(4, round(body * _FILL))
    fills = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    if not fills.any():
        return ink
    reach = max(3, round(body * _LETTERS))
    closed = cv2.morphologyEx(fills, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    labels, stats = components(np.asarray(closed, np.uint8))
    lifted = ink.copy()
    largest = np.argsort(stats[1:, 4])[::-1][:_MOST_FILLS] + 1
    for label in largest:
        x, y, width, height, area = (int(value) for value in stats[label])
        window = np.s_[y : y + height, x : x + width]
        inside = labels[window] == label
        if area >= _RECTANGLE * width * height:
            inside[:] = True
        tone = int(np.median(grey[window][(fills[window] > 0) & inside]))
        letters = cv2.absdiff(grey[window], np.full((height, width), tone, np.uint8)) > MOST_DIFFERENCE
        lifted[window][inside] = np.where(letters, 255, 0).astype(np.uint8)[inside]
    return lifted
