"""The forms in which OmniDocBench compares text, formulas and tables.

github.com/opendatalab/OmniDocBench, evaluator of v1.5 (November 2025), `data_preprocess`. They are its own and kept to
the letter, oddities included: a score that is to stand beside its leaderboard needs them. Tables are parsed by
BeautifulSoup, as the evaluator does; the reader for everything else is `engine/transcript/html_table.py`.
"""

from __future__ import annotations

import html
import re
import unicodedata

from ocr_project.bench.metrics.plain_latex import latex_to_text
from ocr_project.bench.metrics.tables.html import parse_table_element

_INLINE = re.compile(r"\$(.*?)\$|\\\((.*?)\\\)")
_ESCAPED = re.compile(r"\\[\\_&%^]")
# Backslash and letter: the characters themselves, as text that was escaped twice has them.
_BREAKS = re.compile(r"\\t|\\n|\t|\n|/t|/n")
_NOT_WORDS = re.compile(r"[^\w\u4e00-\u9fff]")
_DISPLAY = re.compile(r"\\\[(.+?)(?<!\\)\\\]")
_LAYOUT = [  # one after the other
    re.compile(pattern)
    for pattern in (r"\\tag\{.*?\}", r"\\hspace\{.*?\}", r"\\begin\{.*?\}", r"\\end\{.*?\}", r"\\arraycolsep.*?\}")
]
# In this order, each wherever it stands: `\text` also cuts `\textbf`'s kin.
STYLES = [
    *(r"\mathbf", r"\mathrm", r"\mathnormal", r"\mathit", r"\mathbb", r"\mathcal", r"\mathscr", r"\mathfrak"),
    *(r"\mathsf", r"\mathtt", r"\textbf", r"\text", r"\boldmath", r"\boldsymbol", r"\operatorname", r"\bm"),
    *(r"\symbfit", r"\mathbfcal", r"\symbf", r"\scriptscriptstyle", r"\notag", r"\setlength", r"\coloneqq"),
    *(r"\space", r"\thickspace", r"\thinspace", r"\medspace", r"\nobreakspace", r"\negmedspace", r"\quad"),
    *(r"\qquad", r"\enspace", r"\substackw", " ", "$$", r"\left", r"\right", r"\displaystyle"),
]
_TABLE = re.compile(r"<table\b[^>]*>(.*)</table>", re.DOTALL | re.IGNORECASE)
_STYLE = [re.compile(f'( {name}=".*?")') for name in ("style", "height", "width", "align", "class")]
_BODY = re.compile("</?tbody>")
_MARKS = re.compile(r"</?(?:sup|sub|span|div|p)>")
_WIDTHS = re.compile("<colgroup>.*?</colgroup>")


def normal_text(text: str) -> str:
    """Keep the letters, digits and underscores of a text; inline formulas with commands become plain characters."""
    return clean_letters(_INLINE.sub(_inline_to_text, text))


def clean_letters(text: str) -> str:
    """Keep letters, digits and underscores; breaks go first, those that were escaped twice too."""
    return _NOT_WORDS.sub("", _BREAKS.sub("", text))


def normal_formula(latex: str) -> str:
    """Take delimiters, style, spaces and layout out of a formula, and make it lower case."""
    text = latex.strip().strip("$").strip("\n")
    display = _DISPLAY.search(text)
    if display:
        text = display.group(1).strip()
    for layout in _LAYOUT:
        text = layout.sub("", text)
    text = text.strip(".")
    for style in STYLES:
        text = text.replace(style, "")
    return text.lower()


def normal_table(html_text: str) -> str:
    """Bring a table into the form whose TEDS is taken: no head, no style, NFKC, cells without sub- and superscript.

    Broken HTML is mended as BeautifulSoup does, over Python's own parser: as the evaluator mends it.

    Returns:
        A page with one table; an empty string where there is none.
    """
    if "<table" not in html_text.replace(" ", ""):
        return ""
    text = html.unescape(_plain_cells(html_text)).replace("\n", "")
    return clean_page("".join(_TABLE.findall(unicodedata.normalize("NFKC", text).strip())))


def clean_page(text: str) -> str:
    """Take the style out of what stands within a table, and put it into a page."""
    for attribute in _STYLE:
        text = attribute.sub("", text)
    text = re.sub(r"\s+", " ", _BODY.sub("", text))
    page = f'<html><body><table border="1" >{text}</table></body></html>'
    return _WIDTHS.sub("", _MARKS.sub("", page).replace('<spandata-span-identity="">', ""))


def _plain_cells(html_text: str) -> str:
    """Make cells of heads, take heads and spans apart, and write MathML as its LaTeX."""
    from bs4 import BeautifulSoup  # a twentieth of a second to import

    soup = BeautifulSoup(html_text, "html.parser")
    for cell in soup.find_all("th"):
        cell.name = "td"
    for head in soup.find_all("thead"):
        head.unwrap()
    for formula in soup.find_all("math"):
        formula.replace_with(f"${formula.get('alttext', '')}$")
    for span in soup.find_all("span"):
        span.unwrap()
    return str(soup)


def has_spans(page: str) -> bool:
    """Tell whether the spans of a table in normal form are numbers: one that is none costs the table its TEDS."""
    table = parse_table_element(page)
    spans = [] if table is None else table.xpath(".//td[not(ancestor::td)]/@*[name()='colspan' or name()='rowspan']")
    return all(_is_number(span) for span in spans)


def _is_number(text: str) -> bool:
    try:
        int(text)
    except ValueError:
        return False
    return True


def table_cells(html_text: str) -> list[str]:
    """List the texts of the cells of a table that hold one text and nothing else."""
    from bs4 import BeautifulSoup

    cells = BeautifulSoup(html_text, "html.parser").find_all("td")
    return [cell.string.replace("$\\cdot$", "").strip() for cell in cells if cell.string]


def _inline_to_text(formula: re.Match[str]) -> str:
    latex = formula.group(1) if formula.group(1) is not None else formula.group(2)
    latex = _ESCAPED.sub("", latex)
    if not any(sign in latex for sign in "\\^_"):
        return formula.group()
    shown = latex_to_text(f"{latex} " if latex.endswith("\\") else latex)
    return formula.group() if shown is None else shown.strip()
