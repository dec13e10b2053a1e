"""Crops of small print, enlarged before they are read."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.blanks import Blanks
from ocr_project.engine.imaging.ink import Mask
from ocr_project.engine.imaging.words import TooBusy, line_height

# Pixels of letter height. Body text at 150 dpi has 9 to 17 and is read best as it is (Korean is read worse when it is
# enlarged); of tables at 72 dpi, with 5 and 6, Tesseract reads next to nothing.
_SMALL, _ENOUGH = 8, 20
_MOST = 4.0
_MOST_PIXELS = 16_000_000  # of an enlarged crop
_DEFAULT_DPI = 150.0
# Resolution of a page whose letters are one pixel high; 24 pixels at 150 dpi are a headline. Scans that do not say
# their resolution have letters of 60 pixels, whose strokes must not be taken for drawn lines.
_DPI_OF_LETTERS = 6.25


@dataclass(frozen=True, slots=True, eq=False)
class ScaledCrop:
    """A region as it is read.

    Attributes:
        pixels: Shape (height, width), uint8.
        dpi: Of these pixels.
        scale: Pixels of the crop to one of the page.
        line: Height of a line of the page's text in these pixels; 0 where it is not known.
        blanks: Blanks to fill in, in these pixels, which are painted over.
    """

    pixels: NDArray[np.uint8]
    dpi: float
    scale: float = 1.0
    line: float = 0.0
    blanks: Blanks | None = None


@dataclass(frozen=True, slots=True)
class PrintSize:
    """How large the letters of a page are.

    Attributes:
        scale: How many times its crops are to be enlarged: 1 unless the letters are too small to be read.
        dpi: Of the page, at least what the letters tell; 150 where nothing is known.
        line: Height of a line of text in pixels; 0 where it is not known.
    """

    scale: float
    dpi: float
    line: float = 0.0


def measure_print(ink: Mask, dpi: float) -> PrintSize:
    """Measure the letters of a page.

    Of the page, not of a crop: what is smaller than the letters of its page is dirt more often than print.

    Args:
        ink: Of the page, 255 for ink.
        dpi: As the page's file says; 0 where unknown.
    """
    try:
        height, line = line_height(ink)
    except TooBusy:
        height = line = 0.0
    scale = min(_MOST, _ENOUGH / height) if 0 < height < _SMALL else 1.0
    return PrintSize(scale, max(dpi or _DEFAULT_DPI, _DPI_OF_LETTERS * height), line)


def enlarge(cut: NDArray[np.uint8], size: PrintSize) -> ScaledCrop:
    """Enlarge a crop, shape (height, width), uint8, as the letters of its page ask for."""
    scale = min(size.scale, (_MOST_PIXELS / cut.size) ** 0.5)
    if scale <= 1:
        return ScaledCrop(cut, size.dpi, line=size.line)
    pixels = cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    scale = pixels.shape[1] / cut.shape[1]
    return ScaledCrop(np.asarray(pixels, np.uint8), size.dpi * scale, scale, size.line * scale)
