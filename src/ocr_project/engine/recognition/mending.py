"""A line of Korean, mended with what a second model sees in it: Latin runs first, signs between them after."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.imaging.ink import levels
from ocr_project.engine.imaging.tesseract import ReadWord
from ocr_project.engine.imaging.text_bands import find_inked
from ocr_project.engine.models.onnx.line_reader import LineReader, ReadCharacter
from ocr_project.engine.recognition.doubts import Span, doubtful_spans
from ocr_project.engine.recognition.latin_runs import (
    Run,
    cut_out,
    drop_remains,
    find_runs,
    line_height,
    put_runs,
    restore_points,
)
from ocr_project.engine.recognition.numbers import put_numbers
from ocr_project.engine.recognition.signs import put_signs

Pixels = NDArray[np.uint8]
_MARGIN = 0.12  # in heights of the ink: with more white above and below it the model sees letters too small for it
_LEAST_MARGIN = 3  # pixels
_UPPER = 0.62  # of a sign's height and width: what is right of it and above is its power
_METRE = re.compile(r"(?<=\d)m(?=,?$)")
_POWER_HIGH, _POWER_WIDE = 0.12, 0.4  # in heights of the line: what stands over an m that is a power; its width
_SURE_SPACE = 0.5
_SURE_POWER = 0.7  # confidence of a 3; squares are read as one with 0.57 at most


def mended(
    words: Sequence[ReadWord], line: Pixels, reader: LineReader, read: Callable[[Pixels], list[ReadWord]]
) -> list[ReadWord]:
    """Mend a line of Korean.

    Args:
        words: What Tesseract read, with boxes in pixels of `line`.
        line: Shape (height, width), uint8.
        reader: Knows Latin letters and signs, and no Hangul.
        read: Reads a line as `words` were read.

    Returns:
        Words from left to right.
    """
    ink = find_inked(line)
    rows = np.flatnonzero(ink.any(axis=1))
    if not len(rows):
        return list(words)
    columns = np.asarray(ink.any(axis=0))
    margin = max(_LEAST_MARGIN, round(_MARGIN * (rows[-1] - rows[0])))
    strip = line[max(0, rows[0] - margin) : rows[-1] + 1 + margin]
    seen = _seen(strip, doubtful_spans(words, columns, float(rows[-1] + 1 - rows[0])), reader)
    if not seen:
        return list(words)
    runs = [_with_power(run, line[rows[0] : rows[-1] + 1], reader) for run in find_runs(seen, columns, words)]
    if not runs:
        return put_numbers(put_signs(words, seen), seen)
    number = words[0].line
    cut = cut_out(line, runs, words)
    again = [replace(cut.whole(word), line=number) for word in read(cut.pixels)]
    again = restore_points(drop_remains(again, runs, seen, line_height(words)), words, runs)
    between = [one for one in seen if not any(run.left <= one.x < run.right for run in runs)]
    return put_runs(put_numbers(put_signs(again, between), between), runs, columns, number)


def _seen(strip: Pixels, spans: Sequence[Span], reader: LineReader) -> list[ReadCharacter]:
    found: list[ReadCharacter] = []
    for left, right in spans:
        first = max(0, left - _LEAST_MARGIN)
        part = np.ascontiguousarray(strip[:, first : right + _LEAST_MARGIN])
        read = [one for one in reader.read(part) if not one.text.isspace() or one.confidence >= _SURE_SPACE]
        found += [replace(one, x=one.x + first) for one in read]
    return found


def _with_power(run: Run, line: Pixels, reader: LineReader) -> Run:
    """Tell `㎥` from `㎡`: what stands at the upper right of the sign is read by itself."""
    if run.power is None:
        return _with_unseen_power(run, line, reader)
    left, right = run.power
    sign = line[:, left:right]
    sign = sign[find_inked(sign).any(axis=1)]
    height, width = sign.shape
    cube = _is_cube(sign[: round(_UPPER * height), round(_UPPER * width) :], reader)
    return replace(run, text=run.text.replace("㎡", "㎥")) if cube else run


def _with_unseen_power(run: Run, line: Pixels, reader: LineReader) -> Run:
    """Find the power of a metre behind a number where the reader saw none."""
    if not _METRE.search(run.text):
        return run
    ink = find_inked(line)
    white = np.flatnonzero(~ink[:, : run.right - 1].any(axis=0))
    left = int(white[-1]) + 1 if len(white) else 0
    end = min(line.shape[1], run.right + round(_POWER_WIDE * len(line)))
    third = max(1, (run.right - left) // 3)
    top = int(np.argmax(ink[:, left : left + third].any(axis=1)))  # of the m itself
    above = ink[: max(0, top - 1), left + third : end]
    rows, columns = np.flatnonzero(above.any(axis=1)), np.flatnonzero(above.any(axis=0))
    if not len(rows) or rows[-1] - rows[0] < _POWER_HIGH * len(line):
        return run
    first, last = left + third + int(columns[0]), left + third + int(columns[-1]) + 1
    sign = "㎥" if _is_cube(line[rows[0] : top + 1, first:last], reader) else "㎡"
    return replace(run, text=_METRE.sub(sign, run.text), right=max(run.right, last))


def _is_cube(power: Pixels, reader: LineReader) -> bool:
    if not power.size:
        return False
    margin = max(_LEAST_MARGIN, len(power) // 4)
    paper = int(levels(power, 0.90)[0])
    sides = margin, margin, 2 * margin, 2 * margin
    seen = reader.read(
        np.asarray(cv2.copyMakeBorder(power, *sides, borderType=cv2.BORDER_CONSTANT, value=paper), np.uint8)
    )
    return any(one.text in "3³" and one.confidence >= _SURE_POWER for one in seen)
