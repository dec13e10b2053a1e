"""The canonical form of tables and their cells.

What a browser shows alike is alike here. Its rules take away what a
faithful reader of the image cannot know (which element marks a head, how a superscript is typed), not what it can get
wrong (letters, digits, spans, the order of rows).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from lxml import etree

from ocr_project.bench.metrics.canonical.signs import plain_signs
from ocr_project.bench.metrics.plain_latex import latex_to_text
from ocr_project.bench.metrics.tables.html import parse_page, span
from ocr_project.bench.metrics.tables.markdown import tables_to_html
from ocr_project.engine.metrics.normalize import normalize

_MATH = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_FORMULA = re.compile(r"[\\^_=<>+]")
_PERCENT = re.compile(r"(?<!\\)%")  # a comment to LaTeX, a per cent sign to the author of a cell
_SCRIPTS = re.compile(r"[\^_{}]")
_EMPHASIS = re.compile(r"(\*{2,3}|~~)(?=\S)(.+?)(?<=\S)\1")
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "td", "th"})

Cell = tuple[str, int, int]  # text, columns, rows


def canonical_table(html: str) -> str:
    """Write a table in the one form that equal tables share.

    `th` is `td`; `thead`, `tbody`, captions, attributes and marks within cells (bold, superscript, a link) go, line
    breaks are spaces; spans of 1 go, spans beyond the last row end there, rows in which no cell begins go and the
    spans across them shrink. Text: entities, Unicode NFKC (circled numbers stay), the rules of `normalize`, one dash
    and one quote, formulas as plain characters (`$10^{2}$`, `10<sup>2</sup>` and `10²` are `102`), no emphasis.

    Args:
        html: A page, a fragment, or a table in Markdown; the first outermost table counts.

    Returns:
        `<table><tr><td>…`, on one line; an empty string where there is no table.
    """
    page = parse_page(html if "<t" in html.lower() else tables_to_html(html))
    table = None if page is None else next(page.iter("table"), None)
    if table is None:
        return ""
    rows = _drop_empty([[_cell_of(cell) for cell in row if cell.tag in ("td", "th")] for row in _own_rows(table)])
    return f"<table>{''.join(_write_row(row) for row in rows)}</table>"


def canonical_cell(text: str) -> str:
    """Write the text of a cell in the form that equal cells share; see `canonical_table`.

    Not `canonical_text`, which takes off what begins a line or parts columns in Markdown: in a cell that is content.
    """
    plain = _EMPHASIS.sub(r"\2", _MATH.sub(_plain, text))
    return normalize(plain_signs(plain))


def _own_rows(table: etree._Element) -> Iterator[etree._Element]:
    """List the rows of a table, not those of tables within its cells."""
    for child in table:
        if child.tag == "tr":
            yield child
        elif child.tag in ("thead", "tbody", "tfoot"):
            yield from (row for row in child if row.tag == "tr")


def _cell_of(cell: etree._Element) -> Cell:
    return canonical_cell(_text(cell)), max(1, span(cell, "colspan")), max(1, span(cell, "rowspan"))


def _text(node: etree._Element) -> str:
    parts = [node.text or ""]
    for child in node:
        inner = f"${child.get('alttext')}$" if child.tag == "math" and child.get("alttext") else _text(child)
        parts.append(f" {inner} " if child.tag in _BREAKS else inner)
        parts.append(child.tail or "")
    return "".join(parts)


def _plain(formula: re.Match[str]) -> str:
    """Write a formula as the characters that it shows; one that cannot be read stays as it is."""
    latex = next(group for group in formula.groups() if group is not None)
    if " " in latex.strip() and not _FORMULA.search(latex):
        return formula.group()  # two prices, not a formula
    shown = latex_to_text(_PERCENT.sub(r"\\%", latex))
    return formula.group() if shown is None else "".join(_SCRIPTS.sub("", shown).split())


def _drop_empty(rows: list[list[Cell]]) -> list[list[Cell]]:
    """Leave out rows in which no cell begins, and end spans at the last row."""
    kept = [place for place, row in enumerate(rows) if row]
    return [
        [
            (text, columns, sum(place <= other < place + height for other in kept))
            for text, columns, height in rows[place]
        ]
        for place in kept
    ]


def _write_row(row: list[Cell]) -> str:
    return f"<tr>{''.join(_write(cell) for cell in row)}</tr>"


def _write(cell: Cell) -> str:
    text, columns, rows = cell
    wide = f' colspan="{columns}"' if columns > 1 else ""
    high = f' rowspan="{rows}"' if rows > 1 else ""
    return f"<td{wide}{high}>{html.escape(text, quote=False)}</td>"
