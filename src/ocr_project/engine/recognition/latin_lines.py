"""Latin print, read by PP-OCRv6 in Tesseract's place.

Of wide gaps the model makes one space or none, so a line is cut there, and its pieces are read one by one. It gives a
place for each character but no box: a word ends where its ink does. Where lines touch or are not level its detector
finds them.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.options import PpOcrWeights
from ocr_project.engine.imaging.tesseract import ReadWord
from ocr_project.engine.imaging.text_bands import find_bands, find_inked
from ocr_project.engine.models.onnx.line_finder import LineFinder, Quad, find_line_finder
from ocr_project.engine.models.onnx.line_reader import LineReader, ReadCharacter, find_line_reader
from ocr_project.engine.recognition.english_numbers import with_commas
from ocr_project.engine.recognition.print_marks import mend_marks
from ocr_project.engine.recognition.read_words import mean_confidence

# Letters of English print; of others (Greek, Han, full-width forms) the model sees some in bad print.
_ENGLISH = string.ascii_letters + string.digits + string.punctuation + "“”‘’–—…•·§©®™°±×÷½¼¾€£¥¢éàèêçñöüä"
_SURE_SPACE = 0.5  # confidence of a space that needs no white to bear it out
_SPACE = 0.25  # in heights of the line: least white of one that does
_GAP = 1.0  # in heights of the line: wider white is cut
_MARGIN = 3  # pixels of white round what is read
_SHORT = 96  # pixels that the small weights need a piece to be filled up to; the tiny ones misread cells of that width
_SURE = 0.95  # confidence of a line that the larger model need not read again
# Of a line that tells whether a block is in Latin print: heights that are looked at, letters, their mean confidence.
_LOOK, _LETTERS, _LIKELY = 10, 8, 0.9


class LatinReader:
    """Reads blocks and lines of Latin print; safe to share between threads."""

    def __init__(self, reader: LineReader, finder: LineFinder, larger: LineReader | None = None) -> None:
        """Take the models.

        Args:
            reader: Of lines.
            finder: Of lines in a block.
            larger: Reads again what `reader` is not sure of in a block; the surer of both is taken.
        """
        self._reader, self._finder, self._larger = reader, finder, larger
        self.identity = " ".join(one.identity for one in (reader, finder, larger) if one is not None)

    @property
    def thorough(self) -> LatinReader:
        """The reader that reads every line with the larger model; this one where it has none."""
        return LatinReader(self._larger, self._finder) if self._larger else self

    def read(self, block: NDArray[np.uint8]) -> list[ReadWord]:
        """Read a block whose lines the detector finds.

        Args:
            block: Shape (height, width), uint8, dark on light.

        Returns:
            Words line by line, from left to right, with boxes in pixels of the block.
        """
        words: list[ReadWord] = []
        for number, row in enumerate(_rows(self._finder.find(block))):
            for quad in row:
                words += [replace(word, line=number) for word in self._quad(block, quad)]
        return words

    def read_line(self, line: NDArray[np.uint8]) -> list[ReadWord]:
        """Read a level line, as `read_latin_line` does."""
        return read_latin_line(line, self._reader)

    def sees_latin(self, block: NDArray[np.uint8]) -> bool:
        """Return whether the middle line of a block is probably Latin print: of others the model reads little.

        Args:
            block: Shape (height, width), uint8, dark on light, with level lines.
        """
        bands = find_bands(block)
        if not bands:
            return False
        top, bottom = bands[len(bands) // 2]
        seen = self._reader.read(np.ascontiguousarray(block[top:bottom, : _LOOK * (bottom - top)]))
        letters = [one.confidence for one in seen if one.text.isalpha()]
        return len(letters) >= _LETTERS and sum(letters) / len(letters) >= _LIKELY

    def _quad(self, block: NDArray[np.uint8], quad: Quad) -> list[ReadWord]:
        width = max(1, round(float(np.linalg.norm(quad[1] - quad[0]))))
        height = max(1, round(float(np.linalg.norm(quad[3] - quad[0]))))
        level = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        there = cv2.getPerspectiveTransform(quad, level)
        cut = cv2.warpPerspective(block, there, (width, height), borderMode=cv2.BORDER_REPLICATE)
        back = np.asarray(np.linalg.inv(there), np.float64)
        limits = block.shape[1], block.shape[0]
        words = read_latin_line(np.asarray(cut, np.uint8), self._reader)
        if self._larger and mean_confidence(words) < _SURE:
            again = read_latin_line(np.asarray(cut, np.uint8), self._larger)
            words = max(words, again, key=mean_confidence)
        return [_placed(word, back, limits) for word in words]


def find_latin_reader(weights: PpOcrWeights = PpOcrWeights.TINY) -> LatinReader | None:
    """Return the reader; None where the extra `rapid` is not installed.

    Args:
        weights: Of the reader of lines; `both` reads with the small ones what the tiny ones are not sure of.
    """
    tiny = find_line_reader(_ENGLISH) if weights is not PpOcrWeights.SMALL else None
    small = find_line_reader(_ENGLISH, PpOcrWeights.SMALL.value, _SHORT) if weights is not PpOcrWeights.TINY else None
    reader, finder = tiny or small, find_line_finder()
    return LatinReader(reader, finder, small if tiny else None) if reader and finder else None


def _rows(quads: Sequence[Quad]) -> list[list[Quad]]:
    """Gather lines that stand beside each other, from top to bottom and from left to right."""
    rows: list[list[Quad]] = []
    for quad in sorted(quads, key=lambda one: float(one[:, 1].mean())):
        middle, half = float(quad[:, 1].mean()), float(np.linalg.norm(quad[3] - quad[0])) / 2
        if rows and abs(middle - np.mean([one[:, 1].mean() for one in rows[-1]])) < half:
            rows[-1].append(quad)
        else:
            rows.append([quad])
    return [sorted(row, key=lambda one: float(one[:, 0].min())) for row in rows]


def _placed(word: ReadWord, back: NDArray[np.float64], limits: tuple[int, int]) -> ReadWord:
    """Give a word of a levelled line the level box round it in the block."""
    x0, y0, x1, y1 = word.box
    corners = np.array([[[x0, y0], [x1, y0], [x1, y1], [x0, y1]]], np.float64)
    there = cv2.perspectiveTransform(corners, back)[0]
    (left, top), (right, bottom) = np.floor(there.min(axis=0)), np.ceil(there.max(axis=0))
    box = (max(0, int(left)), max(0, int(top)), min(limits[0], int(right)), min(limits[1], int(bottom)))
    return replace(word, box=box)


def read_latin_line(line: NDArray[np.uint8], reader: LineReader) -> list[ReadWord]:
    """Read one level line.

    Args:
        line: Shape (height, width), uint8, dark on light.
        reader: The model.

    Returns:
        Words from left to right, with boxes in pixels of the line; none where there is no ink.
    """
    ink = find_inked(line)
    rows = np.flatnonzero(ink.any(axis=1))
    if not len(rows):
        return []
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    columns: NDArray[np.bool_] = np.asarray(ink.any(axis=0))
    words: list[ReadWord] = []
    for left, right in _pieces(columns, _GAP * (bottom - top)):
        upper, lower = max(0, top - _MARGIN), min(line.shape[0], bottom + _MARGIN)
        first, last = max(0, left - _MARGIN), min(line.shape[1], right + _MARGIN)
        piece = np.ascontiguousarray(line[upper:lower, first:last])
        seen = mend_marks(reader.read(piece), piece)
        kept = _with_likely_spaces(seen, first, columns, bottom - top)
        for x0, x1, group in _groups(kept, first, last):
            inked = np.flatnonzero(columns[x0:x1])
            if len(inked):
                x0, x1 = x0 + int(inked[0]), x0 + int(inked[-1]) + 1
            confidence = sum(character.confidence for character in group) / len(group)
            text = with_commas("".join(character.text for character in group))
            words.append(ReadWord(text, (x0, top, max(x1, x0 + 1), bottom), confidence, 0))
    return words


def _with_likely_spaces(
    seen: Sequence[ReadCharacter], first: int, columns: NDArray[np.bool_], height: int
) -> list[ReadCharacter]:
    """Leave out spaces that are likely, and no more, unless there is wide white between the letters beside them."""
    found: list[ReadCharacter] = []
    inked = np.flatnonzero(columns)
    for place, one in enumerate(seen):
        if one.text.isspace() and one.confidence < _SURE_SPACE:
            beside = seen[place - 1].text + seen[place + 1].text if 0 < place < len(seen) - 1 else ""
            if not beside.isalnum() or beside.isdigit():  # points within numbers have white above them
                continue
            x = first + one.x
            before, behind = inked[inked <= x], inked[inked > x]
            if not len(before) or not len(behind) or behind[0] - before[-1] - 1 < _SPACE * height:
                continue
        found.append(one)
    return found


def _pieces(columns: NDArray[np.bool_], gap: float) -> Iterator[tuple[int, int]]:
    """Yield first column and the column after the last of what lies between wide gaps."""
    inked = np.flatnonzero(columns)
    cuts = np.flatnonzero(np.diff(inked) > gap)
    for first, last in zip([0, *(cuts + 1)], [*cuts, len(inked) - 1], strict=True):
        yield int(inked[first]), int(inked[last]) + 1


def _groups(seen: list[ReadCharacter], first: int, last: int) -> Iterator[tuple[int, int, list[ReadCharacter]]]:
    """Yield words as characters, with the columns between the spaces before and behind."""
    left, group = first, list[ReadCharacter]()
    for character in seen:
        if character.text.isspace():
            if group:
                yield left, first + round(character.x), group
            left, group = first + round(character.x), []
        else:
            group.append(character)
    if group:
        yield left, last, group
