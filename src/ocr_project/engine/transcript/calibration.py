"""What a recognizer's own confidence is worth: the share of characters that was right where it said so.

A table of numbers per kind of word, monotone, linear between its points. It is measured, not derived:
`benchmarks/calibration.py` reads real pages with ground truth, fits the table on one half of the documents and scores
it on the other; docs/log.md has the figures. Fitted again, it is printed as it stands here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

Points = Sequence[tuple[float, float]]
"""Confidence as the recognizer has it, and the share of right characters: both ascending."""


class WordKind(StrEnum):
    """What makes a word easy or hard to be sure of."""

    SIGNS = "signs"  # neither a letter nor a digit: often a rule, a speck, a bullet
    ONE = "one"  # one letter or digit: nothing beside it supports it
    MORE = "more"


@dataclass(frozen=True, slots=True)
class Calibration:
    """A recognizer's table.

    Attributes:
        points: By kind of word.
    """

    points: Mapping[WordKind, Points]

    def share(self, text: str, confidence: float) -> float:
        """Return the expected share of right characters of a word: 0 to 1, never less for a higher confidence."""
        return interpolated(self.points[kind_of(text)], confidence)


def kind_of(text: str) -> WordKind:
    """Return the kind of a word."""
    letters = sum(map(str.isalnum, text))
    return (WordKind.SIGNS, WordKind.ONE, WordKind.MORE)[min(letters, 2)]


def interpolated(points: Points, x: float) -> float:
    """Return the value at x, linear between points and level beyond the first and last."""
    after = bisect_right(points, x, key=lambda point: point[0])
    if after in (0, len(points)):
        return points[max(0, after - 1)][1]
    (x0, y0), (x1, y1) = points[after - 1], points[after]
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)


# By the name in a recognizer's identity. Tesseract's words, those of PP-OCRv6 among them where the extra `rapid` is.
_KNOWN = {
    "tesseract": Calibration(
        {
            WordKind.SIGNS: (
                *((0.098, 0.454), (0.448, 0.454), (0.672, 0.760), (0.856, 0.764), (0.927, 0.764)),
                *((0.970, 0.998), (0.996, 1.000)),
            ),
            WordKind.ONE: (
                *((0.089, 0.311), (0.440, 0.494), (0.713, 0.868), (0.864, 0.947), (0.928, 0.996)),
                *((0.966, 1.000), (0.996, 1.000)),
            ),
            WordKind.MORE: (
                *((0.105, 0.264), (0.472, 0.735), (0.741, 0.899), (0.868, 0.977), (0.930, 0.997)),
                *((0.964, 0.997), (0.999, 0.998)),
            ),
        }
    ),
}


def calibration_of(recognizer: str) -> Calibration | None:
    """Return the table of a recognizer by its name; None where it gives no confidence, or was not measured."""
    return _KNOWN.get(recognizer)
