"""Images with transparent parts, laid on paper."""

from __future__ import annotations

import numpy as np
from PIL import Image

from ocr_project.engine.imaging.pixels import Pixels

_ROWS = 256
_UNSEEN = 28  # of 255, from the paper: nothing under it is taken for ink (`LEAST_DIFFERENCE` of imaging/ink.py)


def on_ground(image: Image.Image) -> Pixels:
    """Lay an image over white; where nothing is to be seen on that (white print for dark pages), over black."""
    pixels = _laid_over("white", image)
    if not pixels.size or int(pixels.min()) < 255 - _UNSEEN:
        return pixels
    dark = _laid_over("black", image)
    return dark if int(dark.max()) - int(dark.min()) > _UNSEEN else pixels


def _laid_over(ground: str, image: Image.Image) -> Pixels:
    """Lay an image over a colour, some rows at a time: as a whole it would be in memory four times."""
    width, height = image.size
    pixels = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, _ROWS):
        layered = image.crop((0, top, width, min(height, top + _ROWS))).convert("RGBA")
        paper = Image.new("RGBA", layered.size, ground)
        pixels[top : top + _ROWS] = np.asarray(Image.alpha_composite(paper, layered).convert("RGB"))
    return pixels
