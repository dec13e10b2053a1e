"""Cells whose text runs from bottom to top or from top to bottom: they are turned, read, and turned back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.tesseract import ReadWord
from ocr_project.engine.imaging.text_bands import ink_box

# Set by hand on one half of the drawn tables (benchmarks/drawn_tables.py).
_NARROW = 2.6  # lines that stand beside each other when they are turned, at most, with the white between
_TALL, _LINES = 2.0, 1.5  # times as high as wide, and lines high, at the least: a digit stands upright
QUARTERS = 3, 1  # counterclockwise turns that set it upright: from bottom to top is what is usual


def may_be_sideways(cell: NDArray[np.uint8], line: float) -> bool:
    """Return whether the ink of a cell is a high and narrow column.

    Args:
        cell: Shape (height, width), uint8, dark on light.
        line: Height of a line of the page's text in pixels; 0 where it is not known.
    """
    x0, y0, x1, y1 = ink_box(cell)
    return 0 < x1 - x0 <= _NARROW * line and y1 - y0 >= max(_TALL * (x1 - x0), _LINES * line)


def turned_back(word: ReadWord, quarters: int, shape: tuple[int, ...]) -> ReadWord:
    """Give a word of a turned cell its box in the cell as it stands.

    Args:
        word: With its box in `np.rot90(cell, quarters)`.
        quarters: 1 or 3.
        shape: Height and width of the cell.
    """
    (x0, y0, x1, y1), (height, width) = word.box, shape
    box = (width - y1, x0, width - y0, x1) if quarters == 1 else (y0, height - x1, y1, height - x0)
    return replace(word, box=box, parts=tuple([turned_back(part, quarters, shape) for part in word.parts]))
