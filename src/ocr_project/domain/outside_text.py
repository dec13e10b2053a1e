"""Text from outside, made fit for the place where it goes: the only functions that do so.

    storable       what Parquet, JSON and a database can keep
    shown          what a terminal can show on a line
    csv_cell       what a spreadsheet takes for text
    metric_name    what MLflow and DVC accept as a name

Folders, files, models and PDFs say what they like: brackets, terminal escapes, halves of surrogate pairs, formulas.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Any

_LONGEST_METRIC = 150  # characters, of MLflow's 250: a prefix and `.low` come on top
# Slashes make paths: `/x`, `x//y` and `x/../y` do not pass.
_REFUSED = re.compile(r"[^\w\-. /]|(?<![\w\-])/|/(?![\w\-])")
_SURROGATES = re.compile("[\ud800-\udfff]")
# Marks that turn the direction of writing around: a name looks like another one.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_CONTROL = frozenset({"Cc", "Zl", "Zp"})
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_MARKED = re.compile(rf"'+[{re.escape(''.join(_FORMULA))}]")
_NUMBER = re.compile(r"[-+]?\d[\d.,]*(?:[eE][-+]?\d+)?%?$")


def storable(text: str) -> str:
    """Replace halves of surrogate pairs, which UTF-8 does not have, by the sign for what cannot be shown."""
    return text if text.isascii() else _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text)


def shown(text: str) -> str:
    """Replace what would move the cursor, colour the line, name the window or turn the direction of writing."""
    return "".join("\N{REPLACEMENT CHARACTER}" if _is_unseen(c) else c for c in storable(text))


def shown_lines(text: str) -> str:
    """Return `shown` of each line of a message."""
    return "\n".join(map(shown, text.split("\n")))


def csv_cell(value: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would compute; numbers, also written ones, stay.

    `csv_text` takes it away again. Source: OWASP, CSV Injection.
    """
    if not isinstance(value, str):
        return value
    text = storable(value)
    computed = text.startswith(_FORMULA) and not _NUMBER.match(text)
    return f"'{text}" if computed or _MARKED.match(text) else text


def csv_text(cell: Any) -> Any:
    """Return what `csv_cell` was given."""
    return cell[1:] if isinstance(cell, str) and _MARKED.match(cell) else cell


def metric_name(name: str) -> str:
    """Write a name from outside as a part of a metric's or an option's name.

    Returns:
        Letters of any script, digits, `_`, `-`, `.`, spaces, and `/` inside of it, at most `_LONGEST_METRIC`
        characters. Where anything had to go, six digits of a hash are added: `R&D` and `R+D` stay two.
    """
    clean = _REFUSED.sub("_", name.strip() or "_")
    if clean == name and len(clean) <= _LONGEST_METRIC:
        return name
    mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{clean[: _LONGEST_METRIC - 7]}_{mark}"


def _is_unseen(character: str) -> bool:
    return character in _BIDI or unicodedata.category(character) in _CONTROL
