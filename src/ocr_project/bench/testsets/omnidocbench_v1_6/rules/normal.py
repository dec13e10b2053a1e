"""The forms in which v1.6 compares text, formulas and tables."""

from __future__ import annotations

import html
import re
import unicodedata

from ocr_project.bench.testsets.omnidocbench_v1_5.rules.normal import STYLES, clean_letters, clean_page
from ocr_project.bench.testsets.omnidocbench_v1_6.rules.guards import to_characters

_INLINE = re.compile(r"\$(.*?)\$|\\\((.*?)\\\)")
_ESCAPED = re.compile(r"\\([\\_&%^])")
_COMPLEX = (r"\begin{", r"\end{", r"\array", r"\matrix", r"\tabular", r"\cases", r"\align", r"\\", "&")
_LONGEST_INLINE = 128
_CIRCLED = re.compile(r"\\textcircled\s*\{\s*([^{}]+?)\s*\}")
_CIRCLES = {
    **{0x2460 + number: str(number + 1) for number in range(20)},
    **{0x24D0 + number: chr(ord("a") + number) for number in range(26)},
    **{0x24B6 + number: chr(ord("A") + number) for number in range(26)},
}
DELIMITERS = (("$$", "$$"), (r"\[", r"\]"), (r"\(", r"\)"), ("$", "$"))
_DISPLAY = re.compile(r"\\\[(.+?)(?<!\\)\\\]|\\\((.+?)(?<!\\)\\\)")
# In this order, one after the other.
_DROPPED = [re.compile(pattern) for pattern in (r"\\[!,;:]", r"(?<!\\)&")]
_LAYOUT = [
    re.compile(pattern)
    for pattern in (*(r"\\hspace\{.*?\}", r"\\begin\{.*?\}", r"\\end\{.*?\}", r"\\arraycolsep.*?\}", r"\{[lcr| ]+\}"),)
]
_WRITTEN = ((r"\mid", "|"), (r"\vert", "|"), (r"\{", ""), (r"\}", ""), ("~", ""))
_ATOM = re.compile(r"\{([A-Za-z0-9.+\-]+)\}")
_GROUP = re.compile(r"\{([^{}]{1,160})\}")
_OPENED_BY = ("=", "+", "-", r"\\", "^", "_", "[", "]", "(", ")")

_CELL_LATEX = (
    *((r"\checkmark", "√"), (r"\checked", "√"), (r"\surd", "√"), (r"\times", "×"), (r"\xmark", "×")),
    *((r"\crossmark", "×"), (r"\pm", "±"), (r"\mp", "∓"), (r"\alpha", "α"), (r"\beta", "β"), (r"\gamma", "γ")),
    *((r"\gama", "γ"), (r"\mu", "μ"), (r"\lambda", "λ"), (r"\theta", "θ"), (r"\eta", "η"), (r"\pi", "π")),
    *((r"\rho", "ρ"), (r"\sigma", "σ"), (r"\omega", "ω"), (r"\delta", "δ"), (r"\Delta", "Δ"), (r"\epsilon", "ε")),
    *((r"\varepsilon", "ε"), (r"\phi", "φ"), (r"\varphi", "φ"), (r"\tau", "τ"), (r"\partial", "∂")),
    *((r"\varnothing", "∅"), (r"\emptyset", "∅"), (r"\sim", "～")),
)
_CELL_SIGNS = str.maketrans(
    {**dict.fromkeys("✓✔☑✅🗸", "√"), **dict.fromkeys("✗✘✕✖☒❌╳⨯", "×"), "Ø": "∅", "∼": "～", "〜": "～"}
)
_CELL_ESCAPES = ((r"\%", "%"), (r"\#", "#"), (r"\&", "&"), (r"\_", "_"))
_DASHES = frozenset("-–−－—")
_TABLE = re.compile(r"<table\b[^>]*>(.*)</table>", re.DOTALL | re.IGNORECASE)


def normal_text(text: str) -> str:
    """Keep the letters, digits and underscores of a text; inline formulas that can be read become characters."""
    return clean_letters(uncircle(show_inline(text)))


def normal_text_by_formula(text: str) -> str:
    """Keep the letters of a text whose inline formulas are brought into the normal form of formulas."""
    return normal_text(_INLINE.sub(lambda found: normal_formula(_inner(found)).strip(), text))


def show_inline(text: str) -> str:
    """Write the inline formulas of a text as characters."""
    return _INLINE.sub(_show, uncircle(text))


def uncircle(text: str) -> str:
    """Write circled digits and letters as what is within the circle."""
    return _CIRCLED.sub(lambda found: found.group(1).strip(), text).translate(_CIRCLES)


def strip_delimiters(latex: str) -> str:
    """Take the delimiters off a formula, as many as there are around it."""
    text = latex.strip()
    while True:
        inner = next((inner for pair in DELIMITERS if (inner := _within(text, pair)) is not None), None)
        if inner is None:
            return text
        text = inner


def strip_tags(latex: str) -> str:
    """Take `\\tag{…}`, with its star, `\\notag` and `\\nonumber` out of a formula."""
    return _without_groups(latex, r"\tag", starred=True).replace(r"\notag", "").replace(r"\nonumber", "")


