"""Crops of small print, enlarged before they are read."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.ink import Mask
from ocr_project.engine.recognition.textlines import letter_height

# Pixels of letter height. Body text at 150 dpi has 9 to 17 and is read best as it is (Korean is read worse when it is
# enlarged); of tables at 72 dpi, with 5 and 6, Tesseract reads next to nothing.
_SMALL, _ENOUGH = 8, 20
_MOST = 4.0
_MOST_PIXELS = 16_000_000  # of an enlarged crop
_DEFAULT_DPI = 150.0


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """A region as it is read.

    Attributes:
        pixels: Shape (height, width), uint8.
        dpi: Of these pixels; 0 where unknown.
        scale: Pixels of the crop to one of the page.
    """

    pixels: NDArray[np.uint8]
    dpi: float
    scale: float = 1.0


def enlarged(cut: NDArray[np.uint8], ink: Mask, dpi: float) -> Crop:
    """Enlarge a crop if its letters are too small to be read.

    Args:
        cut: Shape (height, width), uint8.
        ink: Of the same shape, 255 for ink.
        dpi: Of the page; 0 where unknown.
    """
    height = letter_height(ink)
    if not 0 < height < _SMALL:
        return Crop(cut, dpi)
    scale = min(_MOST, _ENOUGH / height, (_MOST_PIXELS / cut.size) ** 0.5)
    if scale <= 1:
        return Crop(cut, dpi)
    pixels = cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    return Crop(np.asarray(pixels, np.uint8), (dpi or _DEFAULT_DPI) * scale, pixels.shape[1] / cut.shape[1])
