"""Low marks that are not text: dashed rules, and the dirt of a scan around the text."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.ink import Boxes

# Set by hand; what they give on the shared pages is in docs/log.md.
# In body heights.
_LOW = 0.4  # letters are higher
_LEVEL = 0.25  # marks whose middles differ by less are in one row
_NEXT = 1.6  # white between two marks of a dashed rule; what is nearer to a letter is written beside it
_LONG = 5.0  # a dashed rule, at least
_INKED = 0.3  # of a dashed rule, at the least
_OUTSIDE = 1.0  # beyond everything that is written


def separate_specks(words: Boxes, body: float) -> tuple[NDArray[np.bool_], Boxes]:
    """Find dashed rules and dirt among words.

    Args:
        words: Shape (n, 4), int32.
        body: Height of a line of body text in pixels.

    Returns:
        Which words are written, shape (n,); and the boxes of dashed rules.
    """
    low = words[:, 3] - words[:, 1] < _LOW * body
    written = np.ones(len(words), np.bool_)
    rules: list[list[int]] = []
    if not low.any() or low.all():
        return written, np.zeros((0, 4), np.int32)
    tall = words[~low]
    for group in _group_rows(words, np.flatnonzero(low), body):
        box = np.concatenate([words[group, :2].min(axis=0), words[group, 2:].max(axis=0)])
        if _is_rule(words[group], box, tall, body):
            rules.append(box.tolist())
            written[group] = False
    written &= ~(low & _outside(words, tall, _OUTSIDE * body))
    return written, np.asarray(rules, np.int32).reshape(-1, 4)


def _group_rows(words: Boxes, low: NDArray[np.intp], body: float) -> list[list[int]]:
    """Gather marks that stand in one row, not far from each other."""
    middles = (words[:, 1] + words[:, 3]) / 2
    groups: list[list[int]] = []
    for place in sorted(low.tolist(), key=lambda place: int(words[place, 0])):
        for group in reversed(groups):
            last = group[-1]
            gap = words[place, 0] - words[last, 2]
            if abs(middles[place] - middles[last]) < _LEVEL * body and gap < _NEXT * body:
                group.append(place)
                break
        else:
            groups.append([place])
    return groups


def _is_rule(marks: Boxes, box: NDArray[np.int32], tall: Boxes, body: float) -> bool:
    length = int(box[2] - box[0])
    if length < _LONG * body or int((marks[:, 2] - marks[:, 0]).sum()) < _INKED * length:
        return False
    middle = (box[1] + box[3]) / 2
    beside = tall[(tall[:, 1] < middle) & (tall[:, 3] > middle)]
    if not len(beside):
        return True
    gaps = np.maximum(beside[:, 0] - box[2], box[0] - beside[:, 2])
    return bool(gaps.min() >= _NEXT * body)


def _outside(words: Boxes, tall: Boxes, margin: float) -> NDArray[np.bool_]:
    low, high = tall[:, :2].min(axis=0) - margin, tall[:, 2:].max(axis=0) + margin
    return np.asarray((words[:, 2:] < low).any(axis=1) | (words[:, :2] > high).any(axis=1))
