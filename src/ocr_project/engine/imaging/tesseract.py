"""Tesseract's LSTM through tesserocr: one instance a thread and language, kept until the thread ends."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tesserocr
from numpy.typing import NDArray

from ocr_project.domain.errors import BackendError
from ocr_project.engine.imaging.tessdata import debian_packages, model_file, model_fingerprint, tessdata_folder


@dataclass(frozen=True, slots=True)
class ReadWord:
    """A word as Tesseract gives it.

    Attributes:
        box: x0, y0, x1, y1 in pixels of the image that was read.
        confidence: 0 to 1.
        line: From 0.
        parts: What it was joined from, left to right: syllables, for Korean.
    """

    text: str
    box: tuple[int, int, int, int]
    confidence: float
    line: int
    parts: tuple[ReadWord, ...] = ()


class Reader:
    """Reads images; safe to share between threads, each of which gets instances of its own."""

    def __init__(self, tessdata: Path | None) -> None:
        """Look for the folder of models.

        Args:
            tessdata: As `tessdata_folder` takes it.

        Raises:
            BackendError: There is no such folder.
        """
        self.tessdata = tessdata_folder(tessdata)
        if not self.tessdata.is_dir():
            packages = debian_packages(["kor", "rus"])
            raise BackendError(
                f"Tesseract's models are not in {self.tessdata}: apt-get install tesseract-ocr {packages},"
                " or set runtime.tessdata"
            )
        self._local = threading.local()

    def require(self, languages: list[str]) -> None:
        """Check that the models of all languages are there.

        Raises:
            BackendError: One is missing; the message names its Debian package.
        """
        missing = [name for name in languages if not model_file(self.tessdata, name).is_file()]
        if missing:
            raise BackendError(
                f"Tesseract has no model for {', '.join(missing)} in {self.tessdata}: apt-get install"
                f" {debian_packages(missing)}, or change runtime.tessdata or recognition.tesseract.languages"
            )

    def fingerprint(self, language: str) -> str:
        """Return the first 12 hexadecimal digits of the sha256 of a language's model."""
        return model_fingerprint(model_file(self.tessdata, language))

    def read(self, pixels: NDArray[np.uint8], languages: str, mode: int, dpi: int) -> list[ReadWord]:
        """Read an image.

        Args:
            pixels: Shape (height, width), uint8, dark on light.
            languages: Tesseract's names joined by `+`.
            mode: Page segmentation mode.
            dpi: What Tesseract shall take the resolution for.

        Returns:
            Words in Tesseract's order.
        """
        api = self._instance(languages)
        api.SetPageSegMode(mode)
        height, width = pixels.shape
        api.SetImageBytes(pixels.tobytes(), width, height, 1, width)
        api.SetSourceResolution(dpi)
        try:
            if not api.Recognize():
                return []
            return _words(api)
        finally:
            api.Clear()

    def _instance(self, languages: str) -> tesserocr.PyTessBaseAPI:
        instances = self._local.__dict__.setdefault("instances", {})
        if languages not in instances:
            instances[languages] = tesserocr.PyTessBaseAPI(path=str(self.tessdata), lang=languages)
        return instances[languages]


def _words(api: tesserocr.PyTessBaseAPI) -> list[ReadWord]:
    """Walk through the lines, and join the pieces of each to the words of its text.

    The text comes from the whole answer: Korean's model asks for the spaces that it measured
    (`preserve_interword_spaces`), which an iterator does not give for a line.
    """
    pieces: dict[int, list[ReadWord]] = {}
    level = tesserocr.RIL.WORD
    line = -1
    for item in tesserocr.iterate_level(api.GetIterator(), level):
        line += item.IsAtBeginningOf(tesserocr.RIL.TEXTLINE)
        if not item.Empty(level) and (text := item.GetUTF8Text(level).strip()):
            word = ReadWord(text, item.BoundingBox(level), item.Confidence(level) / 100.0, max(line, 0))
            pieces.setdefault(word.line, []).append(word)
    texts = [text for text in api.GetUTF8Text().split("\n") if text.strip()]
    if len(texts) != len(pieces):
        return [word for parts in pieces.values() for word in parts]
    return [w for text, parts in zip(texts, pieces.values(), strict=True) for w in _joined(text, parts)]


def _joined(text: str, pieces: list[ReadWord]) -> list[ReadWord]:
    """Join the pieces of a line into the words that its text has.

    For Korean, a piece is a syllable. Where the two do not fit together the pieces are words.
    """
    waiting = list(pieces)
    words: list[ReadWord] = []
    position = 0
    for token in text.split():
        taken: list[ReadWord] = []
        while position < len(waiting) and len("".join(w.text for w in taken)) < len(token):
            taken.append(waiting[position])
            position += 1
        if "".join(w.text for w in taken) != token:
            return waiting
        words.append(together(token, taken))
    return words if position == len(waiting) else waiting


def together(text: str, pieces: Sequence[ReadWord]) -> ReadWord:
    """Join pieces of a line to a word: their hull, and the mean confidence over their letters."""
    boxes = [piece.box for piece in pieces]
    hull = (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))
    weights = [len(piece.text) for piece in pieces]
    confidence = sum(p.confidence * w for p, w in zip(pieces, weights, strict=True)) / sum(weights)
    return ReadWord(text, hull, confidence, pieces[0].line, tuple(pieces))
