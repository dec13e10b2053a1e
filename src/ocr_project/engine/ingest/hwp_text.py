"""The text of a page of HWP: letters where rhwp puts them in its drawing (SVG).

Not from the PDF that it makes: letters that are fitted to a width, as digits are, are outlines there, without text.
The drawing has one element a letter, a small disc for a middle dot, and none for spaces: these are where the
document's text has them (`hwp_spaces.py`); in lines that are not in it, as numbers of pages, they are gaps wider than
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
from ocr_project.engine.ingest.hwp_spaces import OwnText
from ocr_project.engine.ingest.rendered_page import Answers, Picture
from ocr_project.engine.ingest.seen_text import Drawings, text_without_words
from ocr_project.engine.ingest.text_layer import LayerFacts, ink_under, is_healthy, stands_in

Drawn: TypeAlias = tuple[float, float, list[tuple[str, float, float, float, float, int]]]
"""Width and height of a page, and its words: text, left, top, right, bottom, number of the line."""

_Matrix: TypeAlias = NDArray[np.float64]
_SVG = "{http://www.w3.org/2000/svg}"
_WORD = re.compile(r"\S+")
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
    """A letter, or a word of a label; the box in units of the page, the em as it is there, across."""

    text: str
    box: Box
    base: float
    em: float
    is_disc: bool = False


def read_drawing(svg: str, own: OwnText) -> Drawn:
    """Return the size of a page, and its words in the order of the drawing.

    Args:
        svg: Of one page, by rhwp, in the process that has limits.
        own: The document's text, for the spaces.
    """
    root = ElementTree.fromstring(svg)
    words = [(word.text, *word.box, number) for number, line in enumerate(_lines(root)) for word in _words(line, own)]
    return float(root.get("width", "0")), float(root.get("height", "0")), words


def _lines(root: ElementTree.Element) -> Iterator[list[_Letters]]:
    line: list[_Letters] = []
    for letters in _letters(root, np.eye(3)):
        before = line[-1] if line else None
        if letters.is_disc and (before is None or not _LIKE[0] < letters.em / before.em < _LIKE[1]):
            continue
        if before is not None:
            goes_back = letters.box.x0 - before.box.x1 < -2 * before.em  # a cell, or a column
            if goes_back or abs(letters.base - before.base) > _SAME_LINE * before.em:
                yield line
                line = []
        line.append(letters)
    if line:
        yield line


def _words(line: list[_Letters], own: OwnText) -> Iterator[_Letters]:
    """Join letters between which no space is: the document's text says so, or how far they are apart."""
    text, spaces = own.look_up("".join(letters.text for letters in line))
    word, end = None, 0
    for at, letters in enumerate(line):
        start, end = end, end + len(letters.text)
        here = replace(letters, text=text[start:end])
        if word is None:
            word = here
            continue
        is_space = spaces[start - 1]
        if is_space is None:
            is_space = letters.box.x0 - line[at - 1].box.x1 > _GAP * line[at - 1].em
        if is_space:
            yield word
            word = here
        else:
            word = replace(word, text=word.text + here.text, box=_around(word.box, here.box))
    if word is not None:
        yield word


def _around(one: Box, other: Box) -> Box:
    return Box(min(one.x0, other.x0), min(one.y0, other.y0), max(one.x1, other.x1), max(one.y1, other.y1))


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
    pixels = np.asarray(cv2.imdecode(np.frombuffer(picture.image, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    on_ink, covered = ink_under([word.box for word in words], pixels)
    outside = sum(not (0 <= (w.box.x0 + w.box.x1) / 2 < picture.width) for w in words)
    gaps = text_without_words(words, Drawings(pixels, pixels))  # rhwp draws no page without its text
    unseen = round((1 - on_ink) * len(words))
    facts = LayerFacts(text, len(words), outside, on_ink=on_ink, covered=covered, unseen=unseen, lost=len(gaps))
    return replace(
        picture,
        text=text,
        words=words,
        healthy=is_healthy(facts),
        stands_in=stands_in(facts, facts),
        gaps=tuple(edge for gap in gaps for edge in gap),
    )


def _letters(element: ElementTree.Element, outer: _Matrix) -> Iterator[_Letters]:
    matrix = outer @ _matrix(element.get("transform", ""))
    if element.tag == f"{_SVG}text":
        yield from _placed(element, "".join(element.itertext()).strip(), matrix)
        return
    if element.tag == f"{_SVG}circle" and float(element.get("r", "0")) > 0:
        yield _dot(element, matrix)
    if element.tag in (f"{_SVG}defs", f"{_SVG}clipPath"):
        return
    for child in element:
        yield from _letters(child, matrix)


def _placed(element: ElementTree.Element, text: str, matrix: _Matrix) -> Iterator[_Letters]:
    """Yield what an element writes: a letter, or the words of a label."""
    size = float(element.get("font-size", "0"))
    usual = size * sum(map(_width, text))
    wide = float(element.get("textLength", "0")) or usual
    x, y = float(element.get("x", "0")), float(element.get("y", "0"))
    x -= {"middle": wide / 2, "end": wide}.get(element.get("text-anchor", ""), 0.0)
    if element.get("dominant-baseline") == "central":
        y += size * (_ASCENT - 0.5)
    low, high = y - _ASCENT * size, y + _DESCENT * size
    base = float((matrix @ np.array([x, y, 1.0]))[1])
    em = size * float(math.hypot(*matrix[:2, 0]))
    for word in _WORD.finditer(text) if em else ():
        ends = (x + wide * size * sum(map(_width, text[:at])) / (usual or 1.0) for at in word.span())
        corners = matrix @ np.array([(end, side, 1.0) for end in ends for side in (low, high)]).T
        left, top, _ = corners.min(axis=1).tolist()
        right, bottom, _ = corners.max(axis=1).tolist()
        yield _Letters(word.group(), Box(left, top, right, bottom), base, em)


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
    if letter in " .,:;'!|il()[]":
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
