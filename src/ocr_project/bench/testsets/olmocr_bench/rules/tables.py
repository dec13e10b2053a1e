"""Tables of a Markdown page as olmOCR-bench reads them: cells, and what heads each of them.

Rules of `olmocr/bench/tests.py` (v0.4), kept where they surprise, since published scores depend on them: a
cell over several columns takes one place in its row, and heads all columns from its first one on. Hence a reader of
its own; the reader for everything else is `engine/transcript/html_table.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass(slots=True)
class Table:
    """Cells by row and column, padded with empty ones, and the headings of columns and rows."""

    cells: list[list[str]]
    heading_rows: set[int] = field(default_factory=set)
    heading_columns: set[int] = field(default_factory=set)
    above: dict[int, list[str]] = field(default_factory=dict)
    beside: dict[int, list[str]] = field(default_factory=dict)
    wide: dict[str, int] = field(default_factory=dict)  # headings over several columns, and their first one

    def top_headings(self, row: int, column: int) -> list[str]:
        """Return what may head a cell from above: its column's headings and the heading rows' cells."""
        rows = [self.cells[other][column] for other in sorted(self.heading_rows) if other < row]
        return [*self.above.get(column, []), *filter(str.strip, rows)]

    def left_headings(self, row: int, column: int) -> list[str]:
        """Return what may head a cell from the left."""
        places = [self.cells[row][other] for other in sorted(self.heading_columns) if other < column]
        return [*self.beside.get(row, []), *filter(str.strip, places)]


def tables_of(markdown: str, html_only: bool = False) -> list[Table]:
    """Find all tables of a page, pipe tables first, then HTML's."""
    piped = [] if html_only else list(_pipe_tables(markdown))
    reader = _HtmlTables()
    reader.feed(markdown)
    reader.close()
    return piped + [_html_table(rows) for rows in reader.tables if rows]


def _pipe_tables(markdown: str) -> Iterator[Table]:
    lines: list[str] = []
    for line in [*markdown.strip().split("\n"), ""]:
        if "|" in line:
            lines.append(line)
            continue
        rows = [cells for cells in map(_pipe_cells, lines) if cells] if len(lines) > 1 else []
        lines = []
        if rows:
            cells = _padded(rows)
            above = {column: [text] for column, text in enumerate(cells[0])}
            beside = {row: [cells[row][0]] for row in range(1, len(cells))}
            yield Table(cells, {0}, {0}, above, beside)


def _pipe_cells(line: str) -> list[str]:
    if set(line) <= set("- :|"):
        return []
    cells = [cell.strip() for cell in line.split("|")]
    cells = cells[1:] if cells[0] == "" else cells
    return cells[:-1] if cells and cells[-1] == "" else cells


def _padded(rows: list[list[str]]) -> list[list[str]]:
    widest = max(len(row) for row in rows)
    return [row + [""] * (widest - len(row)) for row in rows]


@dataclass(slots=True)
class _Cell:
    heading: bool
    rows: int
    columns: int
    text: str = ""


@dataclass(slots=True)
class _Row:
    in_head: bool
    cells: list[_Cell] = field(default_factory=list)


class _HtmlTables(HTMLParser):
    """Collects rows and cells; a cell ends where the next begins, whether it is closed or not."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[_Row]] = []
        self.depth = 0
        self.in_head = False
        self.cell: _Cell | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.depth += 1
            if self.depth == 1:
                self.tables.append([])
        if not self.depth:
            return
        if tag == "thead":
            self.in_head = True
        elif tag == "tr":
            self.tables[-1].append(_Row(self.in_head))
            self.cell = None
        elif tag in ("td", "th") and self.tables[-1]:
            spans = dict(attrs)
            self.cell = _Cell(tag == "th", _span(spans.get("rowspan")), _span(spans.get("colspan")))
            self.tables[-1][-1].cells.append(self.cell)
        elif tag == "br" and self.cell is not None:
            self.cell.text += "\n"

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self.cell = None
        if tag == "thead":
            self.in_head = False
        if tag == "table" and self.depth:
            self.depth -= 1

    def handle_data(self, data: str) -> None:
        if self.cell is not None:
            self.cell.text += data


def _span(written: str | None) -> int:
    return max(1, min(int(written), 1000)) if written and written.strip().isdigit() else 1


def _html_table(rows: list[_Row]) -> Table:
    table = Table([])
    covered: dict[tuple[int, int], str] = {}
    for number, row in enumerate(rows):
        if row.in_head or any(cell.heading for cell in row.cells):
            table.heading_rows.add(number)
        placed: list[str] = []
        column = 0
        for cell in row.cells:
            while (number, column) in covered:
                placed.append(covered[number, column])
                column += 1
            placed.append(cell.text.strip())
            for down in range(number, number + cell.rows):
                covered.update({(down, column + along): "" if along else placed[-1] for along in range(cell.columns)})
            _place(table, cell, column, range(number, min(number + cell.rows, len(rows))))
            column += cell.columns
        table.cells.append(placed)
    _spread(table)
    table.cells = _padded(table.cells)
    return table


def _place(table: Table, cell: _Cell, column: int, rows: range) -> None:
    """Note what a cell heads; a plain cell over several rows heads them where its column is one of headings."""
    text = cell.text.strip()
    if not cell.heading:
        if column in table.heading_columns:
            for other in rows[1:]:
                table.beside.setdefault(other, []).append(text)
        return
    table.heading_rows.update(rows[1:])
    for place in range(column, column + cell.columns):
        table.heading_columns.add(place)
        table.above.setdefault(place, []).append(text)
    if text and cell.columns > 1:
        table.wide[text] = min(column, table.wide.get(text, column))
    if text and cell.rows > 1:
        for other in rows:
            table.beside.setdefault(other, []).append(text)


def _spread(table: Table) -> None:
    """Let wide headings head all columns after their first, and cells of heading columns their rows."""
    bodies = [len(row) for number, row in enumerate(table.cells) if number not in table.heading_rows]
    for text, first in table.wide.items():
        for column in range(first, max(bodies, default=0)):
            table.above.setdefault(column, []).append(text)
    for number, row in enumerate(table.cells):
        for column in table.heading_columns:
            if column < len(row) and row[column].strip():
                table.beside.setdefault(number, []).append(row[column])
