"""Tables as recognizers write them (HTML) to rows of cells, and to Markdown.

The house's own reader of HTML tables: for transcripts, exports and reports. The others belong to protocols, whose
scores depend on how their official programs parse: `bench/metrics/tables/html.py` (lxml, TEDS),
`bench/testsets/olmocr_bench/rules/tables.py` (its headings), `bench/testsets/omnidocbench_v1_5/rules/normal.py` (bs4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser

# A span in the answer of a model may be any number: beyond this it is a runaway, and would only fill memory.
_MOST_SPAN = 1000


@dataclass(slots=True)
class Cell:
    """One cell as it is written, before spans are spread out."""

    text: str = ""
    header: bool = False
    rows: int = 1
    columns: int = 1


Table = list[list[Cell]]


def parse_table(html: str) -> Table:
    """Read the rows of an HTML table; tags other than rows, cells and breaks are taken for their text.

    Args:
        html: A table, well formed or not; text outside of cells is left out.

    Returns:
        Rows from the top, each with its own cells from the left; rows without cells are dropped.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return [row for row in reader.table if row]


def table_lines(table: Table) -> list[str]:
    """Flatten a table: a line for each row, cells separated by a space, empty cells and rows dropped."""
    lines = (" ".join(filter(None, (" ".join(cell.text.split()) for cell in row))) for row in table)
    return [line for line in lines if line]


def table_markdown(table: Table) -> str:
    """Write a pipe table, or clean HTML where cells span rows or columns, which pipes cannot say."""
    if any(cell.rows > 1 or cell.columns > 1 for row in table for cell in row):
        return _html(table)
    width = max(map(len, table))
    head, *body = [_pipe_row([_pipe_cell(cell) for cell in row], width) for row in table]
    return "\n".join([head, "|" + " --- |" * width, *body])


def _pipe_row(cells: Sequence[str], width: int) -> str:
    padded = [*cells, *[""] * (width - len(cells))]
    return "| " + " | ".join(padded) + " |"


def _pipe_cell(cell: Cell) -> str:
    lines = (" ".join(line.split()) for line in cell.text.splitlines())
    return "<br>".join(escape(line, quote=False).replace("|", "\\|") for line in lines if line)


def _html(table: Table) -> str:
    """Write the table anew: only rows, cells and spans come through, whatever a model wrote."""
    rows = ("<tr>" + "".join(map(_html_cell, row)) + "</tr>" for row in table)
    return "\n".join(["<table>", *rows, "</table>"])


def _html_cell(cell: Cell) -> str:
    tag = "th" if cell.header else "td"
    spans = (f' rowspan="{cell.rows}"' if cell.rows > 1 else "") + (
        f' colspan="{cell.columns}"' if cell.columns > 1 else ""
    )
    lines = (" ".join(line.split()) for line in cell.text.splitlines())
    return f"<{tag}{spans}>" + "<br>".join(escape(line, quote=False) for line in lines if line) + f"</{tag}>"


class _Reader(HTMLParser):
    """Collects cells. A new cell or row closes the one before it, as browsers do."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.table: Table = []
        self._cell: Cell | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self._cell = None
            self.table.append([])
        elif tag in ("td", "th"):
            given = dict(attrs)
            cell = Cell("", tag == "th", _span(given.get("rowspan")), _span(given.get("colspan")))
            if not self.table:
                self.table.append([])
            self.table[-1].append(cell)
            self._cell = cell
        elif tag in ("br", "p", "li", "div") and self._cell is not None:
            self._cell.text += "\n"

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.text += data


def _span(value: str | None) -> int:
    text = (value or "1").strip()
    return min(max(1, int(text)), _MOST_SPAN) if text.isascii() and text.isdigit() and len(text) < 9 else 1
