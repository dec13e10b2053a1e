"""Whether a picture holds lines of print that will not be read: the page then says so."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.ink import Boxes, Mask, components
from ocr_project.engine.imaging.words import Words

# In body heights: letters, parts of syllables included; the white between letters and words of a line; a line of them.
_LETTERS, _WIDE = (0.3, 1.4), 3.0
_GAP = 0.9
_LINE, _THICK = 6.0, 1.7
_SHARE = 0.2  # of the print of the page: where pictures hold more, the page has a reason


def printed_shares(ink: Mask, pictures: Boxes, words: Words, body: float) -> NDArray[np.float64]:
    """Measure the lines of print in pictures.

    Args:
        ink: Of the page, without drawn lines.
        pictures: Shape (n, 4).
        words: Of the whole page.
        body: Height of a line of body text in pixels.

    Returns:
        For each picture the length of the lines in it, as a share of the length of all words outside and lines inside.
    """
    lengths = np.asarray([_lines(ink[y0:y1, x0:x1], body) for x0, y0, x1, y1 in pictures.tolist()], np.float64)
    if not lengths.any():
        return lengths
    boxes = words.boxes
    height, middle = boxes[:, 3] - boxes[:, 1], (boxes[:, :2] + boxes[:, 2:]) / 2
    outside = (height >= _LETTERS[0] * body) & (height <= _THICK * body)
    for picture in pictures:
        outside &= ~((middle >= picture[:2]) & (middle < picture[2:])).all(axis=1)
    whole = float(lengths.sum() + (boxes[outside, 2] - boxes[outside, 0]).sum())
    return lengths / whole


def _lines(ink: Mask, body: float) -> float:
    """Return the length of what looks like lines of letters, in pixels."""
    labels, stats = components(ink)
    width, height = stats[:, 2], stats[:, 3]
    letters = (height >= _LETTERS[0] * body) & (height <= _LETTERS[1] * body) & (width <= _WIDE * body)
    letters[0] = False
    if not letters.any():
        return 0.0
    own = np.where(letters, 255, 0).astype(np.uint8)[labels]
    joined = cv2.morphologyEx(own, cv2.MORPH_CLOSE, np.ones((1, max(1, round(_GAP * body))), np.uint8))
    _, runs = components(np.asarray(joined, np.uint8))
    lines = (runs[:, 2] >= _LINE * body) & (runs[:, 3] <= _THICK * body)
    lines[0] = False
    return float(runs[lines, 2].sum())


def unread_print(printed: Sequence[float] | NDArray[np.float64]) -> list[str]:
    """Return a reason for each picture that holds print, where all of them together hold too much of the page's."""
    shares = np.asarray(printed, np.float64)
    whole = float(shares.sum())
    if whole <= _SHARE:
        return [""] * len(shares)
    reason = (
        f"about {whole:.0%} of what looks like print on the page lies in what was taken for pictures, and is not"
        " read: look at the page"
    )
    return [reason if share > 0 else "" for share in shares]
