"""Which way up a page is: lines that run down make it suspect, and then Tesseract is asked."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ocr_project.engine.ink import Grey
from ocr_project.engine.layout.skew import Small, sharpness

_SUSPECT = 1.3  # times as sharp after a quarter turn; an upright page of narrow tables reaches 2, of text 0.7
_DEBIAN_TESSDATA = "/usr/share/tesseract-ocr/5/tessdata"
_DPI = 150  # Tesseract's detector wants a resolution; the copy that is looked at has about this one


def quarter_turns(grey: Grey, small: Small) -> int:
    """Find how to set a page upright that was scanned on its side.

    A page that stands on its head is not recognised: its lines are as level as those of an upright one, and
    to ask Tesseract of every page would cost a quarter of a second each.

    Args:
        grey: Shape (height, width), uint8.
        small: Its ink, as `skew.shrunk` gives it.

    Returns:
        Counterclockwise quarter turns, as `numpy.rot90` takes them: 0, 1 or 3.
    """
    down = sharpness(np.rot90(small))
    if not down > _SUSPECT * sharpness(small):
        return 0
    quarters = _orientation(grey) // 90
    return quarters if quarters in (1, 3) else 0


def _orientation(grey: Grey) -> int:
    """Ask Tesseract by how many degrees the text is turned clockwise; 0 without its model `osd`."""
    folder = os.environ.get("TESSDATA_PREFIX", _DEBIAN_TESSDATA)
    if not (Path(folder) / "osd.traineddata").is_file():
        return 0
    import tesserocr  # here and not above: another recognizer may be chosen on a machine without Tesseract
    from PIL import Image

    with tesserocr.PyTessBaseAPI(path=folder, lang="osd", psm=tesserocr.PSM.OSD_ONLY) as api:
        api.SetImage(Image.fromarray(grey))
        api.SetSourceResolution(_DPI)
        answer = api.DetectOrientationScript()
    return int(answer["orient_deg"]) if answer else 0
