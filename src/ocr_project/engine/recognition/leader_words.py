"""Dot leaders are not read but written: one ellipsis for a row of dots, whatever their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ocr_project.domain.types import Box, Recognition, Status, TextFormat, Word
from ocr_project.engine.imaging.ink import Boxes

ELLIPSIS = "\u2026"


def put_leaders(found: Recognition, region: Box, rows: Boxes) -> Recognition:
    """Put an ellipsis for each row of dots among the words of its line.

    Args:
        found: What was read in a region without the dots.
        region: Its box.
        rows: Boxes of the rows of dots of the whole page, shape (n, 4).

    Returns:
        A copy where dots lead to or from a word of it; tables stay as they are.
    """
    if found.status is not Status.OK or found.format is not TextFormat.TEXT:
        return found
    words = list(found.words)
    for row in rows.tolist():
        if Box(*row).intersection(region):
            words = _with_row(words, Box(*row))
    if len(words) == len(found.words):
        return found
    lines: dict[int, list[str]] = {}
    for word in words:
        lines.setdefault(word.line, []).append(word.text)
    return replace(found, words=tuple(words), text="\n".join(" ".join(parts) for parts in lines.values()))


def _with_row(words: Sequence[Word], row: Box) -> list[Word]:
    """Put a row of dots behind the word that stands before it on its line, else before the one behind it."""
    level = [place for place, word in enumerate(words) if word.box.y0 <= row.y1 and word.box.y1 >= row.y0]
    before = [place for place in level if words[place].box.x1 <= (row.x0 + row.x1) / 2]
    after = [place for place in level if place not in before]
    if before:
        place = max(before, key=lambda place: words[place].box.x1)
        return [*words[: place + 1], replace(words[place], text=ELLIPSIS, box=row), *words[place + 1 :]]
    if after:
        place = min(after, key=lambda place: words[place].box.x0)
        return [*words[:place], replace(words[place], text=ELLIPSIS, box=row), *words[place:]]
    return list(words)
