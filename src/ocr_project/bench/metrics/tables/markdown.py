"""Tables in Markdown (GitHub's pipes) as HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence


def tables_to_html(markdown: str) -> str:
    """Replace the Markdown tables of a text by HTML ones, the way opendataloader-bench's evaluator does.

    A table is a row with a pipe, a rule below it, and all rows with a pipe that follow. Rows are cut or padded to the
    widest of the first two; of a row of three cells in a wider table the middle one is taken to span the rest. The
    head is `th`; a head without any text makes way for the first row.

    Returns:
        The text, a table on one line each; lines outside tables are unchanged.
    """
    lines = markdown.splitlines(keepends=True)
    parts: list[str] = []
    place = 0
    while place < len(lines):
        head = split_row(lines[place])
        rule = split_row(lines[place + 1]) if head and place + 1 < len(lines) else None
        if not head or not rule or not is_rule(rule):
            parts.append(lines[place])
            place += 1
            continue
        width, end = max(len(head), len(rule)), place + 2
        rows = [_fit(head, width)]
        while end < len(lines) and (row := split_row(lines[end])):
            rows.append(_fit(row, width))
            end += 1
        line = lines[place]
        parts.append(_render(rows) + line[len(line.rstrip("\r\n")) :])
        place = end
    return "".join(parts)


def split_row(line: str) -> list[str] | None:
    """Split a line at its pipes; the ones at its ends are none.

    Returns:
        The cells, stripped; None where there is no pipe.
    """
    text = line.strip()
    if "|" not in text:
        return None
    cells = text.removeprefix("|").split("|")
    if text.endswith("|") and cells:
        cells.pop()
    return [cell.strip() for cell in cells] or None


def is_rule(cells: Sequence[str]) -> bool:
    """Tell whether a row is the line of dashes below a head."""
    return all(re.fullmatch(r"[-:]+", cell.replace(" ", "")) for cell in cells)


def _fit(cells: list[str], width: int) -> list[str]:
    if len(cells) == 3 < width:
        return [cells[0], *[cells[1]] * (width - 2), cells[2]]
    return (cells + [""] * (width - len(cells)))[:width]


def _render(rows: list[list[str]]) -> str:
    if len(rows) > 1 and not any(rows[0]):
        rows = rows[1:]
    head, *body = rows
    lines = [("th", head), *(("td", row) for row in body)]
    return f"<table>{''.join(_row(tag, cells) for tag, cells in lines)}</table>"


def _row(tag: str, cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in cells)}</tr>"
