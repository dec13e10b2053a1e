"""The normal form in which reference and hypothesis are compared.

It removes what two correct transcriptions of a page may write differently: composed and decomposed Hangul, the code
point of a middle dot, the length of a dot leader, kinds of white space. What a recognizer can get wrong (letters,
digits, quotes, dashes, brackets) is kept.
"""

from __future__ import annotations

import re
import unicodedata

# Soft hyphen, zero-width spaces and joiners, marks of direction, word joiner, byte order mark.
_INVISIBLE = dict.fromkeys(
    [0x00AD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), *range(0x2066, 0x206A), 0xFEFF]
)
# Araea, one dot leader, hyphenation point, katakana middle dots: Korean documents use all of them for `·`.
_MIDDLE_DOTS = dict.fromkeys([0x318D, 0x2024, 0x2027, 0x30FB, 0xFF65], "\u00b7")
# Blank, but not white space to Unicode: Mongolian separator, Braille blank, Hangul filler.
_BLANKS = dict.fromkeys([0x180E, 0x2800, 0x3164], " ")
_SIGNS = {**_MIDDLE_DOTS, **_BLANKS}

_DOTS = re.compile(r"[.\u00b7\u2026](?: ?[.\u00b7\u2026])*")
_ELLIPSIS = "\u2026"


def normalize(text: str) -> str:
    """Bring a text into the form in which it is scored: one line, and idempotent.

    The rules, from the scoring notes of the shared test documents: Unicode NFC; runs of three or
    more dots (`.`, `·`, `…` which counts as three; single spaces between them do not end a run)
    become one `…`; middle dots become U+00B7; invisible characters and soft hyphens go; every run
    of white space, line ends included, becomes one space, and none is left at the ends.
    """
    composed = unicodedata.normalize("NFC", text.translate(_INVISIBLE))
    line = " ".join(composed.translate(_SIGNS).split())
    return _DOTS.sub(_collapse, line)


def strip_spaces(text: str) -> str:
    """Remove all white space: in Korean the spaces of a reference are the extractor's guess."""
    return "".join(text.split())


def _collapse(run: re.Match[str]) -> str:
    dots = run.group()
    return _ELLIPSIS if _ELLIPSIS in dots or len(strip_spaces(dots)) >= 3 else dots
