"""What Tesseract's Russian model gets wrong in clear print, and a rule of writing or of size can tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.tesseract import ReadWord
from ocr_project.engine.imaging.text_bands import find_inked

_LOW_QUOTE, _CLOSING = "‚", "‘’'"
_IN_ORDER = re.compile(
    r"[nп]/[nп]"
)  # № п/п, "number in order": the letters are one shape in upright faces of few pixels
_NUMBER = re.compile(r"\d+-?[А-ЯЁ]*\b")
_OPENING = tuple('«„"(')
_LATIN_TWINS = str.maketrans("ABCEHKMOPTX", "АВСЕНКМОРТХ")
_CAPITALS = re.compile(r"[АВГЕЖЗИКЛМНОПСТХЧШЪЫЬЭЮЯ]{2,}")  # whose small letters have nothing above or below
_SMALL = re.compile(r"[авгежзиклмнопстхчшъыьэюя]{2,}")
_TALL = re.compile(
    r"[АВБГЕЖЗИКЛМНОПРСТУХЧШЭЮЯ][абвгежзиклмнопстхчшъыьэюя]+|[абвгежзиклмнопстхчшъыьэюя]*б[абвгежзиклмнопстхчшъыьэюя]*"
)
_AS_HIGH, _LOWER = (
    1.12,
    0.84,
)  # in heights of words of small letters on its line, and of tall ones that reach not below
# "Об" stands before a vowel, and is read as 06; so does the day of a month, before one of these.
_VOWELS, _MONTHS = tuple("аоуэыияюе"), ("апрел", "август", "июн", "июл", "октябр")


def mend_russian(words: Sequence[ReadWord], line: NDArray[np.uint8]) -> list[ReadWord]:
    """Mend a line of Russian.

    Args:
        words: Of the line, with boxes in its pixels.
        line: Shape (height, width), uint8, dark on light.
    """
    texts = _closed([word.text for word in words])
    if not any("а" <= character <= "я" for text in texts for character in text):
        texts = [_IN_ORDER.sub("п/п", text) if _IN_ORDER.fullmatch(text) else text for text in texts]
        return _with(words, texts)
    if not any(quote in text for text in texts for quote in _CLOSING):
        texts = [text.replace(_LOW_QUOTE, ",") for text in texts]
    behind = [*texts[1:], ""]
    texts = [_by_neighbour(text, after) for text, after in zip(texts, behind, strict=True)]
    return _with(words, _small_again(words, texts, line))


def _closed(texts: list[str]) -> list[str]:
    """Close a quote that a line opens and seems to end with a sign of mathematics, as in `« > 2025 г.`."""
    line = "".join(texts)
    if line.count("«") != line.count("»") + line.count(">") or "<" in line or line.find(">") < line.find("«"):
        return texts
    return [text.replace(">", "»") for text in texts]


def _with(words: Sequence[ReadWord], texts: Sequence[str]) -> list[ReadWord]:
    changed = zip(words, texts, strict=True)
    return [word if word.text == text else replace(word, text=text, parts=()) for word, text in changed]


def _by_neighbour(text: str, behind: str) -> str:
    if text in ("М", "M") and _NUMBER.match(behind):
        return "N"  # of a law: the model has no N, and "М" does not stand before numbers
    about = text.endswith(("06", "O6", "О6")) and len(text) - 2 == (text[:1] in _OPENING)
    if about and behind.startswith(_VOWELS) and not behind.startswith(_MONTHS):
        return f"{text[:-2]}Об"
    return "п/п" if _IN_ORDER.fullmatch(text) else text


def _small_again(words: Sequence[ReadWord], texts: list[str], line: NDArray[np.uint8]) -> list[str]:
    """Write words of capitals small that are as low as the small letters of their line."""
    russian = [text.translate(_LATIN_TWINS) for text in texts]
    if not any(map(_CAPITALS.fullmatch, russian)):
        return texts
    ink = find_inked(line)
    heights = [_height(ink, word) for word in words]
    small = [high for high, text in zip(heights, texts, strict=True) if high and _SMALL.fullmatch(text)]
    tall = [high for high, text in zip(heights, texts, strict=True) if high and _TALL.fullmatch(text)]
    most = _AS_HIGH * float(np.median(small)) if small else _LOWER * float(np.median(tall)) if tall else 0.0
    rows = zip(texts, russian, heights, strict=True)
    return [twin.lower() if _CAPITALS.fullmatch(twin) and 0 < high <= most else text for text, twin, high in rows]


def _height(ink: NDArray[np.bool_], word: ReadWord) -> int:
    rows = np.flatnonzero(ink[:, word.box[0] : word.box[2]].any(axis=1))
    return int(rows[-1] + 1 - rows[0]) if len(rows) else 0
