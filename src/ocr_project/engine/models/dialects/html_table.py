"""A table in HTML, as models and ground truth write it, to rows of cells: well formed or not."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from html.parser import HTMLParser

# A span in the answer of a model may be any number: beyond this it is a runaway, and would only fill memory.
_MOST_SPAN = 1000
_BREAKS = frozenset({"br", "p", "li", "div"})


@dataclass(slots=True)
class Cell:
    """One cell as it is written, before spans are spread out."""

    text: str = ""
    header: bool = False
    rows: int = 1
    columns: int = 1


Table = list[list[Cell]]


@dataclass(frozen=True, slots=True)
class Markup:
    """All that a text in HTML says of tables.

    Attributes:
        rows: From the top, each with its own cells from the left; those without cells are there too.
        tables: How many tables begin in it.
        inner: Names of the tags that stand within cells.
    """

    rows: Table = field(default_factory=list)
    tables: int = 0
    inner: Set[str] = frozenset()


def parse_table(html: str) -> Table:
    """Read the rows of an HTML table; tags other than rows, cells and breaks are taken for their text.

    Args:
        html: A table, well formed or not; text outside of cells is left out.

    Returns:
        Rows from the top, each with its own cells from the left; rows without cells are dropped.
    """
    return [row for row in parse_markup(html).rows if row]


def parse_markup(html: str) -> Markup:
    """Read a table as `parse_table` does, and keep what that leaves out."""
    reader = _TableParser()
    reader.feed(html)
    reader.close()
    return Markup(reader.table, reader.tables, frozenset(reader.inner))


def cell_html(inner: str, *, header: bool, rows: int, columns: int) -> str:
    """Write a cell: spans are named where they are more than one.

    Args:
        inner: What stands in it, HTML.
        header: Whether it heads a column or a row.
        rows: That it spans.
        columns: That it spans.
    """
    tag = "th" if header else "td"
    spans = (f' rowspan="{rows}"' if rows > 1 else "") + (f' colspan="{columns}"' if columns > 1 else "")
    return f"<{tag}{spans}>{inner}</{tag}>"


class _TableParser(HTMLParser):
    """Collects cells. A new cell or row closes the one before it, as browsers do."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.table: Table = []
        self.tables = 0
        self.inner: set[str] = set()
        self._cell: Cell | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tables += tag == "table"
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
        elif self._cell is not None:
            self.inner.add(tag)
            self._cell.text += "\n" if tag in _BREAKS else ""

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.text += data


def _span(value: str | None) -> int:
    text = (value or "1").strip()
    return min(max(1, int(text)), _MOST_SPAN) if text.isascii() and text.isdigit() and len(text) < 9 else 1
