"""Numbers of English print whose commas were read as points.

English parts thousands by commas and writes one point at most, behind them: a point before a comma, or one of several
before groups of three digits, was a comma.
"""

from __future__ import annotations

import re

# Up to three digits and groups of three; four groups alone are an address of a network.
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:[.,]\d{3})+(?![\d]|[.,]\d)")
_ADDRESS = 3  # points of one


def with_commas(text: str) -> str:
    """Return a word with the commas of its numbers."""
    return _GROUPED.sub(_mended, text)


def _mended(found: re.Match[str]) -> str:
    number = found.group()
    points, last_comma = number.count("."), number.rfind(",")
    if not points or (last_comma < 0 and points in (1, _ADDRESS)):
        return number
    if points > 1:
        return number.replace(".", ",")
    return number[:last_comma].replace(".", ",") + number[last_comma:] if last_comma >= 0 else number
