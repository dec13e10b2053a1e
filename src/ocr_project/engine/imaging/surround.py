"""What a scanner sees beside the page: black masses along the edges of an image, not print.

Their borders look like drawn lines around the whole page, and the page would be one table.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Grey: TypeAlias = NDArray[np.uint8]

_DARK, _LIGHT = 80, 128  # of 255: darker than any paper, lighter than any mass
_EDGE = 0.5  # share of one edge of the image that a mass covers
_MOST = 0.5  # of the image: more is a dark page
_THICK = 1 / 60  # of the shorter side: letters, rules and frames are thinner
_PRINT = 0.1  # share of light in a mass: print on a black band has more
_REDUCTION = 4


def lift_surround(grey: Grey) -> Grey:
    """Make paper of black masses along the edges of a page.

    Args:
        grey: Shape (height, width), uint8.

    Returns:
        The same array where there is none of that; otherwise a new one.
    """
    if max(float((edge < _DARK).mean()) for edge in (grey[0], grey[-1], grey[:, 0], grey[:, -1])) < _EDGE:
        return grey
    height, width = grey.shape
    size = max(1, width // _REDUCTION), max(1, height // _REDUCTION)
    dark = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA) < _DARK, np.uint8)
    if dark.mean() > _MOST:
        return grey
    side = max(3, round(min(size) * _THICK))
    masses = _along_edges(dark, side)
    if not masses.any():
        return grey
    whole = cv2.bitwise_and(cv2.dilate(masses, np.ones((side, side), np.uint8)), dark)
    whole = cv2.dilate(whole, np.ones((3, 3), np.uint8))  # with the blur of their borders
    lifted = grey.copy()
    lifted[cv2.resize(whole, (width, height), interpolation=cv2.INTER_NEAREST) > 0] = np.median(grey[grey >= _LIGHT])
    return lifted


def _along_edges(dark: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Mark what is thick, dark, empty of print, and covers much of an edge."""
    square = np.ones((side, side), np.uint8)
    framed = cv2.copyMakeBorder(dark, side, side, side, side, cv2.BORDER_REPLICATE)
    solid = cv2.morphologyEx(framed, cv2.MORPH_OPEN, square)[side:-side, side:-side]
    count, labels = cv2.connectedComponents(np.ascontiguousarray(solid), connectivity=4)
    found = np.zeros_like(dark)
    for label in range(1, count):
        mass = np.asarray(labels == label, np.uint8)
        if max(float(edge.mean()) for edge in (mass[0], mass[-1], mass[:, 0], mass[:, -1])) < _EDGE:
            continue
        closed = cv2.morphologyEx(mass, cv2.MORPH_CLOSE, np.ones((3 * side, 3 * side), np.uint8)) > 0
        if float((closed & (dark == 0)).sum()) <= _PRINT * float(closed.sum()):
            found |= mass
    return found
