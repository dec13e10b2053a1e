"""Very long images, as screens are saved and receipts are scanned: cut into pages between lines of print.

As one page a strip would be looked at in a copy that is too small to read, and one of more pixels than
`ingest.max_pixels` would not be read at all.
"""

from __future__ import annotations

import math
from itertools import pairwise

import cv2
import numpy as np

from ocr_project.engine.imaging.pixels import Pixels

# A strip is so many times higher than wide, and has so many pixels: four times what layout looks at.
_SLENDER, _PIXELS = 4.0, 8_000_000
_PAGE = 1.5  # height of a page of it in widths, about
_SEARCH = 0.3  # of a page's height to either side of the place of a cut, where white is looked for
_EVEN = 8  # levels by which neighbouring pixels of an empty row may differ more than in the emptiest


def strip_pages(width: int, height: int) -> int:
    """Return into how many pages an image is cut: 1 unless it is a strip."""
    if height <= _SLENDER * width or width * height < _PIXELS:
        return 1
    return math.ceil(height / (_PAGE * width))


def cut_strip(pixels: Pixels, pages: int) -> list[Pixels]:
    """Cut a strip where the rows of pixels have least on them.

    Args:
        pixels: Shape (height, width) or (height, width, 3).
        pages: How many pages it is cut into.

    Returns:
        Views, from top to bottom, of about one height each; together they are the strip.
    """
    height = pixels.shape[0] / pages
    reach = round(_SEARCH * height)
    edges = [0]
    for place in range(1, pages):
        middle = round(place * height)
        edges.append(middle - reach + _emptiest(pixels[middle - reach : middle + reach]))
    edges.append(pixels.shape[0])
    return [pixels[top:bottom] for top, bottom in pairwise(edges)]


def _emptiest(rows: Pixels) -> int:
    """Return the middle of the highest run of rows that have as little on them as any, nearest to the middle."""
    grey = rows if rows.ndim == 2 else np.asarray(cv2.cvtColor(rows, cv2.COLOR_RGB2GRAY), np.uint8)
    busy = np.abs(np.diff(grey.astype(np.int16), axis=1)).max(axis=1, initial=0)
    empty = busy <= int(busy.min()) + _EVEN
    edges = np.flatnonzero(np.diff(np.concatenate([[0], empty.astype(np.int8), [0]])))
    runs = list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
    top, bottom = max(runs, key=lambda run: (run[1] - run[0], -abs(run[0] + run[1] - len(rows))))
    return int(top + bottom) // 2
