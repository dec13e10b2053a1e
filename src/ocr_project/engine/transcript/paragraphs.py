"""Lines of a region to paragraphs.

A line ends its paragraph if

- a blank line follows, or
- the first word of the next line would have fitted behind it: a line is broken there only on
  purpose (the right edge is that of the region's longest line; one line height of slack), or
- the next line begins an item (제1조(…), ①, •, "1." or "가." after a full stop), or
- the next line is indented while most lines of the region are not, and this is not an item, whose
  further lines are indented too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import Enum, auto
from itertools import pairwise
from statistics import median

from ocr_project.engine.transcript.joining import SOFT_HYPHEN, Vocabulary, join
from ocr_project.engine.transcript.lines import Line

# A line of these heads always begins something; the weak ones also stand at wrapped line ends.
_STRONG = re.compile(r"[①-⑳❶-❿•‣▪◦●○◎□■◆◇▶►▷※☐☑]|제\d+조(?:의\d+)?\(|\([가-하]\)\s|\(\d{1,2}\)\s")
_WEAK = {
    "dash": re.compile(r"[-–—*·ㆍ∙]\s+"),
    "number": re.compile(r"\d{1,3}[.)](?=\s+\S|[^\W\d_])"),
    "hangul": re.compile(r"[가나다라마바사아자차카타파하][.)]\s"),
    "letter": re.compile(r"[a-zA-Zа-яА-Я][.)]\s"),
    "chapter": re.compile(r"제\d+[장절편관]\s|(?:Статья|Глава|Раздел|Article|Section|Chapter)\s+\d+"),
}
_ENDED = re.compile(r"[.。:;!?…)\]>」”\"]$|[다음임함됨]$")
_DATE = re.compile(r"(?:19|20)\d\d\. ?(?:\d{1,2}\. ?)?$")  # 2020. 8.|4.: a Korean date broken over a line end

_SLACK = 1.0  # of a line's height: what a justified line may fall short of the edge, and measuring errs
_INDENT = (0.6, 4.0)  # of a line's height: less is noise, more is a column of its own


def paragraphs(lines: Sequence[Line], vocabulary: Vocabulary) -> list[str]:
    """Join the lines of a region into paragraphs.

    Args:
        lines: From the top; an empty text is a blank line.
        vocabulary: Words of the page.

    Returns:
        Paragraphs in order, each on one line, without soft hyphens.
    """
    found: list[str] = []
    fresh = True
    for line, after in zip(lines, _breaks(lines), strict=True):
        if not line.text:
            fresh = True
            continue
        if fresh or _begins_item(found[-1], line.text):
            found.append(line.text)
        else:
            found[-1] = join(found[-1], line.text, vocabulary)
        fresh = after is _Break.SHORT or (after is _Break.INDENT and not item_marker(found[-1]))
    return [paragraph.replace(SOFT_HYPHEN, "") for paragraph in found]


def item_marker(text: str) -> str:
    """Return the kind of item that a line begins: `strong`, a kind of weak one, or an empty string."""
    if _STRONG.match(text):
        return "strong"
    return next((kind for kind, pattern in _WEAK.items() if pattern.match(text)), "")


def _begins_item(paragraph: str, line: str) -> bool:
    kind = item_marker(line)
    if kind in ("", "strong"):
        return kind == "strong"
    if kind == "number" and _DATE.search(paragraph):
        return False
    return item_marker(paragraph) == kind or _ENDED.search(paragraph) is not None


class _Break(Enum):
    """What the place of a line, and of the one after it, says of the line end."""

    NONE = auto()
    SHORT = auto()  # the next word would have fitted
    INDENT = auto()  # the next line is indented


def _breaks(lines: Sequence[Line]) -> list[_Break]:
    """Judge each line end by where the lines stand."""
    placed = all(line.box or not line.text for line in lines)
    spans = [_LineExtent.of(line) if placed else _LineExtent.by_characters(line) for line in lines]
    written = [span for span, line in zip(spans, lines, strict=True) if line.text]
    if not written:
        return [_Break.NONE] * len(lines)
    right = max(span.right for span in written)
    left = median(span.left for span in written)

    def judge(here: _LineExtent, after: _LineExtent) -> _Break:
        if right - here.right > after.first + _SLACK * here.height:
            return _Break.SHORT
        indented = _INDENT[0] * after.height < after.left - left < _INDENT[1] * after.height
        flush = here.left - left <= _INDENT[0] * here.height
        return _Break.INDENT if indented and flush and len(written) > 2 else _Break.NONE

    return [*(judge(here, after) for here, after in pairwise(spans)), _Break.NONE]


class _LineExtent:
    """Where a line begins and ends: pixels, or half-width characters where there are no boxes."""

    __slots__ = ("first", "height", "left", "right")

    def __init__(self, left: float, right: float, first: float, height: float) -> None:
        self.left, self.right, self.first, self.height = left, right, first, height

    @classmethod
    def of(cls, line: Line) -> _LineExtent:
        if line.box is None:
            return cls(0.0, 0.0, 0.0, 0.0)
        return cls(line.box.x0, line.box.x1, line.first, line.box.height)

    @classmethod
    def by_characters(cls, line: Line) -> _LineExtent:
        first = line.text.split()[0] if line.text else ""
        return cls(0.0, _columns(line.text), _columns(first), 2.0)


def _columns(text: str) -> float:
    """Measure in half-width columns (Unicode Annex 11: wide and full-width characters take two)."""
    return float(sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text))
