"""Numbers in Korean lines that Tesseract doubts, or of which it took a bracket for a digit (`10002]` for `[0002]`).

The second model, which looks at doubtful parts anyway, reads digits and brackets with more certainty; where it is$
sure of each of them, they are its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ocr_project.engine.imaging.tesseract import ReadWord
from ocr_project.engine.models.onnx.line_reader import ReadCharacter
from ocr_project.engine.recognition.korean import is_hangul

_DOUBTED = 0.8  # confidence of a number that another may replace
_SURE = 0.9  # confidence of each of the characters that replace it
_BRACKETS = "()[]"
_NUMERIC = frozenset("0123456789.,-%:;'" + _BRACKETS)
_LIKE_A_BRACKET = frozenset("10")
_WIDE = str.maketrans("，：；（）［］′", ",:;()[]'")
_REACH = 0.15  # in heights of the number: how far beside its box a character of it may stand


def put_numbers(words: Sequence[ReadWord], seen: Sequence[ReadCharacter]) -> list[ReadWord]:
    """Replace numbers by what the second model is sure of.

    Args:
        words: Of one line, with boxes in pixels of the line.
        seen: What the second model read in parts of the same line, from left to right.

    Returns:
        Words from left to right, the others as they were.
    """
    if len({word.line for word in words}) > 1:  # read as a block: places along a line mean nothing
        return list(words)
    return [_with_numbers(word, seen) for word in words]


def _with_numbers(word: ReadWord, seen: Sequence[ReadCharacter]) -> ReadWord:
    if not any(character.isdigit() for character in word.text):
        return word
    if not all(character in _NUMERIC or is_hangul(character) for character in word.text):
        return word  # a sign was put in: the places of its neighbours are guesses
    parts = word.parts or (word,)
    changed = tuple([_instead(part, seen) for part in parts])
    if changed == parts:
        return word
    text = "".join(part.text for part in changed)
    letters = sum(len(part.text) for part in changed)
    confidence = sum(part.confidence * len(part.text) for part in changed) / letters
    return replace(word, text=text, confidence=confidence, parts=changed if word.parts else ())


def _instead(part: ReadWord, seen: Sequence[ReadCharacter]) -> ReadWord:
    if not (set(part.text) <= _NUMERIC and any(character.isdigit() for character in part.text)):
        return part
    found = _sure_of(part, seen)
    text = "".join(character.text for character in found)
    if text == part.text or not any(character.isdigit() for character in text) or not _paired(text):
        return part
    if len(text) != len(part.text) or not (part.confidence < _DOUBTED or _brackets_alone(part.text, text)):
        return part
    return replace(part, text=text, confidence=min(character.confidence for character in found))


def _sure_of(part: ReadWord, seen: Sequence[ReadCharacter]) -> list[ReadCharacter]:
    """Return what was seen where a number stands; nothing where the second model doubts a part of it.

    At both ends it makes something of the syllables beside the number, seldom with certainty.
    """
    reach = _REACH * (part.box[3] - part.box[1])
    inside = [one for one in seen if part.box[0] - reach <= one.x <= part.box[2] + reach and not one.text.isspace()]
    inside = [replace(one, text=one.text.translate(_WIDE)) for one in inside]
    good = [one.text in _NUMERIC and one.confidence >= _SURE for one in inside]
    while good and not good[0]:
        good, inside = good[1:], inside[1:]
    while good and not good[-1]:
        good, inside = good[:-1], inside[:-1]
    return inside if all(good) else []


def _paired(text: str) -> bool:
    return text.count("(") == text.count(")") and text.count("[") == text.count("]")


def _brackets_alone(text: str, instead: str) -> bool:
    """Return whether two readings differ only where a digit was taken for a bracket."""
    pairs = [(was, now) for was, now in zip(text, instead, strict=False) if was != now]
    return len(text) == len(instead) and all(now in _BRACKETS and was in _LIKE_A_BRACKET for was, now in pairs)
