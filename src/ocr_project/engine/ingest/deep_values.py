"""Samples of more than eight bits: which of their values is white."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.pixels import Pixels

_DARKEST = 4.0  # times: two bits; of a page whose brightest value is that far from white nothing is read


def to_eight_bits(values: NDArray[Any], *, sixteen: bool, white: float) -> Pixels:
    """Bring values down to eight bits, by the range that the file names or they seem to use.

    Args:
        values: Of any shape and number type.
        sixteen: Whether they are integers of sixteen bits.
        white: The greatest value that they may have, as their file says; 0 where it does not.
    """
    wide = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    top = float(wide.max(initial=0.0))
    full = _full_range(top, white) if sixteen else next((end for end in (1.0, 255.0, 65535.0) if top <= end), top)
    return np.asarray(np.clip(np.rint(wide * (255.0 / full)), 0, 255), np.uint8)


def _full_range(top: float, white: float) -> float:
    """Return which of 16 bits is white: cameras and scanners keep 10, 12 or 14 bits in them, and not all say so.

    A file that names a white which none of its values comes near is not believed: programs write 65,535 of any file.
    """
    if top <= white <= _DARKEST * top:
        return white
    return max(255.0, top) if top * _DARKEST <= 65535.0 else 65535.0
