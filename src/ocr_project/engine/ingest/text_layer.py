"""Whether the text that a PDF carries can stand in for OCR.

A text layer is healthy if all of this holds:

1. It has at least 16 characters that are not white space. Fewer are a stamp or a page number, and say
   nothing of the rest of the page.
2. At most 1 % of them are unreadable: U+FFFD, private use, surrogates, unassigned or control characters,
   or characters of which PDFium says that the font does not map them to Unicode. One in a hundred is
   about what Tesseract gets wrong on clean print.
3. At most 1 % of the words have their centre outside of the page: text that cannot be seen.
4. At most 10 % of the text, by area, is hidden: invisible (text render mode 3, PDF 1.7 table 106), or
   painted over by an image over most of the page. That is how OCR programs lay their text under a scan;
   such a layer is the OCR of another program, of unknown quality. The tenth is for stray objects of editors.
5. At least 80 % of the words lie on something drawn. White text on white, and layers shifted against
   their page, do not.
6. At least half of all that is drawn finely, as letters are, long rules left out, lies under the words.
   A scan with a line such as "downloaded from …" over it has next to none there; pages whose text is
   partly in pictures have less than pages of text.
7. No word of three letters or more lies where all pixels are alike: it is white on white, or blacked out.
8. Nothing that looks like a word or a line of text lies outside of the words: a scanned table on a typed page.

Form fields and annotations are words as well, as far as they are shown. A page that refers to optional content
which is not shown has no layer at all: PDFium does not say which words are of it.

Rules 3 and 5 to 8 need words with boxes, and pass where there are none (the text column of SDS-KoPub).

Measured on 93 born-digital pages of Korean statutes, minutes and patents, Russian and American papers:
unreadable 0 to 0.4 %, outside 0, on ink 98 % or more, covered 71 to 99 %, but 44 %
on the photograph of a poster, with a logo whose text is part of the picture. Of 56 pages, rule 8
refuses seven; the log has them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.types import Box, Word
from ocr_project.engine.imaging.pixels import Pixels, clip

LEAST_CHARACTERS = 16
MOST_UNREADABLE = 0.01
MOST_OUTSIDE = 0.01
MOST_HIDDEN = 0.10
LEAST_ON_INK = 0.80
LEAST_COVERED = 0.50

_UNREADABLE = frozenset({"Co", "Cs", "Cn", "Cc"})  # private use, surrogate, unassigned, control
_RULE = 20  # a twentieth of the page, half an inch: taller than letters, but for posters
_ENOUGH = 1000  # pixels, the longer side of a page on which letters still have edges
_CONTRAST = 48  # of 255, between neighbours: an edge of a letter, and no noise of a scan

# Of what looks like text, in heights of the layer's median word.
_LEAST_HEIGHT = 6.0  # pixels
_NEAR = 0.3  # around a word: what descends from it, its underline
_GAP = 0.6  # between letters
_LOWEST, _HIGHEST, _LONG = 0.4, 6.0, 2.0
_DENSE = 0.35  # of its box, joined
_SOME_LETTERS, _SOME_PIXELS, _ALIKE = 3, 40, 12


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """What the rule looks at.

    Attributes:
        text: The layer's text.
        words: Number of words with boxes.
        outside: Words whose centre is outside of the page.
        unmapped: Characters that the font does not map to Unicode.
        hidden: Share of the text, by area, that cannot be seen, 0 to 1.
        on_ink: Share of the words that lie on something drawn, 0 to 1.
        covered: Share of what is drawn finely that lies under words, 0 to 1.
        unseen: Words of some letters where all pixels are alike.
        lost: What looks like a word or a line of text, and lies under no word.
    """

    text: str
    words: int = 0
    outside: int = 0
    unmapped: int = 0
    hidden: float = 0.0
    on_ink: float = 1.0
    covered: float = 1.0
    unseen: int = 0
    lost: int = 0


def is_healthy(facts: LayerFacts) -> bool:
    """Apply the rule above."""
    return not complaint(facts)


def complaint(facts: LayerFacts) -> str:
    """Say which part of the rule a text layer breaks first; an empty string for a healthy one."""
    letters = [letter for letter in facts.text if not letter.isspace()]
    unreadable = sum(letter == "\ufffd" or unicodedata.category(letter) in _UNREADABLE for letter in letters)
    checks = (
        (len(letters) < LEAST_CHARACTERS, "too few characters"),
        (max(unreadable, facts.unmapped) > MOST_UNREADABLE * len(letters), "unreadable characters"),
        (facts.outside > MOST_OUTSIDE * facts.words, "words outside of the page"),
        (facts.hidden > MOST_HIDDEN, "hidden text"),
        (facts.on_ink < LEAST_ON_INK, "words where nothing is drawn"),
        (facts.covered < LEAST_COVERED, "most of the page is not in the text"),
        (facts.unseen > 0, "words that cannot be seen"),
        (facts.lost > 0, "text that is in no word"),
    )
    return next((what for broken, what in checks if broken), "")


def ink_under(boxes: Sequence[Box], pixels: Pixels) -> tuple[float, float]:
    """Compare words with what is drawn: edges, as letters have them, on paper of any colour, rules left out.

    Args:
        boxes: Of the words, in pixels.
        pixels: Shape (height, width, 3), uint8.

    Returns:
        The share of the boxes that hold an edge, and the share of the edges that lie in boxes; 1 where
        there are none.
    """
    step = max(1, max(pixels.shape) // _ENOUGH)
    edges = _edges(pixels, step)
    under = np.zeros(edges.shape, bool)
    marked = 0
    for box in boxes:
        x0, y0, x1, y1 = clip(Box(*(edge / step for edge in box)), edges.shape[1], edges.shape[0])
        under[y0:y1, x0:x1] = True
        marked += bool(edges[y0:y1, x0:x1].any())
    total = int(edges.sum())
    return marked / len(boxes) if boxes else 1.0, int((edges & under).sum()) / total if total else 1.0


def lines_outside(boxes: Sequence[Box], pixels: Pixels) -> int:
    """Count what looks like a word or a line of text and lies under no word of the layer.

    Args:
        boxes: Of the words, in pixels.
        pixels: Shape (height, width, 3), uint8.

    Returns:
        Rows of edges as high as the layer's own words, more or less, and some letters long.
    """
    if not boxes:
        return 0
    step = max(1, max(pixels.shape) // _ENOUGH)
    edges = _edges(pixels, step)
    height = max(_LEAST_HEIGHT, float(np.median([box.y1 - box.y0 for box in boxes])) / step)
    near = round(height * _NEAR)
    for box in boxes:
        x0, y0, x1, y1 = clip(Box(*(edge / step for edge in box)), edges.shape[1], edges.shape[0])
        edges[max(0, y0 - near) : y1 + near, max(0, x0 - near) : x1 + near] = False
    joined = cv2.morphologyEx(
        edges.view(np.uint8), cv2.MORPH_CLOSE, np.ones((1, max(2, round(height * _GAP))), np.uint8)
    )
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    wide, high, inked = (stats[1:, column].astype(np.float64) for column in (2, 3, 4))
    like = (
        (high >= _LOWEST * height)
        & (high <= _HIGHEST * height)
        & (wide >= _LONG * high)
        & (inked >= _DENSE * wide * high)
    )
    return int(np.count_nonzero(like))


def unseen_words(words: Sequence[Word], pixels: Pixels) -> int:
    """Count the words of some letters in whose boxes all pixels are alike: white on white, or painted over."""
    height, width = pixels.shape[:2]
    count = 0
    for word in words:
        x0, y0, x1, y1 = clip(word.box, width, height)
        inside = pixels[y0:y1, x0:x1, 1]
        if (
            len(word.text) >= _SOME_LETTERS
            and inside.size >= _SOME_PIXELS
            and int(inside.max()) - int(inside.min()) < _ALIKE
        ):
            count += 1
    return count


def _edges(pixels: Pixels, step: int) -> NDArray[np.bool_]:
    grey = np.ascontiguousarray(pixels[::step, ::step, 1])  # green, the channel nearest to brightness
    contrast = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8)) >= _CONTRAST
    return _without_rules(contrast.view(np.uint8))


def _without_rules(edges: Pixels) -> NDArray[np.bool_]:
    """Take away straight lines longer than a letter is: a form of empty cells is not missing text."""
    length = max(2, max(edges.shape) // _RULE)
    across = cv2.morphologyEx(edges, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    down = cv2.morphologyEx(edges, cv2.MORPH_OPEN, np.ones((length, 1), np.uint8))
    return np.asarray(edges > np.maximum(across, down), np.bool_)


def cleaned_layer(text: str) -> str:
    """Make text from elsewhere fit to be kept: line ends as `\\n`, no NUL, no half surrogate pairs."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
