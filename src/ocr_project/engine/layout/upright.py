"""Setting a page upright: quarter turns first, skew after, and the way back to the page's own pixels."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.options import OpenCvLayoutOptions
from ocr_project.domain.types import Box
from ocr_project.engine.layout.ink import find_ink, find_skew, lines_run_down

_LEAST_SKEW = 0.15  # degrees: over a line of text that is less than a fifth of a letter's height
_LEAST_INK = 200  # pixels of ink: nothing can be told from less
_DEBIAN_TESSDATA = "/usr/share/tesseract-ocr/5/tessdata"


@dataclass(frozen=True, slots=True)
class Frame:
    """Where an upright, reduced copy of a page lies on the page.

    Attributes:
        matrix: Shape (2, 3): from pixels of the copy to pixels of the page.
        is_straight: Whether boxes stay boxes: nothing was turned.
    """

    matrix: NDArray[np.float64]
    is_straight: bool

    def to_page(self, box: Box) -> NDArray[np.float64]:
        """Return the corners on the page, shape (4, 2): top left, top right, bottom right, bottom left."""
        corners = np.array([[box.x0, box.y0, 1], [box.x1, box.y0, 1], [box.x1, box.y1, 1], [box.x0, box.y1, 1]])
        return np.asarray(corners @ self.matrix.T)


def set_upright(
    small: NDArray[np.uint8], page_shape: tuple[int, ...], options: OpenCvLayoutOptions
) -> tuple[NDArray[np.uint8], Frame]:
    """Turn a reduced page so that its lines run from left to right.

    Args:
        small: The reduced page, grey.
        page_shape: Height and width of the page itself.
        options: Which corrections to make.

    Returns:
        The upright copy, and the frame that leads back.
    """
    scale = np.diag([page_shape[1] / small.shape[1], page_shape[0] / small.shape[0], 1.0])
    ink = find_ink(small)
    if np.count_nonzero(ink) < _LEAST_INK:
        return small, Frame(scale[:2], True)
    quarters = _quarter_turns(small) if options.turn and lines_run_down(ink) else 0
    turned = np.ascontiguousarray(np.rot90(small, quarters))
    back = scale @ _unturn(quarters, small.shape)
    angle = find_skew(np.ascontiguousarray(np.rot90(ink, quarters))) if options.deskew else 0.0
    if abs(angle) < _LEAST_SKEW:
        return turned, Frame(back[:2], quarters == 0)
    height, width = turned.shape
    rotation = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    straight = cv2.warpAffine(turned, rotation, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inverse = np.vstack([cv2.invertAffineTransform(rotation), [0.0, 0.0, 1.0]])
    return np.asarray(straight, np.uint8), Frame((back @ inverse)[:2], False)


def _unturn(quarters: int, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return the matrix from a copy turned by np.rot90 back to the original, in continuous pixels."""
    height, width = float(shape[0]), float(shape[1])
    turns = {
        0: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        1: [[0, -1, width], [1, 0, 0], [0, 0, 1]],
        2: [[-1, 0, width], [0, -1, height], [0, 0, 1]],
        3: [[0, 1, 0], [-1, 0, height], [0, 0, 1]],
    }
    return np.array(turns[quarters % 4], np.float64)


def _quarter_turns(small: NDArray[np.uint8]) -> int:
    """Ask Tesseract which way is up, for a page whose lines run down.

    Returns:
        Argument for np.rot90: 1 or 3. Without Tesseract's `osd` it is 1: scanners turn either way, and
        half of such pages then come out upside down.
    """
    folder = os.environ.get("TESSDATA_PREFIX", _DEBIAN_TESSDATA)
    if not (Path(folder) / "osd.traineddata").is_file():
        return 1
    import tesserocr
    from PIL import Image

    with tesserocr.PyTessBaseAPI(path=folder, lang="osd", psm=tesserocr.PSM.OSD_ONLY) as api:
        api.SetImage(Image.fromarray(np.ascontiguousarray(np.rot90(small))))
        api.SetSourceResolution(150)
        answer = api.DetectOrientationScript()
    return 3 if answer and answer["orient_deg"] == 180 else 1
