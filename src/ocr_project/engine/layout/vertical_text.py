"""Whether the text of a page runs from top to bottom, which no backend of the laptop reads: the page then says so."""

from __future__ import annotations

import numpy as np

from ocr_project.engine.imaging.ink import Boxes

# Syllables of one column stand nearer to each other than columns do, and no two of them make a wide word. Measured:
# vertical Korean has at most 0.32 of wide words and at least 0.96 nearer below; level pages 0.72 and 0.87.
_WIDE, _WIDE_SHARE = 1.8, 0.45
_BELOW_SHARE = 0.92
_FEWEST, _MOST = 60, 4_000  # words that tell; more would take too much memory, and are not one page of columns
_LEVEL = 0.5  # share of the smaller side that two neighbours have in common
_REASON = (
    "the lines seem to run from top to bottom, which this recognizer does not read: take a model that does, or type"
    " the page"
)


def vertical_reason(words: Boxes) -> str:
    """Return why a page of text is not read, an empty string for level text.

    Args:
        words: Shape (n, 4), outside of tables and pictures.
    """
    width, height = words[:, 2] - words[:, 0], words[:, 3] - words[:, 1]
    usual = float(np.median(np.maximum(width, height))) if len(words) else 0.0
    words = words[np.maximum(width, height) > usual / 2]
    if not _FEWEST <= len(words) <= _MOST:
        return ""
    width, height = words[:, 2] - words[:, 0], words[:, 3] - words[:, 1]
    if np.mean(width > _WIDE * height) > _WIDE_SHARE:
        return ""
    return _REASON if np.mean(_nearest(words, 1) < _nearest(words, 0)) >= _BELOW_SHARE else ""


def _nearest(words: Boxes, axis: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the white to the next word to the right (axis 0) or below (axis 1), infinite where there is none."""
    low, high = words[:, axis], words[:, axis + 2]
    across, beyond = words[:, 1 - axis], words[:, 3 - axis]
    shared = np.minimum(beyond[:, None], beyond) - np.maximum(across[:, None], across)
    beside = shared > _LEVEL * np.minimum((beyond - across)[:, None], beyond - across)
    gaps = (low - high[:, None]).astype(np.float64)
    return np.asarray(np.where(beside & (gaps >= 0), gaps, np.inf).min(axis=1), np.float64)
