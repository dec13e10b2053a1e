"""Blanks to fill in are not read but written: as many underscores as each is wide, beside the words of its line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np

from ocr_project.engine.imaging.blanks import find_blanks
from ocr_project.engine.imaging.ruled_table import PixelBox
from ocr_project.engine.imaging.small_print import ScaledCrop
from ocr_project.engine.imaging.tesseract import ReadWord, together
from ocr_project.engine.imaging.text_bands import find_inked
from ocr_project.engine.imaging.words import TooBusy, letter_height
from ocr_project.engine.recognition.read_words import mean_confidence

UNDERSCORE = "_"
_TOUCHING = 0.4  # in widths of an underscore: a blank that is nearer to a word is written to it without a space
_LINE_OF_LETTERS = 1.3  # letters are lower than the line that they stand on
_SAME_LINE = 0.3  # of the lower one's height, that a blank and the words of its line share


def without_blanks(piece: ScaledCrop) -> ScaledCrop:
    """Return a crop whose blanks are painted over and named; the same where it has none."""
    ink = np.where(find_inked(piece.pixels), 255, 0).astype(np.uint8)
    try:
        line = _LINE_OF_LETTERS * letter_height(ink) or piece.line  # of its own letters: a heading's are larger
    except TooBusy:
        return piece
    found = find_blanks(ink, line)
    return piece if found is None else replace(piece, pixels=found.taken_off(piece.pixels), blanks=found)


def put_blanks(words: Sequence[ReadWord], piece: ScaledCrop, cell: PixelBox | None = None) -> list[ReadWord]:
    """Put blanks among the words that were read beside them.

    Args:
        words: With boxes in pixels of the crop.
        piece: As `without_blanks` gives it.
        cell: The part of the crop whose blanks are put in; all of it where it is not given.
    """
    if piece.blanks is None:
        return list(words)
    x0, y0, x1, y1 = cell or (0, 0, *reversed(piece.pixels.shape))
    written = [
        ReadWord(UNDERSCORE * count, (left, top, right, bottom), 1.0, 0)
        for (left, top, right, bottom), count in zip(
            piece.blanks.boxes.tolist(), piece.blanks.counts.tolist(), strict=True
        )
        if x0 <= (left + right) / 2 < x1 and y0 <= (top + bottom) / 2 < y1
    ]
    if not written:
        return list(words)
    lines: dict[int, list[ReadWord]] = {}
    for word in words:
        lines.setdefault(word.line, []).append(word)
    rows = list(lines.values())
    for blank in written:
        row: list[ReadWord] = max(rows, key=partial(_shared, blank=blank), default=[])
        if row and _shared(row, blank) >= _SAME_LINE:
            row.append(blank)
        else:
            rows.append([blank])
    rows.sort(key=lambda row: sum(word.box[1] + word.box[3] for word in row) / len(row))
    return [replace(word, line=number) for number, row in enumerate(rows) for word in _joined(row)]


def _shared(row: Sequence[ReadWord], blank: ReadWord) -> float:
    """Return what a line and a blank share, as a share of the lower one's height."""
    top, bottom = min(word.box[1] for word in row), max(word.box[3] for word in row)
    common = min(bottom, blank.box[3]) - max(top, blank.box[1])
    return common / max(1, min(bottom - top, blank.box[3] - blank.box[1]))


def _joined(row: list[ReadWord]) -> list[ReadWord]:
    """Put the words of a line in order, and those together that touch a blank."""
    read = [word for word in row if not _is_blank(word)]
    sure = mean_confidence(read) if read else 1.0
    row = sorted((replace(word, confidence=sure) if _is_blank(word) else word for word in row), key=lambda w: w.box[0])
    groups = [[row[0]]]
    for before, word in pairwise(row):
        blank = word if _is_blank(word) else before
        wide = (blank.box[2] - blank.box[0]) / len(blank.text)
        near = _is_blank(blank) and word.box[0] - before.box[2] < _TOUCHING * wide
        groups[-1].append(word) if near else groups.append([word])
    return [one[0] if len(one) == 1 else together("".join(word.text for word in one), one) for one in groups]


def _is_blank(word: ReadWord) -> bool:
    return set(word.text) == {UNDERSCORE}
