r"""The canonical form of texts: Unicode, Markdown, HTML and LaTeX marks do not count.

`normalize` leaves alone what a reader can get wrong; this goes further, for answers of models that may write a table
as HTML or a footnote's number as `$^{1}$`.
"""

from __future__ import annotations

import html
import re
import unicodedata

from rapidfuzz.distance import Levenshtein

from ocr_project.bench.metrics.canonical.signs import plain_signs
from ocr_project.bench.metrics.formula.symbols import UNICODE
from ocr_project.engine.metrics.normalize import normalize, strip_spaces

_TAG = re.compile(r"<!--[\s\S]*?-->|</?[A-Za-z][^<>]*>")
_MARKDOWN = (
    (re.compile(r"!\[[^\]]*\]\([^)]*\)"), " "),  # an image is not text
    (re.compile(r"\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"^[ \t]*\|?[ \t]*:?-{2,}:?[ \t]*(?:\|[ \t]*:?-{2,}:?[ \t]*)*\|?[ \t]*$", re.MULTILINE), " "),
    (re.compile(r"^[ \t]*(?:[*_-][ \t]*){3,}$", re.MULTILINE), " "),
    (re.compile(r"^[ \t]*(?:#{1,6}|>+|[-*+·])[ \t]+", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*```.*$", re.MULTILINE), " "),
    (re.compile(r"(\*\*|__|~~)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<!\w)_(?=\S)([^_\n]+?)(?<=\S)_(?!\w)"), r"\1"),
    (re.compile(r"`([^`\n]+)`"), r"\1"),
    (re.compile(r"(?<!\\)\|"), " "),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!|$%&~<>-])"), r"\1"),
)
_MATH = re.compile(r"\$\$([\s\S]+?)\$\$|\\\[([\s\S]+?)\\\]|\\\(([\s\S]+?)\\\)|(?<![\\\w])\$(?=\S)([^$\n]*?\S)\$(?!\d)")
_SIGNS = {written[0]: sign for sign, written in UNICODE.items() if len(written) == 1 and written[0].startswith("\\")}
_SIGNS |= {
    "\\le": "≤",
    "\\ge": "≥",
    "\\ne": "≠",
    "\\to": "→",
    "\\circ": "°",
    "\\%": "%",
    "\\&": "&",
    "\\#": "#",
    "\\_": "_",
}
_COMMAND = re.compile(r"\\(?:[A-Za-z]+|.)")
_FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")


def canonical_text(text: str) -> str:
    r"""Bring a text into the form that its marks do not change: one line, without marks.

    HTML tags and entities, Markdown's marks (headings, lists, emphasis, links, tables' pipes) and inline
    LaTeX (`$10^{\circ}$`) become the plain text they stand for; quotes, dashes and bullets one kind each;
    compatibility characters their plain form (NFKC), circled numbers excepted; then `normalize`. It is
    repeated until nothing changes, so that a canonical text is its own canonical form.
    """
    for _ in range(4):
        once = _once(text)
        if once == text:
            break
        text = once
    return text


def loose(text: str) -> str:
    """Return the canonical text in small letters, without white space and punctuation."""
    return "".join(sign for sign in canonical_text(text).casefold() if unicodedata.category(sign)[0] not in "PZC")


def match_exact(reference: str, hypothesis: str) -> bool:
    """Compare as they are."""
    return reference == hypothesis


def match_normalized(reference: str, hypothesis: str) -> bool:
    """Compare their letters and digits: case, white space, punctuation and marks do not count."""
    return loose(reference) == loose(hypothesis)


def match_similar(reference: str, hypothesis: str, threshold: float = 0.8) -> bool:
    """Say whether four fifths of the letters and digits are right: 1 - edits / the longer side."""
    return bool(Levenshtein.normalized_similarity(loose(reference), loose(hypothesis)) >= threshold)


def _once(text: str) -> str:
    plain = _MATH.sub(_plain_math, text)
    plain = html.unescape(_TAG.sub(" ", plain))
    for mark, left in _MARKDOWN:
        plain = mark.sub(left, plain)
    return normalize(plain_signs(plain))


def _plain_math(found: re.Match[str]) -> str:
    inner = next(group for group in found.groups() if group is not None)
    inner = _FRACTION.sub(r"\1/\2", inner)
    signs = _COMMAND.sub(lambda command: _sign(command.group()), inner)
    return strip_spaces(re.sub(r"[{}^_~]", "", signs)) if "\\text" not in inner else re.sub(r"[{}^_~]", "", signs)


def _sign(command: str) -> str:
    if command in _SIGNS:
        return _SIGNS[command]
    name = command[1:]
    if name in ("mathrm", "text", "mathbf", "textbf", "mathit", "textit", "left", "right", "operatorname", "mathsf"):
        return ""
    return name if name.isalpha() else " "
