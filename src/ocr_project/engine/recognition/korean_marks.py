"""Marks of Korean print that no model here reads: dots between nouns, and the circle before a speaker's name.

A middle dot between two nouns (`영산강·섬진강`) stands on the line in the typefaces of Korean offices, and is read as
a full stop. Korean writes a space behind a full stop, so a dot without one, between two syllables, is a middle dot.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.tesseract import ReadWord
from ocr_project.engine.imaging.text_bands import find_inked
from ocr_project.engine.recognition.korean import is_hangul

CIRCLE = "◯"
_MIDDLE_DOT = "·"
_COUNTS = frozenset("가나다라마바사아자차카타파하")  # letters of a list: a space behind their full stop was lost
_ON_THE_LINE = re.compile(r"(?<=[가-힣])(?<!다)\.(?=[가-힣])")  # behind 다 a sentence ends, and a space was lost
# The white within the circle: its height in that of the line's ink, its width in its height, its share of its own box
# (of a disc: 0.785), and how far it lies from where the line begins, in its height.
_TALL, _ROUND, _DISC, _FIRST = 0.65, (0.85, 1.18), (0.72, 0.86), 0.2
_EMPTY = 0.3, 0.7  # of its sides: there is nothing in the middle, as in circled digits


def middle_dots(words: Sequence[ReadWord]) -> list[ReadWord]:
    """Write a middle dot for a full stop between two syllables of Hangul.

    Args:
        words: Of a line, each with its syllables as parts.
    """
    found = []
    for place, word in enumerate(words):
        places = {match.start() for match in _ON_THE_LINE.finditer(word.text)}
        if not place and word.text[:1] in _COUNTS:
            places.discard(1)
        found.append(_with_dots(word, places) if places else word)
    return found


def _with_dots(word: ReadWord, places: set[int]) -> ReadWord:
    dotted = [_MIDDLE_DOT if place in places else character for place, character in enumerate(word.text)]
    parts, start = [], 0
    for part in word.parts:
        end = start + len(part.text)
        parts.append(replace(part, text="".join(dotted[start:end])))
        start = end
    return replace(word, text="".join(dotted), parts=tuple(parts))


def put_circle(words: Sequence[ReadWord], line: NDArray[np.uint8]) -> list[ReadWord]:
    """Put a circle where a line begins with one as high as its letters; it is read as a bracket or a digit, or both.

    Args:
        words: Of a line, with boxes in its pixels.
        line: Shape (height, width), uint8, dark on light.
    """
    if not words or is_hangul(words[0].text[0]) or (box := _circle(find_inked(line))) is None:
        return list(words)
    first = words[0]
    rest = first.text.lstrip("".join(character for character in set(first.text) if not is_hangul(character)))
    cut = len(first.text) - len(rest)
    circle = ReadWord(CIRCLE, box, first.confidence, first.line)
    if not rest:
        behind = first.box[0] >= box[2]
        return [circle, first, *words[1:]] if behind else [circle, *words[1:]]
    kept = _without(first, cut)
    whole = (min(box[0], kept.box[0]), min(box[1], kept.box[1]), kept.box[2], max(box[3], kept.box[3]))
    return [ReadWord(CIRCLE + rest, whole, first.confidence, first.line, (circle, *kept.parts)), *words[1:]]


def _without(word: ReadWord, cut: int) -> ReadWord:
    """Drop the first characters of a word."""
    parts, start = [], 0
    for part in word.parts:
        end = start + len(part.text)
        if end > cut:
            parts.append(replace(part, text=part.text[max(0, cut - start) :]))
        start = end
    x0 = parts[0].box[0] if parts else word.box[0]
    return replace(word, text=word.text[cut:], box=(x0, *word.box[1:]), parts=tuple(parts))


def _circle(ink: NDArray[np.bool_]) -> tuple[int, int, int, int] | None:
    """Return the box of the circle that the ink of a line begins with: by the white in it, for it touches letters."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return None
    high, first = int(rows[-1] + 1 - rows[0]), int(columns[0])
    white = np.pad(~ink[:, first : first + 2 * high], 1, constant_values=True).astype(np.uint8)
    _, _, boxes, _ = cv2.connectedComponentsWithStats(white, connectivity=4)
    for x0, y0, width, height, area in boxes[2:].tolist():  # after the ink, and the white around it
        if (
            height >= _TALL * high
            and x0 - 1 <= _FIRST * height
            and _ROUND[0] <= width / height <= _ROUND[1]
            and _DISC[0] <= area / (width * height) <= _DISC[1]
            and _is_empty(white[y0 : y0 + height, x0 : x0 + width])
        ):
            return first + x0 - 2, y0 - 2, first + x0 + width, y0 + height
    return None


def _is_empty(inside: NDArray[np.uint8]) -> bool:
    (top, bottom), (left, right) = ([round(share * size) for share in _EMPTY] for size in inside.shape)
    return bool(inside[top:bottom, left:right].all())
