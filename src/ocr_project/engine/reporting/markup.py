"""Text and numbers as they may stand in HTML. Whatever comes from a document passes through `escape`."""

from __future__ import annotations

import html
import math
import re

# C0 controls but tab and line feed, DEL and C1, lone surrogates (broken text layers hold them and UTF-8
# cannot), and the marks that turn the direction of what follows them.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")

DASH = '<span class="dash">–</span>'


def escape(text: str) -> str:
    """Make text safe as content and as a quoted attribute; what cannot be shown becomes U+FFFD."""
    return html.escape(_UNPRINTABLE.sub("\ufffd", text.replace("\r\n", "\n")), quote=True)


def percent(fraction: float) -> str:
    """Write a fraction as a percentage with two digits; a dash for nan."""
    return f"{fraction * 100:.2f}&#8239;%" if math.isfinite(fraction) else DASH


def interval(low: float, high: float) -> str:
    """Write the two ends of an interval of fractions, without the sign of percent."""
    return f"{low * 100:.2f} – {high * 100:.2f}"


def count(number: float) -> str:
    """Write a count with thousands apart by commas."""
    return f"{number:,.0f}"


def duration(seconds: float) -> str:
    """Write a time as a person says it: `0.42 s`, `12.3 s`, `3 min 05 s`, `2 h 07 min`."""
    if not math.isfinite(seconds):
        return DASH
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"


def speed(per_second: float) -> str:
    """Write pages a second with three significant digits, without an exponent."""
    if per_second <= 0 or not math.isfinite(per_second):
        return DASH
    digits = max(0, 2 - math.floor(math.log10(per_second)))
    return f"{per_second:,.{min(digits, 4)}f}"


def chip(word: str, kind: str) -> str:
    """Return a small word in a frame; `kind` is a class of the style sheet, never text of a document."""
    return f'<span class="chip {kind}">{escape(word)}</span>'
