"""Pictures: what is too tall to be letters, drawings of lines, and areas of many tones."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.ink import Boxes, Grey, components, corners, levels
from ocr_project.engine.imaging.words import Words

# Set by hand; what they give on the shared pages is in docs/log.md.
# In body heights: ink that hangs together and is taller than this, and wider than that, is not a word.
_TALL = 3.2
_WIDE = 1.6
# A slender one must be inked over this share of its hull; else it is the remainder of a frame.
_INKED = 0.2
# Parts of one picture are this near to each other.
_REACH = 2.0
# A headline is tall, too: this many pieces of about one height side by side.
_HEADLINE = 3
# Text in a frame is not a picture: lines of this length (in body heights) that cover this share of it.
_LINE = 9.0
_LINES_SHARE = 0.2
# A photograph: no blank paper in squares of this side (in body heights), at least so large, and not of two tones,
# as a shaded table is: at most this share of it is in the two commonest sixteenths of the tones.
_SOLID, _LEAST_SIDE = 1.5, 3.0
_TWO_TONES, _TONES, _LEVELS = 0.6, 16, 16
_REDUCTION = 4


def find_pictures(grey: Grey, words: Words, drawings: Boxes, body: float) -> Boxes:
    """Find the pictures of a page.

    Args:
        grey: Shape (height, width), uint8.
        words: Of the whole page.
        drawings: Boxes of drawn lines that form no table.
        body: Height of a line of body text in pixels.

    Returns:
        Shape (n, 4), int32: boxes that do not overlap.
    """
    seeds = np.concatenate([_tall(words, body), drawings, _photographs(grey, body)])
    merged = _merge(seeds, words.mask.shape, body)
    pictures: list[NDArray[np.int32]] = []
    for box in merged:
        inside = [seed for seed in seeds if (seed[:2] >= box[:2]).all() and (seed[2:] <= box[2:]).all()]
        whole = not _holds_text(words, box, body)
        pictures += [box] if whole else [seed for seed in inside if not _holds_text(words, seed, body)]
    return np.stack(pictures) if pictures else np.zeros((0, 4), np.int32)


def _tall(words: Words, body: float) -> Boxes:
    width, height = words.boxes[:, 2] - words.boxes[:, 0], words.boxes[:, 3] - words.boxes[:, 1]
    full = (words.ink > _INKED * width * height) | (np.minimum(width, height) > _TALL * body)
    tall = words.boxes[(height > _TALL * body) & (width > _WIDE * body) & full]
    return np.asarray(tall[[not _in_headline(tall, box) for box in tall]]) if len(tall) else tall


def _in_headline(tall: Boxes, box: NDArray[np.int32]) -> bool:
    height = box[3] - box[1]
    level = np.abs(tall[:, 3] - box[3]) < height / 5
    alike = np.abs((tall[:, 3] - tall[:, 1]) - height) < height / 4
    return int((level & alike).sum()) >= _HEADLINE


def _photographs(grey: Grey, body: float) -> Boxes:
    size = max(1, grey.shape[1] // _REDUCTION), max(1, grey.shape[0] // _REDUCTION)
    small = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    paper = int(levels(small, 0.90)[0])
    toned = np.where(np.abs(small.astype(np.int16) - paper) > _LEVELS, 255, 0).astype(np.uint8)
    side = max(2, round(_SOLID * body / _REDUCTION))
    solid = cv2.morphologyEx(toned, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    labels, stats = components(np.asarray(solid, np.uint8))
    found = []
    for label in range(1, len(stats)):
        x, y, width, height, _ = (int(value) for value in stats[label])
        if min(width, height) * _REDUCTION < _LEAST_SIDE * body:
            continue
        tones = small[y : y + height, x : x + width][labels[y : y + height, x : x + width] == label]
        shares = np.sort(np.bincount(tones // (256 // _TONES), minlength=_TONES)) / len(tones)
        if shares[-2:].sum() <= _TWO_TONES:
            found.append([x * _REDUCTION, y * _REDUCTION, (x + width) * _REDUCTION, (y + height) * _REDUCTION])
    return np.asarray(found, np.int32).reshape(-1, 4)


def _merge(seeds: Boxes, shape: tuple[int, ...], body: float) -> Boxes:
    """Join boxes that are near to each other, until none are."""
    reach = max(1, round(_REACH * body / 2))
    boxes = seeds
    while len(boxes):
        canvas = np.zeros(shape, np.uint8)
        for x0, y0, x1, y1 in boxes:
            canvas[max(0, y0 - reach) : y1 + reach, max(0, x0 - reach) : x1 + reach] = 255
        labels, stats = components(canvas)
        owner = labels[np.minimum(boxes[:, 1], shape[0] - 1), np.minimum(boxes[:, 0], shape[1] - 1)]
        groups = [boxes[owner == label] for label in range(1, len(stats))]
        joined = np.stack([np.concatenate([group[:, :2].min(0), group[:, 2:].max(0)]) for group in groups])
        if len(joined) == len(boxes):
            break
        boxes = joined
    return boxes


def _holds_text(words: Words, box: NDArray[np.int32], body: float) -> bool:
    """Return whether long lines of text cover a good part of a box."""
    x0, y0, x1, y1 = (int(value) for value in box)
    inside = words.boxes[
        (words.boxes[:, 0] >= x0) & (words.boxes[:, 1] >= y0) & (words.boxes[:, 2] <= x1) & (words.boxes[:, 3] <= y1)
    ]
    heights = inside[:, 3] - inside[:, 1]
    letters = inside[(heights <= 2 * body) & (heights >= 0.4 * body)]
    canvas = np.zeros((max(1, y1 - y0), max(1, x1 - x0)), np.uint8)
    for a, b, c, d in letters:
        canvas[b - y0 : d - y0, a - x0 : c - x0] = 255
    joined = cv2.morphologyEx(canvas, cv2.MORPH_CLOSE, np.ones((1, max(1, round(body))), np.uint8))
    _, stats = components(np.asarray(joined, np.uint8))
    lines = corners(stats[1:])
    long = lines[lines[:, 2] - lines[:, 0] >= _LINE * body]
    covered = float(((long[:, 2] - long[:, 0]) * (long[:, 3] - long[:, 1])).sum())
    return covered >= _LINES_SHARE * canvas.size
