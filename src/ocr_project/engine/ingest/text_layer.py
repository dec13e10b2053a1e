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

Rules 3, 5 and 6 need words with boxes, and pass where there are none (the text column of SDS-KoPub).

Measured on 93 born-digital pages of Korean statutes, minutes and patents, Russian and American papers:
unreadable 0 to 0.4 %, outside 0, on ink 98 % or more, covered 71 to 99 %, but 44 %
on the photograph of a poster, with a logo whose text is part of the picture.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.types import Box
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
    """

    text: str
    words: int = 0
    outside: int = 0
    unmapped: int = 0
    hidden: float = 0.0
    on_ink: float = 1.0
    covered: float = 1.0


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
    grey = np.ascontiguousarray(pixels[::step, ::step, 1])  # green, the channel nearest to brightness
    contrast = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8)) >= _CONTRAST
    edges = _without_rules(contrast.view(np.uint8))
    under = np.zeros(edges.shape, bool)
    marked = 0
    for box in boxes:
        x0, y0, x1, y1 = clip(Box(*(edge / step for edge in box)), edges.shape[1], edges.shape[0])
        under[y0:y1, x0:x1] = True
        marked += bool(edges[y0:y1, x0:x1].any())
    total = int(edges.sum())
    return marked / len(boxes) if boxes else 1.0, int((edges & under).sum()) / total if total else 1.0


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
