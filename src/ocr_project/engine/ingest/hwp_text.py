"""The text of a page of HWP: letters where rhwp puts them in its drawing (SVG).

Not from the PDF that it makes: letters that are fitted to a width, as digits are, are outlines there, without text.
The drawing has one element a letter, a small disc for a middle dot, and none for spaces: these are gaps wider than
any letter's own width.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias
from xml.etree import ElementTree

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.types import Box, Word
from ocr_project.engine.ingest.rendered_page import Answers, Picture
from ocr_project.engine.ingest.text_layer import LayerFacts, ink_under, is_healthy

Drawn: TypeAlias = tuple[float, float, list[tuple[str, float, float, float, float, int]]]
"""Width and height of a page, and its words: text, left, top, right, bottom, number of the line."""

_Matrix: TypeAlias = NDArray[np.float64]
_SVG = "{http://www.w3.org/2000/svg}"
_FUNCTION = re.compile(r"(\w+)\(([^)]*)\)")
_ASCENT, _DESCENT = 0.86, 0.14  # ems above and below the base line: a Hangul letter fills them
_GAP = 0.22  # ems between letters that make a space; Hangul fonts have spaces of 0.3 to 0.5
_SAME_LINE = 0.5  # ems that the base line of a letter may lie off that of the letter before
# ems that letters are wide in common fonts, rather more than less: too wide joins no words, too narrow cuts them
_WIDE, _CAPITAL, _SMALL, _WIDEST, _NARROW = 1.0, 0.75, 0.58, 0.95, 0.33
_DOT_RADIUS, _DOT_ABOVE = 0.08, 0.35  # ems: the disc of a middle dot, and how far above the base line its centre is
_LIKE = (0.7, 1.4)  # a disc is a dot of the text where its em is so many times that of the letter before


@dataclass(frozen=True, slots=True)
class _Letters:
    """What one element writes; the box in units of the page, the em as it is there, across."""

    text: str
    box: Box
    base: float
    em: float
    is_disc: bool = False


def read_drawing(svg: str) -> Drawn:
    """Return the size of a page, and its words in the order of the document."""
    root = ElementTree.fromstring(svg)  # written by rhwp, in the process that has limits
    words: list[tuple[str, float, float, float, float, int]] = []
    line = 0
    before: _Letters | None = None
    for letters in _letters(root, np.eye(3)):
        if letters.is_disc and (before is None or not _LIKE[0] < letters.em / before.em < _LIKE[1]):
            continue
        if before is not None and abs(letters.base - before.base) > _SAME_LINE * before.em:
            line, before = line + 1, None
        gap = letters.box.x0 - before.box.x1 if before else 0.0
        if before is not None and gap < -2 * before.em:  # goes back: a cell, or a column
            line, before = line + 1, None
        if before is None or gap > _GAP * before.em:
            words.append((letters.text, *letters.box, line))
        else:
            text, x0, y0, x1, y1, _ = words[-1]
            box = letters.box
            words[-1] = (text + letters.text, min(x0, box.x0), min(y0, box.y0), max(x1, box.x1), max(y1, box.y1), line)
        before = letters
    return float(root.get("width", "0")), float(root.get("height", "0")), words


def with_own_text(drawn: Answers, own: Path, first: int) -> Answers:
    """Give pictures the text of their pages.

    Args:
        drawn: Pictures without text, one page after another.
        own: JSON, a list of `Drawn`.
        first: Number of the first picture's page, from 1.
    """
    pages: list[Drawn] = json.loads(own.read_text("utf-8"))
    with closing(drawn):
        for number, answer in enumerate(drawn, first):
            known = isinstance(answer, Picture) and number <= len(pages)
            yield _with_text(answer, pages[number - 1]) if known and isinstance(answer, Picture) else answer


def _with_text(picture: Picture, page: Drawn) -> Picture:
    width, height, drawn = page
    if not drawn or not width or not height:
        return picture
    across, down = picture.width / width, picture.height / height
    words = tuple(
        Word(text, Box(x0 * across, y0 * down, x1 * across, y1 * down), 1.0, line)
        for text, x0, y0, x1, y1, line in drawn
    )
    text = "".join(
        ("" if not at else " " if word.line == words[at - 1].line else "\n") + word.text
        for at, word in enumerate(words)
    )
    pixels = cv2.imdecode(np.frombuffer(picture.image, np.uint8), cv2.IMREAD_COLOR)
    on_ink, covered = ink_under([word.box for word in words], np.asarray(pixels, np.uint8))
    outside = sum(not (0 <= (w.box.x0 + w.box.x1) / 2 < picture.width) for w in words)
    facts = LayerFacts(text, len(words), outside, on_ink=on_ink, covered=covered)
    return replace(picture, text=text, words=words, healthy=is_healthy(facts))


def _letters(element: ElementTree.Element, outer: _Matrix) -> Iterator[_Letters]:
    matrix = outer @ _matrix(element.get("transform", ""))
    if element.tag == f"{_SVG}text":
        text = "".join(element.itertext()).strip()
        if text:
            yield _placed(element, text, matrix)
        return
    if element.tag == f"{_SVG}circle" and float(element.get("r", "0")):
        yield _dot(element, matrix)
    if element.tag in (f"{_SVG}defs", f"{_SVG}clipPath"):
        return
    for child in element:
        yield from _letters(child, matrix)


def _placed(element: ElementTree.Element, text: str, matrix: _Matrix) -> _Letters:
    size = float(element.get("font-size", "0"))
    wide = float(element.get("textLength", "0")) or size * sum(map(_width, text))
    x, y = float(element.get("x", "0")), float(element.get("y", "0"))
    x -= {"middle": wide / 2, "end": wide}.get(element.get("text-anchor", ""), 0.0)
    if element.get("dominant-baseline") == "central":
        y += size * (_ASCENT - 0.5)
    low, high = y - _ASCENT * size, y + _DESCENT * size
    corners = matrix @ np.array([(x, low, 1.0), (x + wide, low, 1.0), (x, high, 1.0), (x + wide, high, 1.0)]).T
    left, top, _ = corners.min(axis=1).tolist()
    right, bottom, _ = corners.max(axis=1).tolist()
    base = float((matrix @ np.array([x, y, 1.0]))[1])
    return _Letters(text, Box(left, top, right, bottom), base, size * float(math.hypot(*matrix[:2, 0])))


def _dot(element: ElementTree.Element, matrix: _Matrix) -> _Letters:
    x, y, radius = (float(element.get(name, "0")) for name in ("cx", "cy", "r"))
    em = radius / _DOT_RADIUS
    low, high = (matrix @ np.array([x + side, y + side, 1.0]) for side in (-radius, radius))
    base = float((matrix @ np.array([x, y + _DOT_ABOVE * em, 1.0]))[1])
    box = Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    return _Letters("·", box, base, em * float(math.hypot(*matrix[:2, 0])), is_disc=True)


def _width(letter: str) -> float:
    if unicodedata.east_asian_width(letter) in "WFA":
        return _WIDE
    if letter in ".,:;'!|il()[]":
        return _NARROW
    if letter in "MWmw@%":
        return _WIDEST
    return _CAPITAL if letter.isupper() else _SMALL


def _matrix(transform: str) -> _Matrix:
    """Return shape (3, 3) of an SVG transform (SVG 1.1, 7.6); skews are not drawn by rhwp and left out."""
    whole = np.eye(3)
    for name, arguments in _FUNCTION.findall(transform):
        numbers = [float(number) for number in re.split(r"[\s,]+", arguments.strip())]
        step = np.eye(3)
        if name == "translate":
            step[:2, 2] = [*numbers, 0.0][:2]
        elif name == "scale":
            step[0, 0], step[1, 1] = numbers[0], numbers[-1]
        elif name == "matrix":
            step[:2] = np.reshape(numbers, (3, 2)).T
        elif name == "rotate":
            step = _rotation(*numbers)
        whole = whole @ step
    return whole


def _rotation(degrees: float, x: float = 0.0, y: float = 0.0) -> _Matrix:
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = np.array([(cosine, -sine, 0.0), (sine, cosine, 0.0), (0.0, 0.0, 1.0)])
    there, back = np.eye(3), np.eye(3)
    there[:2, 2], back[:2, 2] = (x, y), (-x, -y)
    return np.asarray(there @ turn @ back, np.float64)
