"""The words of a page in lines, from the top, read in the language that the labels are written in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import tesserocr
from numpy.typing import NDArray

from ocr_project.engine.imaging.preparing import prepare
from ocr_project.engine.imaging.small_print import enlarge, measure_print
from ocr_project.engine.imaging.tesseract import Reader, ReadWord

_SPARSE = tesserocr.PSM.SPARSE_TEXT
_SAME_LINE = 0.5  # of the lower word's height, that two words share


@dataclass(frozen=True, slots=True)
class PageLine:
    """Words that stand in one line, left to right."""

    words: tuple[ReadWord, ...]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


def languages_for(labels: Iterable[str], known: Sequence[str]) -> str:
    """Return the languages to read in, as Tesseract takes them.

    Args:
        labels: What is looked for on the page: by their script.
        known: Of `fields.label_neighbour.languages`.
    """
    text = "".join(labels)
    if any("\uac00" <= sign <= "\ud7a3" for sign in text):
        wanted = [name for name in ("kor", "eng") if name in known]
    elif any("\u0400" <= sign <= "\u04ff" for sign in text):
        wanted = [name for name in ("rus",) if name in known]
    else:
        wanted = [name for name in ("eng",) if name in known]
    return "+".join(wanted or known)


def read_lines(grey: NDArray[np.uint8], max_pixels: int | None, reader: Reader, languages: str) -> list[PageLine]:
    """Read a page.

    Args:
        grey: Shape (height, width).
        max_pixels: A larger page is scaled down first, as for a model of that resolution.
        reader: Tesseract.
        languages: As `languages_for` returns them.
    """
    if max_pixels is not None and grey.size > max_pixels:
        scale = (max_pixels / grey.size) ** 0.5
        size = max(1, int(grey.shape[1] * scale)), max(1, int(grey.shape[0] * scale))
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    upright, ink = prepare(grey)
    piece = enlarge(upright, measure_print(ink, 0.0))
    words = reader.read(piece.pixels, languages, _SPARSE, round(piece.dpi))
    return in_lines([word for word in words if any(sign.isalnum() for sign in word.text)])


def in_lines(words: Sequence[ReadWord]) -> list[PageLine]:
    """Put words into lines by where they stand: what Tesseract calls a line ends at every wide gap."""
    lines: list[list[ReadWord]] = []
    for word in sorted(words, key=lambda word: (word.box[1] + word.box[3], word.box[0])):
        for line in reversed(lines[-3:]):
            if _share(line[-1], word) > _SAME_LINE:
                line.append(word)
                break
        else:
            lines.append([word])
    return [PageLine(tuple(sorted(line, key=lambda word: word.box[0]))) for line in lines]


def _share(one: ReadWord, other: ReadWord) -> float:
    """Return how much of the lower of two words the other stands beside."""
    common = min(one.box[3], other.box[3]) - max(one.box[1], other.box[1])
    return common / max(1, min(one.box[3] - one.box[1], other.box[3] - other.box[1]))
