"""Tables that a person hands over as CSV: any of the usual separators, with or without a mark at the start.

Separators are not options: a file says by its first line which of `;`, `,`, tab and `|` it has.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ocr_project.domain.errors import SourceError
from ocr_project.storage.given_text import read_given

_SEPARATORS = ";,\t|"
_MOST_SAID = 10  # faults that a message names
_LONGEST_CELL = 1 << 24  # characters; the module's own limit of 131,072 is less than an answer that loops


@dataclass(frozen=True, slots=True)
class GivenRow:
    """A row of a table.

    Attributes:
        number: From 0, the head left out: VLMHyperBench's id.
        line: In the file, from 1, where the row begins.
        cells: By the name of the column, as the file writes it without the white space around it.
    """

    number: int
    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class GivenTable:
    """A table as it was read.

    Attributes:
        path: For messages.
        columns: In the order of the file.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[GivenRow, ...]

    def place(self, row: GivenRow, column: str) -> str:
        """Return where a cell stands, for messages."""
        return f"{self.path}, line {row.line}, column {column}"


def read_given_table(path: Path) -> GivenTable:
    """Read a CSV file with a head; empty lines are passed over.

    Raises:
        SourceError: It is not UTF-8, has no head, a name twice, or rows of another length: all of these are named.
    """
    text = read_given(path)
    head = text.lstrip("\n").partition("\n")[0]
    if not head.strip():
        raise SourceError(f"{path} is empty; its first line has to name the columns")
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text), delimiter=max(_SEPARATORS, key=head.count), skipinitialspace=False)
    lines = list(_numbered(reader, path))
    columns = tuple(name.strip() for name in lines[0][1])
    if twice := sorted({name for name in columns if columns.count(name) > 1}):
        raise SourceError(f"{path} has the column {', '.join(twice)} twice; rename one")
    bad = [
        f"line {line} has {len(cells)} cells, not {len(columns)}"
        for line, cells in lines[1:]
        if len(cells) != len(columns)
    ]
    if bad:
        raise SourceError(f"{path}: {some(bad)}; put text that holds the separator in quotes")
    rows = (
        GivenRow(number, line, dict(zip(columns, cells, strict=True)))
        for number, (line, cells) in enumerate(lines[1:])
    )
    return GivenTable(path, columns, tuple(rows))


def _numbered(reader: Iterator[list[str]], path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield rows with the line that they begin on."""
    begins = 1
    try:
        for cells in reader:
            if len(cells) > 1 or any(cell.strip() for cell in cells):
                yield begins, cells
            begins = reader.line_num + 1  # type: ignore[attr-defined]
    except csv.Error as error:
        raise SourceError(f"{path}, line {begins}, is not CSV ({error})") from error


def some(messages: Sequence[str]) -> str:
    """Join the first of many messages, and count the others."""
    more = len(messages) - _MOST_SAID
    return "; ".join(messages[:_MOST_SAID]) + (f"; and {more} more" if more > 0 else "")
