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
7. Every word is seen: with the page's text left out of the drawing, something is missing in the place of each letter,
   on all four sides of it, or something else is drawn there: what is half painted over is not seen. No two words of
   one size that say different things stand in one place.
8. Nothing that looks like a word or a line of text lies outside of the words: a scanned table on a typed page.

Form fields and annotations are words as well, as far as they are shown. A page that refers to optional content
which is not shown has no layer at all: PDFium does not say which words are of it.

A layer that breaks 3, 4, 7 or 8 may **stand in for OCR in part** (`stands_in`): the words that are seen are used if
they are half of all words or more, and keep the other rules by themselves. What looks like text and lies under none
of them is left to OCR, as gaps. Words that are doubted (`seen_text.py` says which) are used where OCR reads the same.
Such a layer is not a ground truth.

Rules 3 and 5 to 8 need words with boxes. A layer without (the text column of SDS-KoPub) may be healthy, and a ground
truth; it does not stand in for OCR, since it is not known whether it shows what is seen.

Measured on 93 born-digital pages of Korean statutes, minutes and patents, Russian and American papers:
unreadable 0 to 0.4 %, outside 0, on ink 98 % or more, covered 71 to 99 %, but 44 %
on the photograph of a poster, with a logo whose text is part of the picture. The log has what rule 8 refuses.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ocr_project.domain.types import Box
from ocr_project.engine.imaging.pixels import Pixels, clip
from ocr_project.engine.ingest.seen_text import edge_step, edges

LEAST_CHARACTERS = 16
MOST_UNREADABLE = 0.01
MOST_OUTSIDE = 0.01
MOST_HIDDEN = 0.10
LEAST_ON_INK = 0.80
LEAST_COVERED = 0.50
LEAST_SEEN = 0.50

_UNREADABLE = frozenset({"Co", "Cs", "Cn", "Cc"})  # private use, surrogate, unassigned, control


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
        unseen: Words that are not seen, or not by themselves.
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


def stands_in(everything: LayerFacts, seen: LayerFacts) -> bool:
    """Say whether the words that are seen stand in for OCR where they are.

    Args:
        everything: Of the layer.
        seen: Of the words that are seen.
    """
    if not seen.words or seen.words < LEAST_SEEN * everything.words:
        return False
    return is_healthy(replace(seen, outside=0, hidden=0.0, unseen=0, lost=0))


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
    step = edge_step(pixels)
    drawn = edges(pixels, step)
    under = np.zeros(drawn.shape, bool)
    marked = 0
    for box in boxes:
        x0, y0, x1, y1 = clip(Box(*(edge / step for edge in box)), drawn.shape[1], drawn.shape[0])
        under[y0:y1, x0:x1] = True
        marked += bool(drawn[y0:y1, x0:x1].any())
    total = int(drawn.sum())
    return marked / len(boxes) if boxes else 1.0, int((drawn & under).sum()) / total if total else 1.0


def cleaned_layer(text: str) -> str:
    """Make text from elsewhere fit to be kept: line ends as `\\n`, no NUL, no half surrogate pairs."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
