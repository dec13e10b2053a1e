"""The alignment of two texts, marked so that a person sees what was missed and what was added."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from ocr_project.engine.metrics import Span
from ocr_project.engine.reporting.markup import element, join, safe

LONGEST_TEXT = 20_000
"""Characters of a text that are shown: a recognizer in a loop writes a megabyte for one page, of which the rest tells
nothing new."""


def marked(spans: Iterable[Span]) -> Markup:
    """Return the alignment: what was missed as `<del>`, what was added as `<ins>`, the rest as it is."""
    parts: list[Markup] = []
    room = LONGEST_TEXT
    left_out = 0
    for span in spans:
        old, new = span.reference[: max(0, room)], span.hypothesis[: max(0, room)]
        shown = max(len(old), len(new))
        left_out += max(len(span.reference), len(span.hypothesis)) - shown
        room -= shown
        parts += [safe(old)] if old == new else [_change("del", old), _change("ins", new)]
    if left_out:
        parts.append(element("p", f"{left_out:,} more characters are not shown.", class_="empty"))
    return join(parts)


def _change(tag: str, text: str) -> Markup:
    """Mark a change. White space alone gets a sign to be seen by, and takes no room where it was missed."""
    if not text:
        return Markup()
    if text.strip():
        return element(tag, text)
    sign = "".join("⏎" if space == "\n" else "␣" for space in text)
    return element(tag, text if tag == "ins" else "", class_="space", data_sign=sign)
