"""Korean titles of wide-set letters (`위   임   장`): Tesseract takes each syllable for a line end or for signs.

The white between them is narrowed to that between letters, and what is read then gets its places back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.tesseract import ReadWord
from ocr_project.engine.imaging.text_bands import find_inked

# In heights of the line's ink: white that is wider than the first is narrowed to the second.
_WIDE, _KEPT = 0.6, 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Narrowed:
    """A line without its widest white.

    Attributes:
        pixels: Shape (height, width), uint8.
        columns: Of the line, that are left, shape (width,).
    """

    pixels: NDArray[np.uint8]
    columns: NDArray[np.intp]

    def placed(self, word: ReadWord) -> ReadWord:
        """Return a word, and its parts, where they stand in the line as it was."""
        x0, y0, x1, y1 = word.box
        last = len(self.columns) - 1
        box = int(self.columns[min(x0, last)]), y0, int(self.columns[min(max(x1 - 1, 0), last)]) + 1, y1
        return replace(word, box=box, parts=tuple([self.placed(part) for part in word.parts]))


def narrowed(line: NDArray[np.uint8]) -> Narrowed | None:
    """Narrow the white between the letters of a line; None where none is wide.

    Args:
        line: Shape (height, width), uint8, dark on light.
    """
    ink = find_inked(line)
    rows, inked = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return None
    height = int(rows[-1] + 1 - rows[0])
    gaps = np.diff(inked) - 1
    wide = np.flatnonzero(gaps > _WIDE * height)
    if not len(wide):
        return None
    kept = np.ones(line.shape[1], np.bool_)
    most = round(_KEPT * height)
    for place in wide.tolist():
        kept[inked[place] + 1 + most : inked[place + 1]] = False
    columns = np.flatnonzero(kept)
    return Narrowed(np.ascontiguousarray(line[:, columns]), columns)
