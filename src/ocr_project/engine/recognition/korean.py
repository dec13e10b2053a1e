"""What Tesseract's Korean model does not know: Latin words.

It reads `Network` as `46040「<`, but doubts that itself: such words are read again with the Latin model.
To give it both models for all words costs more than it brings (`등을` becomes `SS`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.tesseract import ReadWord, together
from ocr_project.engine.recognition.read_words import moved

Pixels = NDArray[np.uint8]

_DOUBTFUL = 0.75  # confidence of a Korean word that may be Latin: of Hangul seldom below, of Latin seldom above
_SURE = 0.75  # confidence of a Latin word that takes its place
_LIKELY = 0.5  # confidence of a second reading that has no letters (numbers, brackets) and takes its place
_LETTERS = 3  # letters of a Latin word, and signs other than Hangul in a doubtful one
_JOINED = 0.2  # in heights of the line: parts that are nearer to each other are one word
_MARGIN = 3  # pixels behind what is read again


def read_latin(words: Sequence[ReadWord], line: Pixels, read: Callable[[Pixels], list[ReadWord]]) -> list[ReadWord]:
    """Read doubtful words of a line again.

    Args:
        words: Of one line, with boxes in pixels of `line`.
        line: Shape (height, width), uint8.
        read: Reads a piece of the line with the Latin model; boxes in pixels of the piece.

    Returns:
        Words from left to right.
    """
    found: list[ReadWord] = []
    for doubtful, group in groupby(words, key=_is_doubtful):
        run = list(group)
        if doubtful:
            # the model's boxes leave strokes out: the white before and behind the word is the better border
            left = max(found[-1].box[2] if found else 0, run[0].box[0] - line.shape[0] // 2, 0)
            right = run[-1].box[2] + _MARGIN
            if left < min(right, line.shape[1]):  # on coarse pages boxes overlap: the word may lie in the one before
                again = [moved(word, left) for word in read(np.ascontiguousarray(line[:, left:right]))]
                run = _better(run, again, line.shape[0])
        found += run
    return found


def is_hangul(character: str) -> bool:
    """Return whether a character is a syllable of Hangul."""
    return "가" <= character <= "힣"


def _is_doubtful(word: ReadWord) -> bool:
    signs = sum(not is_hangul(character) for character in word.text)
    return word.confidence < _DOUBTFUL and signs >= _LETTERS


def _better(run: list[ReadWord], again: list[ReadWord], height: int) -> list[ReadWord]:
    sure = [word for word in again if word.confidence >= _SURE and _latin_letters(word.text) >= _LETTERS]
    if sure:
        parts = [part for word in run for part in word.parts or (word,)]
        kept = [part for part in parts if not any(_over(part, word) for word in sure)]
        return _as_words(sorted([*kept, *sure], key=lambda part: part.box[0]), height, run[0].line)
    plain = not any(is_hangul(character) for word in run for character in word.text)
    if plain and again and min(word.confidence for word in again) >= max(_LIKELY, max(w.confidence for w in run)):
        return [replace(word, line=run[0].line) for word in again]
    return run


def _as_words(parts: list[ReadWord], height: int, line: int) -> list[ReadWord]:
    words: list[list[ReadWord]] = []
    for part in parts:
        if words and part.box[0] - words[-1][-1].box[2] < _JOINED * height:
            words[-1].append(part)
        else:
            words.append([part])
    return [replace(together("".join(part.text for part in group), group), line=line) for group in words]


def _over(part: ReadWord, word: ReadWord) -> bool:
    return word.box[0] - 1 <= (part.box[0] + part.box[2]) / 2 <= word.box[2] + 1


def _latin_letters(text: str) -> int:
    return sum(character.isascii() and character.isalpha() for character in text)
