"""Which way up a page is.

Lines that run down make a page suspect, and then Tesseract is asked. Nothing so cheap tells a page that stands on its
head (in Korean and Cyrillic, neither do the sharpness of baselines nor ragged margins): Tesseract looks at a hundred
letters of it, and at all of them only where these are upside down. A page with a text layer is not asked about.
"""

from __future__ import annotations

import hashlib
import os
import threading
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ocr_project.engine.imaging.ink import Grey, Mask, components
from ocr_project.engine.imaging.skew import Small, sharpness

_SUSPECT = 1.3  # times as sharp after a quarter turn; an upright page of narrow tables reaches 2, of text 0.7
_DEBIAN_TESSDATA = "/usr/share/tesseract-ocr/5/tessdata"
_MODEL = "osd.traineddata"
_DPI = 150  # Tesseract's detector wants a resolution; the copy that is looked at has about this one
_ON_ITS_HEAD = 180  # degrees
# Of 108 upright pages Tesseract took two receipts to be upside down, at a confidence of 3.6 at the most; pages that
# were turned it told at 5.2 or more, but for one form (3.8).
_LEAST_CONFIDENCE = 5.0
_LETTERS = 100  # in the window that is looked at first
# Letters that Tesseract looks at, at least: its own 50 for an answer that counts, fewer for a suspicion. That is as
# often right and takes half the time.
_ENOUGH, _FEW = 50, 8
_LETTER_SIDES = (8, 40), (1, 60)  # pixels: least and most of height and width of what may be a letter, or a part of it
_CELL = 25, 50  # pixels: rows and columns in which letters are counted
_WINDOWS = ((3, 8), (3, 12), (4, 16), (6, 16), (8, 24), (12, 32), (20, 40))  # cells; the first with enough letters


def quarter_turns(grey: Grey, small: Small) -> int:
    """Find how to set a page upright that was scanned on its side.

    Args:
        grey: Shape (height, width), uint8.
        small: Its ink, as `skew.shrunk` gives it.

    Returns:
        Counterclockwise quarter turns, as `numpy.rot90` takes them: 0, 1 or 3.
    """
    down = sharpness(np.rot90(small))
    if not down > _SUSPECT * sharpness(small):
        return 0
    quarters = _orientation(grey)[0] // 90
    return quarters if quarters in (1, 3) else 0


def is_on_its_head(grey: Grey, ink: Mask) -> bool:
    """Say whether a page, whose lines are level, is upside down beyond doubt.

    Args:
        grey: Shape (height, width), uint8.
        ink: Its ink.
    """
    window = _densest(grey, ink)
    if window is None or _orientation(window, _FEW)[0] != _ON_ITS_HEAD:
        return False
    degrees, confidence = _orientation(grey)
    return degrees == _ON_ITS_HEAD and confidence >= _LEAST_CONFIDENCE


@cache
def model_fingerprint() -> str:
    """Return the first 12 hexadecimal digits of the sha256 of Tesseract's model `osd`; empty where it is not there."""
    model = _folder() / _MODEL
    return hashlib.sha256(model.read_bytes()).hexdigest()[:12] if model.is_file() else ""


def _densest(grey: Grey, ink: Mask) -> Grey | None:
    """Cut out the place with the most letters for its size; None where the page has too few."""
    boxes = components(ink)[1][:, :4]
    (low, high), (narrow, wide) = _LETTER_SIDES
    widths, heights = boxes[:, 2], boxes[:, 3]
    letters = boxes[(heights >= low) & (heights <= high) & (widths >= narrow) & (widths <= wide)]
    if len(letters) < _LETTERS:
        return None
    rows, columns = _CELL
    edges = [np.arange(0, size + step, step) for size, step in zip(grey.shape, _CELL, strict=True)]
    counts = np.histogram2d(letters[:, 1], letters[:, 0], bins=edges)[0]  # each by its upper left corner
    for height, width in _WINDOWS:
        kernel = (width, height)
        sums = cv2.boxFilter(counts, -1, kernel, anchor=(0, 0), normalize=False, borderType=cv2.BORDER_CONSTANT)
        y, x = np.unravel_index(int(np.argmax(sums)), sums.shape)
        if sums[y, x] >= _LETTERS:
            break
    return np.ascontiguousarray(grey[y * rows : (y + height) * rows, x * columns : (x + width) * columns])


class _Own(threading.local):
    """Tesseract's detector of this thread: to start one takes 0.1 s."""

    def __init__(self) -> None:
        self.api: Any = None


_OWN = _Own()


def _orientation(grey: Grey, letters: int = _ENOUGH) -> tuple[int, float]:
    """Ask Tesseract by how many degrees the text is turned clockwise, and how sure it is; 0, 0 without its model."""
    if not model_fingerprint():
        return 0, 0.0
    import tesserocr  # here and not above: another recognizer may be chosen on a machine without Tesseract
    from PIL import Image

    if _OWN.api is None:
        _OWN.api = tesserocr.PyTessBaseAPI(path=str(_folder()), lang="osd", psm=tesserocr.PSM.OSD_ONLY)
    _OWN.api.SetVariable("min_characters_to_try", str(letters))
    _OWN.api.SetImage(Image.fromarray(grey))
    _OWN.api.SetSourceResolution(_DPI)
    answer = _OWN.api.DetectOrientationScript()
    return (int(answer["orient_deg"]), float(answer["orient_conf"])) if answer else (0, 0.0)


def _folder() -> Path:
    return Path(os.environ.get("TESSDATA_PREFIX", _DEBIAN_TESSDATA))
