"""What olmOCR's own filters refuse of a page, each by a name (olmocr 0.4.27, train/dataloader.py).

`DatasetTextRuleFilter` there drops a page without a word; here each rule says which it is and what it found. What the
official program does is the rule, oddities included: `\\to` is found in `\\today`, and `$x$` is not mathematics.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser

_MATHEMATICS = (
    re.compile(r"\$\$(.+?)\$\$", re.DOTALL),
    re.compile(r"\\\((.+?)\\\)", re.DOTALL),
    re.compile(r"\\\[(.+?)\\\]", re.DOTALL),
)
_TABLE = re.compile(r"<table\b[^>]*>.*?</table>", re.IGNORECASE | re.DOTALL)
_TABLE_BEGINS = re.compile(r"<table\b[^>]*>", re.IGNORECASE)
_TABLE_ENDS = re.compile(r"</table>", re.IGNORECASE)
_LATEX_TABLE = re.compile(r"\\begin\{(?:table|tabular)\}", re.IGNORECASE)
_SYMBOLS = frozenset("∈∉⊂⊃⊆⊇∅∪∩∀∃¬⊕⊗⊙∂∇∆∫∬∭∮∏∑√∛∜⊥∠∡⊤⊢⊣∴∵∶∷∝≅≆≇≊≋⊖⊘⊚⊛⊜⊝")
_COMMANDS = (
    *(r"\begin{itemize}", r"\begin{enumerate}", r"\item"),
    *(r"\begin{figure}", r"\includegraphics", r"\caption", r"\label", r"\ref", r"\eqref"),
    *(r"\begin{table}", r"\begin{tabular}", r"\textit", r"\textbb", r"\begin{equation}", r"\begin{align}"),
    *(r"\frac", r"\sum", r"\int", r"\sqrt", r"\prod", r"\lim", r"\binom", r"\mathbb", r"\mathcal", r"\to"),
    *(r"\varphi", r"\cdot", r"\langle", r"\rangle", r"\cite"),
)
_STYLES = {"textbf": "**", "textit": "*"}
_PRIVATE = 0xF0000  # a plane for private use: formulas stand for themselves while the text around them is changed


def refusal_of(text: str) -> tuple[str, str] | None:
    """Apply the rules that need no browser.

    Returns:
        The name of the first rule that finds something, a key of `RULES`, and what it found; None where none does.
    """
    return next(((name, found) for name, rule in RULES.items() if (found := rule(text))), None)


def formulas_of(text: str) -> list[str]:
    """Return the formulas that KaTeX has to render, without delimiters; blank ones are left out."""
    return [stripped for pattern in _MATHEMATICS for one in pattern.findall(text) if (stripped := one.strip())]


def markdown_styles(text: str) -> str:
    r"""Turn `\textbf{…}` into `**…**` and `\textit{…}` into `*…*` outside of formulas (`ReformatLatexBoldItalic`).

    A brace that is never closed leaves its command as it is. A formula within another one comes back: the official
    program leaves `__MATH_PLACEHOLDER_0_0__` there, and models were trained on that.
    """
    if max(text, default="") >= chr(_PRIVATE):  # it has such characters itself
        return text
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found[0])
        return chr(_PRIVATE + len(kept) - 1)

    changed = text
    for pattern in _MATHEMATICS:
        changed = pattern.sub(keep, changed)
    for command, mark in _STYLES.items():
        changed = "".join(_restyled(changed, f"\\{command}{{", mark))
    for number in reversed(range(len(kept))):  # what was kept later may hold what was kept before
        changed = changed.replace(chr(_PRIVATE + number), kept[number])
    return changed


def _restyled(text: str, command: str, mark: str) -> Iterator[str]:
    start = 0
    while (found := text.find(command, start)) >= 0:
        yield text[start:found]
        inside = found + len(command)
        end = _closing_brace(text, inside)
        if end is None:
            yield command
            start = inside
        else:
            yield f"{mark}{text[inside:end]}{mark}"
            start = end + 1
    yield text[start:]


def _closing_brace(text: str, start: int) -> int | None:
    depth = 1
    for place in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return place
    return None


def _markdown_table(text: str) -> str:
    lines = [line.strip() for line in text.split("\n")]
    for number, line in enumerate(lines):
        if line.startswith("|") and line.endswith("|") and line.count("|") >= 3:
            beside = (*lines[max(0, number - 1) : number], *lines[number + 1 : number + 2])
            if any(near.startswith("|") and "-" in near for near in beside):
                return f"line {number + 1} is of a table in Markdown: {line[:80]}"
    return ""


def _html_table(text: str) -> str:
    begun, ended = len(_TABLE_BEGINS.findall(text)), len(_TABLE_ENDS.findall(text))
    if not begun:  # an end alone is not looked at
        return ""
    if begun != ended:
        return f"{begun} tables begin and {ended} end"
    if not (tables := _TABLE.findall(text)):
        return "a table ends before it begins"
    return next(filter(None, map(_unbalanced, tables)), "")


def _unbalanced(table: str) -> str:
    reader = _Tags()
    reader.feed(table)
    if reader.opened:
        return f"a table leaves <{reader.opened[-1]}> open"
    return f"a table closes </{reader.foreign}>, which was not open" if reader.foreign else ""


class _Tags(HTMLParser):
    """Follows which tags are open; a closing one closes those within it, too."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.foreign = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.opened:
            self.foreign = self.foreign or tag
            return
        while self.opened.pop() != tag:
            pass


def _symbols(text: str) -> str:
    found = sorted(_SYMBOLS.intersection(_TABLE.sub("", text)))
    return f"symbols of mathematics outside of tables: {' '.join(found)}" if found else ""


def _latex(text: str) -> str:
    for pattern in _MATHEMATICS:
        text = pattern.sub("", text)
    found = next((command for command in _COMMANDS if command in text), "")
    return f"LaTeX outside of formulas: {found}" if found else ""


def _latex_table(text: str) -> str:
    found = _LATEX_TABLE.search(text)
    return f"a table in LaTeX: {found[0]}" if found else ""


RULES: Mapping[str, Callable[[str], str]] = {
    "markdown_table": _markdown_table,
    "html_table": _html_table,
    "math_symbols": _symbols,
    "latex_outside_formulas": _latex,
    "latex_table": _latex_table,
}