def normal_formula(latex: str) -> str:
    """Take delimiters, tags, style, spaces, layout and needless braces out of a formula, and make it lower case."""
    text = strip_tags(strip_delimiters(uncircle(latex)))
    display = _DISPLAY.search(text)
    if display:
        text = (display.group(1) or display.group(2) or "").strip()
    text = _without_groups(text, r"\phantom", starred=False)
    for pattern in _DROPPED:
        text = pattern.sub("", text)
    for written, meant in _WRITTEN:
        text = text.replace(written, meant)
    for pattern in _LAYOUT:
        text = pattern.sub("", text)
    text = text.strip(".")
    for style in STYLES:
        text = text.replace(style, "")
    return re.sub(r"\s+", "", _unbrace(text).lower())


def normal_table(html_text: str) -> str:
    """Bring a table into the form whose TEDS is taken: v1.5's, with the signs and the LaTeX of cells written alike."""
    if "<table" not in html_text.replace(" ", ""):
        return ""
    text = unicodedata.normalize("NFKC", html.unescape(_plain_cells(html_text)).replace("\n", "")).strip()
    return clean_page("".join(_TABLE.findall(text)))


def _inner(found: re.Match[str]) -> str:
    return found.group(1) if found.group(1) is not None else found.group(2)


def _show(found: re.Match[str]) -> str:
    latex = _ESCAPED.sub("", _inner(found))
    if not any(sign in latex for sign in "\\^_"):
        return found.group()
    if latex.endswith("\\"):
        latex += " "
    bare = latex.strip()
    too_much = len(bare) > _LONGEST_INLINE or any(token in bare for token in _COMPLEX)
    if bare and (too_much or bare.count("{") != bare.count("}")):
        return found.group()
    return to_characters(latex).strip()


def _within(text: str, pair: tuple[str, str]) -> str | None:
    left, right = pair
    if len(text) < len(left) + len(right) or not (text.startswith(left) and text.endswith(right)):
        return None
    return text[len(left) : len(text) - len(right)].strip()


def _group_end(text: str, start: int) -> int:
    """Return the place behind the brace that closes what begins at `start`; -1 where nothing does."""
    depth = 1
    for place in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if not depth:
            return place + 1
    return -1


def _without_groups(text: str, command: str, *, starred: bool) -> str:
    """Take a command and its argument out; where its brace is not closed, the command alone."""
    pattern = re.compile(re.escape(command) + (r"(?![^\W\d_])\s*\*?\s*\{" if starred else r"\{"))
    found = pattern.search(text)
    while found:
        end = _group_end(text, found.end())
        if end < 0:
            text = text[: found.start()] + text[found.start() + len(command) :]
            if not starred:
                return text
        else:
            text = text[: found.start()] + text[end:]
        found = pattern.search(text, found.start() if starred else 0)
    return text


def _unbrace(text: str) -> str:
    """Open braces around a number, a word or what has an operator in it, until nothing changes."""
    before = None
    while text != before:
        before = text
        text = _ATOM.sub(r"\1", text).replace("{}", "")
        text = re.sub(r"\}\}+", "}", re.sub(r"\{\{+", "{", text))
        text = _GROUP.sub(lambda one: one.group(1 if any(sign in one.group(1) for sign in _OPENED_BY) else 0), text)
    return text


def _plain_cells(html_text: str) -> str:
    """Make cells of heads, take groups of rows and spans apart, and write the texts of cells alike."""
    from bs4 import BeautifulSoup
    from bs4.element import NavigableString

    soup = BeautifulSoup(html_text, "html.parser")
    for cell in soup.find_all("th"):
        cell.name = "td"
    for group in soup.find_all(["thead", "tbody"]):
        group.unwrap()
    for formula in soup.find_all("math"):
        formula.replace_with(f"${formula.get('alttext', '')}$")
    for span in soup.find_all("span"):
        span.unwrap()
    soup = BeautifulSoup(str(soup), "html.parser")
    for cell in soup.find_all(["td", "th"]):
        for node in list(cell.descendants):
            if isinstance(node, NavigableString) and (text := normal_cell(str(node))) != str(node):
                node.replace_with(text)
    return str(soup)


def normal_cell(text: str) -> str:
    """Write a text of a cell alike: NFKC, ticks, crosses and Greek letters as signs, no dollars around it."""
    text = unicodedata.normalize("NFKC", text).replace("\xa0", " ").replace("\u200b", "")
    text = _as_signs(_strip_math(_as_signs(text)))
    return "—" if text.strip() in _DASHES else re.sub(r"\s+", " ", text).strip()


def _as_signs(text: str) -> str:
    for latex, sign in _CELL_LATEX:
        text = text.replace(latex, sign)
    text = text.translate(_CELL_SIGNS)
    for escaped, sign in _CELL_ESCAPES:
        text = text.replace(escaped, sign)
    return text


def _strip_math(text: str) -> str:
    text = text.strip()
    while True:
        inner = next((one for pair in DELIMITERS if (one := _simple(_within(text, pair)))), None)
        if inner is None:
            return text
        text = inner


def _simple(inner: str | None) -> str | None:
    if not inner or len(inner) > _LONGEST_INLINE or any(sign in inner for sign in "<>$"):
        return None
    return inner
