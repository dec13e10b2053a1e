"""OTSL (Lysak et al., 2023) to HTML and back: a table as a grid of tokens, some of which say "as my neighbour"."""

from __future__ import annotations

import re
from html import escape

from ocr_project.engine.models.dialects.base import NoTarget
from ocr_project.engine.models.dialects.html_table import Cell, cell_html, parse_markup

_TOKEN = re.compile(r"<(fcel|ecel|lcel|ucel|xcel|ched|rhed|srow|nl)>")
_HEADERS = frozenset({"ched", "rhed", "srow"})
_LEFT, _UP, _BOTH = "lcel", "ucel", "xcel"
# whose text says all that they say; a superscript, a picture or a table within a cell says more
_PLAIN_TAGS = frozenset(
    {"a", "b", "br", "center", "code", "div", "em", "font", "i", "li", "mark", "nobr", "ol", "p", "s", "small", "span"}
    | {"strong", "tt", "u", "ul"}
)

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
    return _table(["".join(_cell(grid, row, column) for column in range(len(grid[row]))) for row in range(len(grid))])


def html_to_otsl(html: str) -> str:
    """Turn a table into OTSL as PaddleOCR-VL writes it: `fcel ecel lcel ucel xcel nl` (PaddleX 3, paddleocr_vl).

    That has no token for header cells, which become plain ones, and none for line breaks in a cell, which become
    spaces; of bold and the like the text is kept. Cells that a row lacks are empty ones.

    Args:
        html: One table.

    Raises:
        NoTarget: It is not one table, its cells overlap, or they hold what OTSL cannot say.
    """
    rows = ("".join(f"<{token}>{text}" for token, text in row) + "<nl>" for row in _tokens(_spread(html)))
    return "".join(rows)


def plain_html(html: str) -> str:
    """Return what OTSL keeps of a table: cells, spans, and texts with single spaces, as `otsl_to_html` writes them.

    Args:
        html: One table.

    Raises:
        NoTarget: As `html_to_otsl`.
    """
    spread = _spread(html)
    return _table(
        [
            "".join(
                cell_html(escape(cell.text, quote=False), header=False, rows=cell.rows, columns=cell.columns)
                for cell, down, right in row
                if down == right == 0
            )
            for row in spread
        ]
    )


def _table(rows: list[str]) -> str:
    return "<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"


def _spread(html: str) -> list[list[tuple[Cell, int, int]]]:
    """Spread the cells of a table over its grid, as browsers do.

    Returns:
        For each place its cell, and how far below and right of the cell's first place it is. Spans end with the table.
    """
    markup = parse_markup(html)
    if markup.tables != 1 or not any(markup.rows):
        raise NoTarget(
            f"not one table in HTML: {markup.tables} of them, {sum(map(bool, markup.rows))} rows with cells"
        )
    if foreign := markup.inner - _PLAIN_TAGS:
        raise NoTarget(f"OTSL has no <{'>, <'.join(sorted(foreign))}> within a cell")
    height = len(markup.rows)
    taken: dict[tuple[int, int], tuple[Cell, int, int]] = {}
    for row, cells in enumerate(markup.rows):
        column = 0
        for cell in cells:
            while (row, column) in taken:
                column += 1
            whole = Cell(" ".join(cell.text.split()), cell.header, min(cell.rows, height - row), cell.columns)
            places = [(down, right) for down in range(whole.rows) for right in range(whole.columns)]
            if any((row + down, column + right) in taken for down, right in places):
                raise NoTarget("cells of the table overlap")
            taken |= {(row + down, column + right): (whole, down, right) for down, right in places}
    width = 1 + max(column for _, column in taken)
    return [[taken.get((row, column), (Cell(), 0, 0)) for column in range(width)] for row in range(height)]


def _tokens(spread: list[list[tuple[Cell, int, int]]]) -> Grid:
    def token(cell: Cell, down: int, right: int) -> tuple[str, str]:
        if down or right:
            return (_BOTH if down and right else _UP if down else _LEFT), ""
        return ("fcel" if cell.text else "ecel"), cell.text

    return [[token(*place) for place in row] for row in spread]


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
    return cell_html(escape(content, quote=False), header=token in _HEADERS, rows=rows, columns=columns)


def _covered(grid: Grid, row: int, column: int) -> bool:
    """Say whether the chain of tokens from a cell leads to a cell that covers it."""
    token = grid[row][column][0]
    if token == _LEFT:
        return column > 0
    if token == _UP:
        return row > 0
    return token == _BOTH and row > 0 and column > 0
