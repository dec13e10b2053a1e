"""The lines of a region: what was read, and where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from ocr_project.domain.types import Box, Label, Recognition, Region, TextFormat, Word
from ocr_project.engine.models.dialects.html_table import parse_table
from ocr_project.engine.transcript.html_table import table_lines


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text.

    Attributes:
        box: Hull of its words; `None` where the recognizer gives no words.
        first: Width of its first word in pixels; 0 where unknown.
    """

    text: str
    box: Box | None = None
    first: float = 0.0


@dataclass(frozen=True, slots=True)
class Reading:
    """A region and what was read in it."""

    region: Region
    recognition: Recognition

    @property
    def lines(self) -> list[str]:
        """Its lines, without empty ones. Of a table: row by row, by its words where there are any."""
        read = self.recognition
        if self.region.label is Label.TABLE or read.format is TextFormat.HTML:
            if read.words:
                return [line.text for line in word_lines(read.words)]
            if read.format is TextFormat.HTML:
                return table_lines(parse_table(read.text)) or _text_lines(read.text)
        return _text_lines(read.text)


def word_lines(words: Iterable[Word]) -> list[Line]:
    """Group words by their line number; order within a line is kept."""
    grouped = groupby(sorted(words, key=lambda word: word.line), key=lambda word: word.line)
    return [line_of(list(group)) for _, group in grouped]


def line_of(words: Sequence[Word]) -> Line:
    """Put the words of one line together."""
    box = words[0].box
    for word in words[1:]:
        box = box.union(word.box)
    return Line(" ".join(word.text for word in words), box, words[0].box.width)


def lines_of(reading: Reading) -> list[Line]:
    """Return the lines of a text region, with boxes where its words give them.

    The text decides; the words only say where a line stands, so they count where there are as many
    lines of words as of text.

    Returns:
        Lines from the top; an empty text marks a blank line, which ends a paragraph.
    """
    texts = [" ".join(line.split()) for line in reading.recognition.text.splitlines()]
    placed = word_lines(reading.recognition.words)
    if len(placed) != sum(map(bool, texts)):
        return [Line(text) for text in texts]
    boxes = iter(placed)
    found = ((text, next(boxes)) if text else (text, Line("")) for text in texts)
    return [Line(text, line.box, line.first) for text, line in found]


def _text_lines(text: str) -> list[str]:
    return [line for line in (" ".join(line.split()) for line in text.splitlines()) if line]
