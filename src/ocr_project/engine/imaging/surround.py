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
_PRINT = 0.1  # share of light in a mass: print on a black band may have more
_LETTER = 3  # pixels of the reduced image, at least: 12 of the page
_LARGEST = 0.05  # of the image: what is larger is the page
_BESIDE = 3.0  # heights between two letters of a line, at most; their heights differ by as much at most
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
    thick = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    if max(float(edge.mean()) for edge in (thick[0], thick[-1], thick[:, 0], thick[:, -1])) < _EDGE:
        return grey  # lines at most: the crop of a table ends with one
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
        light = closed & (dark == 0)
        if float(light.sum()) <= _PRINT * float(closed.sum()) and not _holds_a_line(dark, light):
            found |= mass
    return found


def _holds_a_line(dark: NDArray[np.uint8], light: NDArray[np.bool_]) -> bool:
    """Say whether light spots of a letter's size stand beside each other in the dark, as words on a black band do."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(np.asarray(dark == 0, np.uint8), connectivity=8)
    left, top, width, height, area = stats[np.unique(labels[light])].T
    sized = (np.minimum(width, height) > 0) & (np.maximum(width, height) >= _LETTER) & (area <= _LARGEST * dark.size)
    left, top, width, height = left[sized], top[sized], width[sized], height[sized]
    return _are_beside(left, width, top, height) or _are_beside(top, height, left, width)


def _are_beside(
    start: NDArray[np.int32], length: NDArray[np.int32], top: NDArray[np.int32], height: NDArray[np.int32]
) -> bool:
    """Say whether two of some boxes stand in one line: as high, at one height, close to each other."""
    low, high = np.minimum.outer(height, height), np.maximum.outer(height, height)
    shared = np.minimum.outer(top + height, top + height) - np.maximum.outer(top, top)
    gap = np.maximum.outer(start, start) - np.minimum.outer(start + length, start + length)
    pair = (low >= _LETTER) & (high <= _BESIDE * low) & (2 * shared >= low) & (gap <= _BESIDE * high)
    return bool(np.triu(pair, 1).any())
