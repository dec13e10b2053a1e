"""Which way up a page is.

A page whose lines run down is suspected to lie on its side, and then Tesseract is asked. There is no test as cheap for
a page that is upside down (in Korean and Cyrillic, neither the sharpness of baselines nor ragged margins tell it):
Tesseract looks at a hundred letters of it, and at all of them only where these are upside down. A page with a text
layer is not asked about.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ocr_project.engine.imaging.ink import Grey, Mask, components
from ocr_project.engine.imaging.readable_way import AskReadable
from ocr_project.engine.imaging.skew import Small, sharpness
from ocr_project.engine.imaging.tessdata import ORIENTATION_MODEL, model_file, model_fingerprint, tessdata_folder

# Times as sharp after a quarter turn. Measured: an upright page of narrow tables reaches 2, one of text 0.7.
_SUSPECT = 1.3
# Times as sharp as after a quarter turn: its lines are level, whatever both witnesses say. Narrow tables that lie on
# their side reach 2.2; a stretched fax, of which both were wrong, has 4.
_LEVEL = 3.0
_DPI = 150  # Tesseract's detector needs a resolution; the reduced copy that is looked at has about this one
_UPSIDE_DOWN = 180  # degrees
# Of 108 upright pages Tesseract took two receipts to be upside down, with a confidence of 3.6 at most; pages that
# were turned got 5.2 or more, except for one form (3.8).
_LEAST_CONFIDENCE = 5.0
_SURE = 0.9  # probability of the classifier: it does not get much higher (0.93)
_CANNOT_TELL = 1.5  # Tesseract's confidence: what it says of turned receipts is wrong with up to 4.7, mostly below 1
# Tesseract's confidence that letters are upright whose lines run down, where the classifier is not sure: of vertical
# Korean it has 3.2 and more, the classifier 0.57 at most; of pages on their side the classifier has 0.91.
_UPRIGHT = 2.5
_LETTERS = 100  # in the window that is looked at first
# The same where a classifier that is not quite sure says that a page is upright: of 12 upright pages in Korean
# Tesseract agreed on each, with 1.6 or more, of two that were not on none; all letters take it 2.4 times as long.
_SECOND_LETTERS, _SOME = 200, 25
# Letters that Tesseract looks at, at least: its own default of 50 for an answer that counts, fewer for a suspicion.
# Measured on the same pages: that is right as often and takes half the time.
_ENOUGH, _FEW = 50, 8
_LETTER_SIDES = (8, 40), (1, 60)  # pixels: least and most of height and width of what may be a letter, or a part of it
_CELL = 25, 50  # pixels: rows and columns in which letters are counted
_WINDOWS = ((3, 8), (3, 12), (4, 16), (6, 16), (8, 24), (12, 32), (20, 40))  # cells; the first with enough letters

# Takes grey pixels and the least number of letters to look at; answers with the degrees by which the text is turned
# clockwise (0, 90, 180, 270) and a confidence from 0.
AskOrientation = Callable[[Grey, int], tuple[int, float]]
# Takes grey pixels; answers with the same degrees and a probability.
ClassifyOrientation = Callable[[Grey], tuple[int, float]]


class OrientationModel:
    """Tesseract's model `osd`; one instance per thread, since starting one takes 0.1 s.

    Attributes:
        file: The model, whether it exists or not.
        fingerprint: Of the model; an empty string where it does not exist.
    """

    def __init__(self, tessdata: Path | None = None) -> None:
        """Look for the model.

        Args:
            tessdata: As `tessdata_folder` takes it.
        """
        self.file = model_file(tessdata_folder(tessdata), ORIENTATION_MODEL)
        self.fingerprint = model_fingerprint(self.file)
        self._local = threading.local()

    def ask(self, grey: Grey, letters: int) -> tuple[int, float]:
        """Answer as `AskOrientation` says; 0 and 0.0 where nothing can be told, and without the model."""
        if not self.fingerprint:
            return 0, 0.0
        from PIL import Image

        api = self._instance()
        api.SetVariable("min_characters_to_try", str(letters))
        api.SetImage(Image.fromarray(grey))
        api.SetSourceResolution(_DPI)
        answer = api.DetectOrientationScript()
        return (int(answer["orient_deg"]), float(answer["orient_conf"])) if answer else (0, 0.0)

    def _instance(self) -> Any:
        if not hasattr(self._local, "api"):
            import tesserocr  # here and not above: another recognizer may be chosen on a machine without Tesseract

            folder, mode = str(self.file.parent), tesserocr.PSM.OSD_ONLY
            self._local.api = tesserocr.PyTessBaseAPI(path=folder, lang=ORIENTATION_MODEL, psm=mode)
        return self._local.api


def quarter_turns(grey: Grey, small: Small, ask: AskOrientation) -> int:
    """Find how to set a page upright that was scanned on its side.

    Args:
        grey: Shape (height, width), uint8.
        small: Its ink, as `skew.shrunk` gives it.
        ask: Called only where the page is suspect.

    Returns:
        Counterclockwise quarter turns, as `numpy.rot90` takes them: 0, 1 or 3.
    """
    down = sharpness(np.rot90(small))
    if not down > _SUSPECT * sharpness(small):
        return 0
    quarters = ask(grey, _ENOUGH)[0] // 90
    return quarters if quarters in (1, 3) else 0


def agreed_turns(
    grey: Grey,
    ink: Mask,
    small: Small,
    classify: ClassifyOrientation,
    ask: AskOrientation,
    read: AskReadable | None = None,
) -> int:
    """Find how to set a page upright where a classifier is there: two witnesses have to agree.

    Of 96 real upright pages the classifier took one for turned (with 0.87) and Tesseract another (with 5.2), where the
    classifier was sure. Of drawn Korean lines the classifier is sure and wrong (0.91), and Tesseract right (14). For a
    page on its side the second witness is that its lines run down, unless its letters stand upright in them. Where
    neither is sure or the two say different things, as of few letters of Korean and of turned faxes, what can be read
    decides.

    Args:
        grey: Shape (height, width), uint8.
        ink: Its ink.
        small: The same as `skew.shrunk` gives it.
        classify: The first witness.
        ask: The second, not called where the first is sure that the page is upright.
        read: The third, called where those two do not settle it; None: there is none.

    Returns:
        Counterclockwise quarter turns, as `numpy.rot90` takes them.
    """
    degrees, probability = classify(grey)
    level, down = sharpness(small), sharpness(np.rot90(small))
    lines_run_down = down > level
    on_its_side = degrees in (90, 270)
    if on_its_side and lines_run_down:
        other, confidence = (degrees, 0.0) if probability >= _SURE else ask(grey, _ENOUGH)
        if not other and confidence >= _UPRIGHT:
            return 0
        found = read(np.rot90(grey)) if read and other != degrees else None
        return degrees // 90 if found is None else 3 if found.turned else 1
    if on_its_side and level > _LEVEL * down:
        return 0
    if not degrees and (probability >= _SURE or _is_upright(grey, ink, ask)):
        return 0
    other, confidence = ask(grey, _ENOUGH)
    told = confidence > 0  # of enough letters
    if not told:
        other, confidence = ask(grey, _FEW)
    if other == degrees and (confidence >= _CANNOT_TELL or read is None):
        return degrees // 90
    if read and (quarters := _most_readable(grey, read, lines_run_down=lines_run_down)) is not None:
        return quarters
    if other == degrees:
        return degrees // 90
    if confidence >= _LEAST_CONFIDENCE and probability < _SURE and (other == _UPSIDE_DOWN or lines_run_down):
        return other // 90
    return degrees // 90 if told and confidence < _CANNOT_TELL and probability >= _SURE else 0


def _most_readable(grey: Grey, read: AskReadable, *, lines_run_down: bool) -> int | None:
    """Return the quarter turns with which a page can be read best; None where it cannot be told."""
    ways = (0, 1) if lines_run_down else (0,)
    asked = [(quarters, read(np.ascontiguousarray(np.rot90(grey, quarters)))) for quarters in ways]
    found = [(answer.confidence, quarters + 2 * answer.turned) for quarters, answer in asked if answer is not None]
    return max(found)[1] if found else None


def is_upside_down(grey: Grey, ink: Mask, ask: AskOrientation) -> bool:
    """Return whether a page, whose lines are level, is upside down beyond doubt.

    Args:
        grey: Shape (height, width), uint8.
        ink: Its ink.
        ask: Called once or twice, unless the page has too few letters.
    """
    window = _densest(grey, ink, _LETTERS)
    if window is None or ask(window, _FEW)[0] != _UPSIDE_DOWN:
        return False
    degrees, confidence = ask(grey, _ENOUGH)
    return degrees == _UPSIDE_DOWN and confidence >= _LEAST_CONFIDENCE


def _is_upright(grey: Grey, ink: Mask, ask: AskOrientation) -> bool:
    """Return whether some letters of a page tell that it is upright."""
    window = _densest(grey, ink, _SECOND_LETTERS)
    if window is None:
        return False
    degrees, confidence = ask(window, _SOME)
    return not degrees and confidence >= _CANNOT_TELL


def _densest(grey: Grey, ink: Mask, least: int) -> Grey | None:
    """Cut out the place with the most letters for its size; None where the page has fewer than asked for."""
    boxes = components(ink)[1][:, :4]
    (low, high), (narrow, wide) = _LETTER_SIDES
    widths, heights = boxes[:, 2], boxes[:, 3]
    letters = boxes[(heights >= low) & (heights <= high) & (widths >= narrow) & (widths <= wide)]
    if len(letters) < least:
        return None
    rows, columns = _CELL
    edges = [np.arange(0, size + step, step) for size, step in zip(grey.shape, _CELL, strict=True)]
    counts = np.histogram2d(letters[:, 1], letters[:, 0], bins=edges)[0]  # each by its upper left corner
    for height, width in _WINDOWS:
        kernel = (width, height)
        sums = cv2.boxFilter(counts, -1, kernel, anchor=(0, 0), normalize=False, borderType=cv2.BORDER_CONSTANT)
        y, x = np.unravel_index(int(np.argmax(sums)), sums.shape)
        if sums[y, x] >= least:
            break
    return np.ascontiguousarray(grey[y * rows : (y + height) * rows, x * columns : (x + width) * columns])
