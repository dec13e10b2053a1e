"""Which way up a page is: whether its lines run across or down, and then which end is the top."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ocr_project.engine.layout.binarize import Grey, Mask
from ocr_project.engine.layout.skew import sharpness

_SIDEWAYS = 1.5  # times as sharp after a quarter turn: below that a table of narrow columns may be the cause
_DEBIAN_TESSDATA = "/usr/share/tesseract-ocr/5/tessdata"
_DPI = 150  # Tesseract's detector wants a resolution; the copy that is looked at has about this one


def quarter_turns(grey: Grey, ink: Mask) -> int:
    """Find how to set a page upright that was scanned on its side.

    A page that stands on its head is not recognised: its lines are as level as those of an upright one, and
    to ask Tesseract of every page would cost a quarter of a second each.

    Args:
        grey: Shape (height, width), uint8.
        ink: As `find_ink` gives it, of the same shape.

    Returns:
        Counterclockwise quarter turns, as `numpy.rot90` takes them: 0, 1 or 3.
    """
    across = sharpness(ink)
    down = sharpness(np.ascontiguousarray(np.rot90(ink)))
    if not down > _SIDEWAYS * across:
        return 0
    return 3 if _on_its_head(np.ascontiguousarray(np.rot90(grey))) else 1


def _on_its_head(grey: Grey) -> bool:
    """Ask Tesseract. Without its model `osd` the answer is no: scanners turn either way."""
    folder = os.environ.get("TESSDATA_PREFIX", _DEBIAN_TESSDATA)
    if not (Path(folder) / "osd.traineddata").is_file():
        return False
    import tesserocr  # here and not above: another recognizer may be chosen on a machine without Tesseract
    from PIL import Image

    with tesserocr.PyTessBaseAPI(path=folder, lang="osd", psm=tesserocr.PSM.OSD_ONLY) as api:
        api.SetImage(Image.fromarray(grey))
        api.SetSourceResolution(_DPI)
        answer = api.DetectOrientationScript()
    return bool(answer and answer["orient_deg"] == 180)
