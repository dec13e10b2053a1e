"""Tables that recognizers wrote, as lines of text and as Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ocr_project.engine.models.dialects.html_table import Cell, Table, cell_html

# What would be read as more than text: a character reference (`&amp;`, `&#38;`), a tag. "AT&T" and "a < b" are text.
_REFERENCE = re.compile(r"&(?=#?\w+;)")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")


def table_lines(table: Table) -> list[str]:
    """Flatten a table: a line for each row, cells separated by a space, empty cells and rows dropped."""
    lines = (" ".join(filter(None, (" ".join(cell.text.split()) for cell in row))) for row in table)
    return [line for line in lines if line]


def table_markdown(table: Table) -> str:
    """Write a pipe table, or clean HTML where cells span rows or columns, which pipes cannot say."""
    if any(cell.rows > 1 or cell.columns > 1 for row in table for cell in row):
        return table_html(table)
    width = max(map(len, table))
    head, *body = [_pipe_row([_pipe_cell(cell) for cell in row], width) for row in table]
    return "\n".join([head, "|" + " --- |" * width, *body])


def _pipe_row(cells: Sequence[str], width: int) -> str:
    padded = [*cells, *[""] * (width - len(cells))]
    return "| " + " | ".join(padded) + " |"


def _pipe_cell(cell: Cell) -> str:
    lines = (" ".join(line.split()) for line in cell.text.splitlines())
    return "<br>".join(_escape(line).replace("|", "\\|") for line in lines if line)


def _escape(text: str) -> str:
    return _TAG.sub("&lt;", _REFERENCE.sub("&amp;", text))


def table_html(table: Table) -> str:
    """Write the table anew: only rows, cells and spans come through, whatever a model wrote."""
    rows = ("<tr>" + "".join(map(_html_cell, row)) + "</tr>" for row in table)
    return "\n".join(["<table>", *rows, "</table>"])


def _html_cell(cell: Cell) -> str:
    lines = (" ".join(line.split()) for line in cell.text.splitlines())
    inner = "<br>".join(_escape(line) for line in lines if line)
    return cell_html(inner, header=cell.header, rows=cell.rows, columns=cell.columns)
