"""OTSL (Lysak et al., 2023) to HTML: a table as a grid of tokens, some of which say "belongs to my neighbour"."""

from __future__ import annotations

import re
from html import escape

_TOKEN = re.compile(r"<(fcel|ecel|lcel|ucel|xcel|ched|rhed|srow|nl)>")
_HEADERS = frozenset({"ched", "rhed", "srow"})
_LEFT, _UP, _BOTH = "lcel", "ucel", "xcel"

Grid = list[list[tuple[str, str]]]


def is_otsl(text: str) -> bool:
    """Say whether a text is a table in OTSL."""
    return _TOKEN.search(text) is not None


def otsl_to_html(text: str) -> str:
    """Turn a table into HTML.

    Args:
        text: Tokens, each with the text of its cell behind it; short rows are filled up with empty cells.

    Returns:
        A table on one line; a cell that belongs to a neighbour which is not there is a cell of its own.
    """
    grid = _grid(text)
    rows = ("".join(_cell(grid, row, column) for column in range(len(grid[row]))) for row in range(len(grid)))
    return "<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"


def _grid(text: str) -> Grid:
    parts = _TOKEN.split(text)
    grid: Grid = [[]]
    for token, content in zip(parts[1::2], parts[2::2], strict=True):
        if token == "nl":
            grid.append([])
        else:
            grid[-1].append((token, content.strip()))
    grid = [row for row in grid if row]
    width = max(map(len, grid), default=0)
    return [row + [("ecel", "")] * (width - len(row)) for row in grid]


def _cell(grid: Grid, row: int, column: int) -> str:
    """Write a cell; an empty string for one that another covers."""
    token, content = grid[row][column]
    if _covered(grid, row, column):
        return ""
    columns = rows = 1
    while column + columns < len(grid[row]) and grid[row][column + columns][0] == _LEFT:
        columns += 1
    while row + rows < len(grid) and grid[row + rows][column][0] == _UP:
        rows += 1
    tag = "th" if token in _HEADERS else "td"
    spans = (f' rowspan="{rows}"' if rows > 1 else "") + (f' colspan="{columns}"' if columns > 1 else "")
    return f"<{tag}{spans}>{escape(content, quote=False)}</{tag}>"


def _covered(grid: Grid, row: int, column: int) -> bool:
    """Say whether the chain of tokens from a cell leads to a cell that covers it."""
    token = grid[row][column][0]
    if token == _LEFT:
        return column > 0
    if token == _UP:
        return row > 0
    return token == _BOTH and row > 0 and column > 0
