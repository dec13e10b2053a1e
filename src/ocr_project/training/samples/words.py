"""Words with their places, as people annotate them, to lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ocr_project.domain.types import Box

_SAME_LINE = 0.6  # of the median height: how far the middle of a word may be from that of its line
_DRIFT = 0.3  # share of a word in the middle of its line: lines on photographs climb


@dataclass(frozen=True, slots=True)
class PlacedWord:
    """A word that a person annotated.

    Attributes:
        box: Hull, in pixels of its image.
        corners: x, y, x, y, … of its outline.
        order: Of the annotation.
    """

    text: str
    box: Box
    corners: tuple[float, ...]
    order: int


def lines_of(words: Sequence[PlacedWord]) -> str:
    """Return words as lines from the top, each from the left: words are parted by spaces, lines by line feeds.

    A word belongs to the line above where its middle is within 0.6 median heights of that line's, which follows its
    words by 0.3 of their distance (the constants are the predecessor's).
    """
    if not words:
        return ""
    near = max(1.0, _SAME_LINE * float(np.median([word.box.height for word in words])))
    lines: list[list[PlacedWord]] = []
    middle = 0.0
    for word in sorted(words, key=lambda word: (_middle(word), word.box.x0)):
        if lines and abs(_middle(word) - middle) <= near:
            lines[-1].append(word)
            middle += _DRIFT * (_middle(word) - middle)
        else:
            lines.append([word])
            middle = _middle(word)
    ordered = (sorted(line, key=lambda word: (word.box.x0 + word.box.x1, word.order)) for line in lines)
    return "\n".join(" ".join(word.text.strip() for word in line).strip() for line in ordered)


def _middle(word: PlacedWord) -> float:
    return (word.box.y0 + word.box.y1) / 2
