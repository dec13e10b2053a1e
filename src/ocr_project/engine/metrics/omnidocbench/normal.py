"""The forms in which OmniDocBench compares text, formulas and tables.

github.com/opendatalab/OmniDocBench, evaluator of v1.5 (November 2025), `data_preprocess`. They are its own and kept to
the letter, oddities included: a score that is to stand beside its leaderboard needs them.
"""

from __future__ import annotations

import html
import re
import unicodedata

from ocr_project.engine.metrics.plain_latex import latex_to_text

_INLINE = re.compile(r"\$(.*?)\$|\\\((.*?)\\\)")
_ESCAPED = re.compile(r"\\[\\_&%^]")
# Backslash and letter: the characters themselves, as text that was escaped twice has them.
_BREAKS = re.compile(r"\\t|\\n|\t|\n|/t|/n")
_NOT_WORDS = re.compile(r"[^\w\u4e00-\u9fff]")
_DISPLAY = re.compile(r"\\\[(.+?)(?<!\\)\\\]")
_LAYOUT = re.compile(r"\\tag\{.*?\}|\\hspace\{.*?\}|\\begin\{.*?\}|\\end\{.*?\}|\\arraycolsep.*?\}")
# In this order, each wherever it stands: `\text` also cuts `\textbf`'s kin.
_STYLES = [
    *(r"\mathbf", r"\mathrm", r"\mathnormal", r"\mathit", r"\mathbb", r"\mathcal", r"\mathscr", r"\mathfrak"),
    *(r"\mathsf", r"\mathtt", r"\textbf", r"\text", r"\boldmath", r"\boldsymbol", r"\operatorname", r"\bm"),
    *(r"\symbfit", r"\mathbfcal", r"\symbf", r"\scriptscriptstyle", r"\notag", r"\setlength", r"\coloneqq"),
    *(r"\space", r"\thickspace", r"\thinspace", r"\medspace", r"\nobreakspace", r"\negmedspace", r"\quad"),
    *(r"\qquad", r"\enspace", r"\substackw", " ", "$$", r"\left", r"\right", r"\displaystyle"),
]
_TABLE = re.compile(r"<table\b[^>]*>(.*)</table>", re.DOTALL | re.IGNORECASE)
_HEAD_CELL = re.compile(r"<(/?)th\b", re.IGNORECASE)
_DROPPED_TAGS = re.compile(r"</?(?:thead|tbody|span)\b[^>]*>", re.IGNORECASE)
_INDENT = re.compile(r">[ \t\r\f\n]*\n[ \t\r\f\n]*(?=<)")  # blanks with a line break: its parser keeps the break only
_MATH = re.compile(r"<math\b([^>]*)>.*?</math>", re.DOTALL | re.IGNORECASE)
_ALT = re.compile(r"alttext=\"([^\"]*)\"|alttext='([^']*)'", re.IGNORECASE)
_ATTRIBUTES = re.compile(r' (?:style|height|width|align|class)=".*?"')
_MARKS = re.compile(r"</?(?:sup|sub|div|p)>|<colgroup>.*?</colgroup>")


def normal_text(text: str) -> str:
    """Keep the letters, digits and underscores of a text; inline formulas with commands become plain characters."""
    return _NOT_WORDS.sub("", _BREAKS.sub("", _INLINE.sub(_inline_to_text, text)))


def normal_formula(latex: str) -> str:
    """Take delimiters, style, spaces and layout out of a formula, and make it lower case."""
    text = latex.strip().strip("$").strip("\n")
    display = _DISPLAY.search(text)
    if display:
        text = display.group(1).strip()
    text = _LAYOUT.sub("", text).strip(".")
    for style in _STYLES:
        text = text.replace(style, "")
    return text.lower()


def normal_table(html_text: str) -> str:
    """Bring a table into the form whose TEDS is taken: no head, no style, NFKC, cells without sub- and superscript.

    Returns:
        A page with one table; an empty string where there is none.
    """
    text = _MATH.sub(_math_to_text, _DROPPED_TAGS.sub("", _HEAD_CELL.sub(r"<\1td", html_text)))
    text = _INDENT.sub(">", text)
    text = unicodedata.normalize("NFKC", html.unescape(text).replace("\n", "")).strip()
    content = _TABLE.search(text)
    if content is None:
        return ""
    inner = re.sub(r"\s+", " ", _ATTRIBUTES.sub("", content.group(1)))
    return f'<html><body><table border="1" >{_MARKS.sub("", inner)}</table></body></html>'


def _inline_to_text(formula: re.Match[str]) -> str:
    latex = formula.group(1) if formula.group(1) is not None else formula.group(2)
    latex = _ESCAPED.sub("", latex)
    if not any(sign in latex for sign in "\\^_"):
        return formula.group()
    shown = latex_to_text(f"{latex} " if latex.endswith("\\") else latex)
    return formula.group() if shown is None else shown.strip()


def _math_to_text(element: re.Match[str]) -> str:
    alt = _ALT.search(element.group(1))
    return f"${(alt.group(1) or alt.group(2) or '') if alt else ''}$"
