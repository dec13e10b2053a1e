"""Words that were read in a crop: where they stand, how sure they are, and as lines of text."""

from __future__ import annotations

from collections.abc import Sequence

from ocr_project.engine.imaging.ruled_table import TableCell
from ocr_project.engine.imaging.tesseract import ReadWord


def words_as_lines(words: Sequence[ReadWord]) -> str:
    """Write words out, one line of text a line."""
    lines: dict[int, list[str]] = {}
    for word in words:
        lines.setdefault(word.line, []).append(word.text)
    return "\n".join(" ".join(parts) for parts in lines.values())


def by_cell(words: Sequence[ReadWord], cells: Sequence[TableCell]) -> dict[TableCell, list[ReadWord]]:
    """Give each word of a row to the cell that it stands in, or next to."""
    found: dict[TableCell, list[ReadWord]] = {}
    for word in words:
        middle = (word.box[0] + word.box[2]) / 2
        nearest = min(cells, key=lambda cell: max(cell.box[0] - middle, middle - cell.box[2]))
        found.setdefault(nearest, []).append(word)
    return found


def moved(word: ReadWord, right: int, down: int = 0) -> ReadWord:
    """Return a word, and its parts, so many pixels further right and down."""
    x0, y0, x1, y1 = word.box
    parts = tuple([moved(part, right, down) for part in word.parts])
    return ReadWord(word.text, (x0 + right, y0 + down, x1 + right, y1 + down), word.confidence, word.line, parts)


def mean_confidence(words: Sequence[ReadWord]) -> float:
    """Return the mean over letters; 0 where there are none."""
    letters = sum(len(word.text) for word in words)
    return sum(len(word.text) * word.confidence for word in words) / max(1, letters)
