"""Which way up print can be read: the last witness, for pages whose look does not tell.

Tesseract reads a few lines as they stand and turned by half: of 42 drawn pages of two to thirteen Korean words the
right way has a confidence of 0.91 and more, the wrong one 0.69 at most, whatever was lost in a fax's coarse pixels.
That takes up to two seconds, so it is asked only where the other witnesses are unsure or of two minds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ocr_project.engine.imaging.ink import Grey, components, find_ink
from ocr_project.engine.imaging.tessdata import model_file, model_fingerprint, tessdata_folder

# Tried in this order, those that are installed, until one reads: the scripts that the project is measured on.
LANGUAGES = ("kor", "rus", "eng")
_READ, _SURER = 0.75, 0.15  # confidence of what is read, and by how much the other way must be less
_DPI = 150
_LETTERS = 60  # that are read, about
_LETTER_SIDES = (6, 60), (2, 90)  # pixels: least and most of height and width of what may be a letter, or a part of it
_MARGIN = 12  # pixels of white around what is read


class Readable(NamedTuple):
    """The result of reading print both ways.

    Attributes:
        turned: Whether it has to be turned by half.
        confidence: Of what was read that way, 0 to 1.
    """

    turned: bool
    confidence: float


# Takes grey pixels whose lines are level; answers None where neither way can be read, or both.
AskReadable = Callable[[Grey], Readable | None]


class ReadableWay:
    """Reads the same few lines both ways; an instance of Tesseract a thread.

    Attributes:
        fingerprints: Of the models, by language.
    """

    def __init__(self, tessdata: Path | None = None) -> None:
        """Look for models; none is loaded yet.

        Args:
            tessdata: As `tessdata_folder` takes it.
        """
        self._folder = tessdata_folder(tessdata)
        found = {name: model_fingerprint(model_file(self._folder, name)) for name in LANGUAGES}
        self.fingerprints = {name: fingerprint for name, fingerprint in found.items() if fingerprint}
        self._readers = threading.local()

    def ask(self, grey: Grey) -> Readable | None:
        """Answer as `AskReadable` says."""
        lines = _few_lines(grey)
        if lines is None:
            return None
        for language in self.fingerprints:
            ways = [self._confidence(way, language) for way in (lines, np.rot90(lines, 2))]
            if max(ways) >= _READ and abs(ways[0] - ways[1]) >= _SURER:
                return Readable(ways[1] > ways[0], max(ways))
        return None

    def _confidence(self, lines: Grey, language: str) -> float:
        """Return the mean confidence over letters; 0 where nothing is read."""
        import tesserocr  # here and not above: another recognizer may be chosen on a machine without Tesseract

        from ocr_project.engine.imaging.tesseract import Reader

        if not hasattr(self._readers, "reader"):
            self._readers.reader = Reader(self._folder)
        reader: Reader = self._readers.reader
        words = reader.read(np.ascontiguousarray(lines), language, tesserocr.PSM.SINGLE_BLOCK, _DPI)
        letters = sum(len(word.text) for word in words)
        return sum(len(word.text) * word.confidence for word in words) / max(1, letters)


def _few_lines(grey: Grey) -> Grey | None:
    """Cut out whole lines with letters enough; None where there are none."""
    boxes = components(find_ink(grey))[1][:, :4]
    (low, high), (narrow, wide) = _LETTER_SIDES
    width, height = boxes[:, 2], boxes[:, 3]
    letters = boxes[(height >= low) & (height <= high) & (width >= narrow) & (width <= wide)]
    if not len(letters):
        return None
    rows = np.zeros(len(grey), np.bool_)
    for y, tall in letters[:, [1, 3]].tolist():
        rows[y : y + tall] = True
    edges = np.flatnonzero(np.diff(np.concatenate([[False], rows, [False]]).astype(np.int8)))
    bands = list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
    counts = [int(((letters[:, 1] >= top) & (letters[:, 1] < bottom)).sum()) for top, bottom in bands]
    first = int(np.argmax(counts))
    last = first + 1
    while sum(counts[first:last]) < _LETTERS and last < len(bands):
        last += 1
    while sum(counts[first:last]) < _LETTERS and first > 0:
        first -= 1
    top, bottom = bands[first][0], bands[last - 1][1]
    inside = letters[(letters[:, 1] >= top) & (letters[:, 1] < bottom)]
    left, right = int(inside[:, 0].min()), int((inside[:, 0] + inside[:, 2]).max())
    cut = grey[max(0, top - _MARGIN) : bottom + _MARGIN, max(0, left - _MARGIN) : right + _MARGIN]
    return np.ascontiguousarray(cut)
