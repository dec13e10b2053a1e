"""Text and numbers as they stand in a report: the filters of its templates, and elements built in Python.

Templates escape on their own; `element` does where markup is built outside of them. Both replace what is not
printable.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Protocol

from markupsafe import Markup, escape

# C0 controls but tab and line feed, DEL and C1, lone surrogates (broken text layers hold them and UTF-8
# cannot), and the marks that turn the direction of what follows them.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


class HasInterval(Protocol):
    """A value that has the two ends of an interval; NaN where there is none."""

    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


DASH = Markup('<span class="dash">–</span>')
NOTHING = Markup()


def printable(value: object) -> object:
    """Replace what cannot be shown in a text by U+FFFD; markup stays markup, and anything but text what it is."""
    if not isinstance(value, str):
        return value
    text = _UNPRINTABLE.sub("\ufffd", value.replace("\r\n", "\n"))
    return Markup(text) if isinstance(value, Markup) else text


def element(name: str, *children: object, **attributes: object) -> Markup:
    """Build an element.

    Args:
        name: Of the element.
        children: Text, which is escaped, or markup.
        attributes: Escaped too. An underscore at the end is dropped (`class_`), others become hyphens
            (`text_anchor`). Floats are written with one digit; `None` leaves the attribute out.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{safe(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if not children:
        return Markup(f"<{name}{given}/>")
    return Markup(f"<{name}{given}>{''.join(map(safe, children))}</{name}>")


def safe(value: object) -> Markup:
    """Escape a text, and replace what cannot be shown; floats are written with one digit, markup stays as it is."""
    return escape(f"{value:.1f}" if isinstance(value, float) else printable(value))


def join(parts: Iterable[Markup]) -> Markup:
    """Put elements side by side."""
    return NOTHING.join(parts)


def percent(fraction: float) -> str:
    """Write a fraction as a percentage with two digits; a dash for NaN."""
    return f"{fraction * 100:.2f}\u202f%" if math.isfinite(fraction) else DASH


def percent_interval(ends: HasInterval) -> str:
    """Write both ends of an interval of fractions as percentages, without the sign; a dash where there is none."""
    return f"{ends.low * 100:.2f} – {ends.high * 100:.2f}" if math.isfinite(ends.low) else DASH


def points_interval(ends: HasInterval) -> str:
    """Write both ends of a difference of fractions in percentage points, with their signs; a dash without any."""
    return f"{ends.low * 100:+.2f} – {ends.high * 100:+.2f}" if math.isfinite(ends.low) else DASH


def points(fraction: float) -> str:
    """Write a difference of two fractions in percentage points, with its sign."""
    return f"{fraction * 100:+.2f}" if math.isfinite(fraction) else DASH


def decimal(value: float, digits: int = 3) -> str:
    """Write a number with this many digits after the point; a dash for NaN."""
    return f"{value:.{digits}f}" if math.isfinite(value) else DASH


def signed(value: float, digits: int = 3) -> str:
    """Write a number with its sign; a dash for NaN."""
    return f"{value:+.{digits}f}" if math.isfinite(value) else DASH


def count(number: float) -> str:
    """Write a count with commas between thousands."""
    return f"{number:,.0f}"


def duration(seconds: float) -> str:
    """Write a time for people: `0.42 s`, `12.3 s`, `3 min 05 s`, `2 h 07 min`; a dash for NaN."""
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


def latency(seconds: float) -> str:
    """Write the time of one answer with three significant digits; a dash for NaN."""
    if not math.isfinite(seconds):
        return DASH
    return f"{seconds:.3f} s" if seconds < 1 else f"{seconds:.2f} s" if seconds < 100 else f"{seconds:,.0f} s"


def speed(per_second: float) -> str:
    """Write a rate per second with three significant digits, without an exponent; a dash where there is none."""
    if per_second <= 0 or not math.isfinite(per_second):
        return DASH
    digits = max(0, 2 - math.floor(math.log10(per_second)))
    return f"{per_second:,.{min(digits, 4)}f}"


def sortable(value: float) -> str:
    """Write a number for the script that sorts; an empty string, which sorts last, where there is none."""
    return repr(value) if math.isfinite(value) else ""


FILTERS = {
    filter_.__name__: filter_
    for filter_ in (
        percent,
        percent_interval,
        points,
        points_interval,
        decimal,
        signed,
        count,
        duration,
        latency,
        speed,
        sortable,
    )
}
