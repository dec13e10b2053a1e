"""The paper of a page made light and even: white print on a dark page, and the shadow on a photographed one.

Both rules look at a small copy and leave nearly all pages alone, byte for byte.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.ink import MOST_DIFFERENCE, Grey, components, levels

# Set by hand on drawn variants (benchmarks/page_kinds.py); what they give on the shared pages is in docs/log.md.
# A page is dark if the middle one of its tones is below this; every eighth pixel tells.
_DARK, _STEP = 110, 8
_AROUND = 31  # pixels of a copy of half the size: around print most of what so large a square holds is paper
# A shadow: paper that is darker than the page's by more than this, of 255, on this share of the page; its darker half
# is so much darker (a paler one does no harm), and a square of this share of the page's shorter side fits into it
# (into the head of a table none does).
_SHADED, _LEAST_SHARE, _LEAST_DEPTH, _BROAD = 24, 0.03, 48, 0.1
_LIGHT = 0.95  # share of the page's paper that is darker than what is taken for white
# The copy on which shadows are told from what is printed: its shorter side in pixels. A fill, a picture, the edge of
# the sheet end within a pixel of it, a shadow does not: its outline is hard where the paper changes by more than this
# share of its depth within two pixels, and at most this share of it is.
_SIDE = 120
_HARD, _HARD_SHARE = 0.35, 0.3
# Print in a shadow: darker than this share of the paper there, on this share of it, and this many times as much of it
# as there is between that and paper: a picture has all tones.
_INK, _PRINTED, _SHARP, _TONED = 0.65, 0.003, 0.5, 0.85
_DEEPEST = 0.12  # of white: paper darker than this is not lit at all


def lighten(grey: Grey) -> Grey:
    """Turn light print on a dark page into dark print on a light one.

    Args:
        grey: Shape (height, width), uint8.

    Returns:
        A new array, or the same where the page is light or its print is dark: a receipt on a dark table.
    """
    if levels(np.ascontiguousarray(grey[::_STEP, ::_STEP]), 0.5)[0] >= _DARK:
        return grey
    half = cv2.resize(grey, (max(1, grey.shape[1] // 2), max(1, grey.shape[0] // 2)), interpolation=cv2.INTER_AREA)
    square = np.ones((_AROUND, _AROUND), np.uint8)
    lightest, darkest = cv2.dilate(half, square).astype(np.int16), cv2.erode(half, square).astype(np.int16)
    mean = cv2.blur(half, (_AROUND, _AROUND)).astype(np.int16)
    printed = lightest - darkest > 2 * MOST_DIFFERENCE
    on_dark = np.count_nonzero(printed & (2 * mean < lightest + darkest))
    return np.asarray(cv2.bitwise_not(grey), np.uint8) if 2 * on_dark > np.count_nonzero(printed) else grey


def lift_shadows(grey: Grey, paper: Grey) -> Grey:
    """Light up what lies in a shadow, so that its paper is as light as the rest of the page.

    Args:
        grey: Shape (height, width), uint8, dark on light.
        paper: A small copy without print, as `find_paper` gives it.

    Returns:
        A new array, or the same without a shadow.
    """
    white = levels(paper, _LIGHT)[0]
    shaded = paper < white - _SHADED
    if np.count_nonzero(shaded) < _LEAST_SHARE * paper.size:
        return grey
    shadows = _shadows(paper, white)
    if not shadows.any() or not _is_printed(grey, paper, shadows):
        return grey
    lit = np.where(shadows, np.maximum(paper, _DEEPEST * white), white).astype(np.float32)
    light = cv2.resize(cv2.blur(lit, (3, 3)), (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(grey.astype(np.float32), light, scale=white, dtype=cv2.CV_8U), np.uint8)


def _is_printed(grey: Grey, paper: Grey, shadows: NDArray[np.bool_]) -> bool:
    """Return whether there is print in the shadows: much of it is far darker than the paper, little of it between."""
    pixels = cv2.resize(grey, (paper.shape[1], paper.shape[0]), interpolation=cv2.INTER_NEAREST)[shadows]
    share = pixels / np.maximum(paper[shadows], 1)
    dark = np.count_nonzero(share < _INK)
    return bool(
        dark >= _PRINTED * len(share) and dark >= _SHARP * np.count_nonzero((share >= _INK) & (share < _TONED))
    )


def _shadows(paper: Grey, white: float) -> NDArray[np.bool_]:
    """Return where of the small copy there are shadows: dark parts of the paper most of whose outline is soft."""
    height, width = paper.shape
    scale = min(1.0, _SIDE / min(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    tiny = np.asarray(cv2.resize(paper, size, interpolation=cv2.INTER_AREA), np.uint8)
    dark = np.where(tiny < white - _SHADED, 255, 0).astype(np.uint8)
    labels, stats = components(dark)
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    steps = cv2.subtract(cv2.dilate(tiny, cross), cv2.erode(tiny, cross))
    square = np.ones((round(_BROAD * min(tiny.shape)),) * 2, np.uint8)
    broad = cv2.morphologyEx(dark, cv2.MORPH_OPEN, square) > 0
    found = np.zeros(len(stats), np.bool_)
    for label in range(1, len(stats)):
        if stats[label, 4] < _LEAST_SHARE * tiny.size or not (broad & (labels == label)).any():
            continue
        own = np.where(labels == label, 255, 0).astype(np.uint8)
        depth = white - float(np.median(tiny[own > 0]))
        rim = (cv2.dilate(own, cross) > 0) & (cv2.erode(own, cross, borderValue=255) == 0)
        hard = np.count_nonzero(rim & (steps > _HARD * depth))
        found[label] = depth > _LEAST_DEPTH and hard <= _HARD_SHARE * np.count_nonzero(rim)
    mask = np.where(found[labels], 255, 0).astype(np.uint8)
    whole = cv2.resize(cv2.dilate(mask, cross), (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray((whole > 0) & (paper < white), np.bool_)
