"""The stretch of text that shows why a page was found."""

from __future__ import annotations

import unicodedata
from collections import Counter

import numpy as np

_GRAM = 2  # a Korean word's stem is two syllables more often than not
_CUT = "…"


def snippet(text: str, query: str, width: int = 160) -> str:
    """Cut out the stretch of a text that has most in common with a query.

    Args:
        text: Any number of lines.
        query: The question; compared by pairs of characters within words, in lower case.
        width: Greatest length in characters, ellipses included.

    Returns:
        One line, cut at the borders of words where there are any, with `…` where text was left out;
        the beginning of the text where nothing fits.
    """
    line = _one_line(text)
    if len(line) <= width:
        return line
    room = max(0, width - 2 * len(_CUT))
    start = _best_window(_pairs(line), set(_pairs(_one_line(query))), room)
    return _trim(line, start, min(len(line), start + room))[:width]


def _one_line(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _pairs(line: str) -> list[str]:
    """Return the pair of characters at each place; an empty string where it is not within a word."""
    folded = "".join(character.lower()[0] for character in line)
    pairs = (folded[place : place + _GRAM] for place in range(len(folded) - _GRAM + 1))
    return [pair if pair.isalnum() else "" for pair in pairs]


def _best_window(pairs: list[str], wanted: set[str], room: int) -> int:
    """Return the start of the window that holds most of the wanted pairs, rare ones first.

    A pair weighs 1 / (how often the text has it): all its occurrences together count 1, so that a
    window full of one common pair does not win over one with several different ones.
    """
    counts = Counter(pairs)
    weights = np.array([1.0 / counts[pair] if pair and pair in wanted else 0.0 for pair in pairs])
    if not weights.any():
        return 0
    sums = np.concatenate([[0.0], np.cumsum(weights)])
    reach = max(1, room - _GRAM + 1)
    starts = np.arange(max(1, len(weights) - reach + 1))
    gained = sums[np.minimum(starts + reach, len(weights))] - sums[starts]
    best = int(np.argmax(gained >= gained.max() - 1e-9))  # the first of equals, whatever the rounding
    hits = best + np.flatnonzero(weights[best : best + reach])
    middle = (int(hits[0]) + int(hits[-1]) + _GRAM) // 2
    return min(max(0, middle - room // 2), max(0, len(pairs) + _GRAM - 1 - room))


def _trim(line: str, start: int, end: int) -> str:
    """Move both ends inwards to the borders of words, at most a quarter of the way in."""
    slack = (end - start) // 4
    if start > 0 and line[start - 1] != " ":
        space = line.find(" ", start, start + slack)
        start = space + 1 if space >= 0 else start
    if end < len(line) and line[end] != " ":
        space = line.rfind(" ", end - slack, end)
        end = space if space >= 0 else end
    return (_CUT if start > 0 else "") + line[start:end].strip() + (_CUT if end < len(line) else "")
