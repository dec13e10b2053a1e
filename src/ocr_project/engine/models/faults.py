"""What is wrong with an answer: a model that loops, is cut off or says nothing."""

from __future__ import annotations

import re
from enum import StrEnum
from itertools import groupby

_TAIL = 40  # characters that come again where the end of a text repeats itself
_WINDOW = 600  # characters: the longest piece that is looked for
_CUT_TIMES, _CUT_LENGTH = 3, 120  # repetitions and characters that make a loop of an answer that ran into its limit
_END_TIMES, _END_LENGTH = 10, 200  # the same of one that ended by itself
_LINE_TIMES = 12
_UNIT_END = re.compile(r"\n|</tr>|<nl>")
_STOPPED_BY_SERVER = "repetition"  # vLLM's finish reason for `repetition_detection`


class Fault(StrEnum):
    """What is wrong."""

    LOOP = "loop"
    CUT = "cut"
    EMPTY = "empty"

    @property
    def reason(self) -> str:
        """Return the text of a failure row."""
        return {
            Fault.LOOP: "loop: the model repeats itself",
            Fault.CUT: "cut: the answer is longer than its limit (max_tokens)",
            Fault.EMPTY: "empty: the model answers nothing",
        }[self]


def fault_of(text: str, finish_reason: str) -> Fault | None:
    """Judge an answer.

    Args:
        text: As the model wrote it.
        finish_reason: The server's word; `length` where the limit cut it.

    Returns:
        None for an answer that is sound. Repeated empty cells, rules and dots are sound in an answer that ended
        by itself: forms have them.
    """
    if not text.strip():
        return Fault.EMPTY
    if finish_reason == _STOPPED_BY_SERVER:
        return Fault.LOOP
    if finish_reason == "length":
        return Fault.LOOP if _end_repeats(text, _CUT_TIMES, _CUT_LENGTH) else Fault.CUT
    unit = _end_repeats(text, _END_TIMES, _END_LENGTH) or _repeated_line(text)
    return Fault.LOOP if _says_something(unit) else None


def _end_repeats(text: str, times: int, length: int) -> str:
    """Return the piece that the end of a text repeats; an empty string where it does not.

    The distance to where the last characters stand before is the period, and what is periodic with it is compared
    with itself, shifted: both in C.
    """
    text = text.rstrip()
    tail = text[-_TAIL:]
    before = text.rfind(tail, max(0, len(text) - _TAIL - _WINDOW), len(text) - 1)
    if len(tail) < _TAIL or before < 0:
        return ""
    period = len(text) - _TAIL - before
    needed = max(times * period, length)
    end = text[-needed:]
    return text[-period:] if len(end) == needed and end[period:] == end[:-period] else ""


def _repeated_line(text: str) -> str:
    """Return a line, or a row of a table, that stands many times in a row."""
    if len(text) < 2 * _LINE_TIMES:
        return ""
    for unit, group in groupby(part.strip() for part in _UNIT_END.split(text)):
        if unit and sum(1 for _ in group) >= _LINE_TIMES and _says_something(unit):
            return unit
    return ""


def _says_something(unit: str) -> bool:
    """Say whether there are letters in it, other than those of tags."""
    return any(character.isalpha() for character in re.sub(r"<[^>]*>?|^[^<]*>", "", unit))
