"""The tables of a document, as spreadsheets read them: a CSV a table, or a workbook with a sheet a table."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from io import StringIO
from typing import Any, BinaryIO

from ocr_project.domain.outside_text import csv_cell, shown
from ocr_project.domain.types import Page, TextFormat, Transcript
from ocr_project.engine.models.dialects.html_table import Table, parse_table
from ocr_project.engine.transcript.lines import Reading

_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,15})?")  # not `007`, and not `1,234`, which may be a fraction
_LONGEST_CELL = 32_767  # characters; Excel takes no more
_MOST_COLUMNS = 16_384
_MOST_CELLS = 1_000_000  # of a table: a span in an answer may be any number

Grid = list[list[str]]


def tables_of(readings: Sequence[Reading]) -> Iterator[Grid]:
    """Yield the tables of a page in reading order; a cell that spans others stands in the first of them."""
    for reading in readings:
        if reading.recognition.format is TextFormat.HTML and (table := parse_table(reading.recognition.text)):
            yield _grid(table)


def _grid(table: Table) -> Grid:
    cells: dict[tuple[int, int], str] = {}
    for row, line in enumerate(table):
        column = 0
        for cell in line:
            while (row, column) in cells:
                column += 1
            rows, columns = min(cell.rows, len(table) - row), min(cell.columns, _MOST_COLUMNS - column)
            if len(cells) + rows * columns > _MOST_CELLS:
                rows = columns = 1
            for below in range(rows):
                for beside in range(columns):
                    cells.setdefault((row + below, column + beside), "")
            cells[row, column] = " ".join(cell.text.split())
            column += columns
    width = max(column for _, column in cells) + 1
    return [[cells.get((row, column), "") for column in range(width)] for row in range(len(table))]


class CsvTables:
    """A file a table, `page3_table1.csv`; with the mark by which Excel knows UTF-8."""

    def __init__(self, opened: Callable[[str], BinaryIO], folder: str) -> None:
        self._opened, self._folder = opened, folder

    def add(self, page: Page, readings: Sequence[Reading], transcript: Transcript, crops: Sequence[str]) -> None:
        for number, grid in enumerate(tables_of(readings), 1):
            text = StringIO()
            csv.writer(text).writerows([csv_cell(cell) for cell in row] for row in grid)
            file = self._opened(f"{self._folder}/page{page.number}_table{number}.csv")
            file.write(text.getvalue().encode("utf-8-sig", "replace"))

    def finish(self) -> None:
        """Nothing is left to write."""


class Workbook:
    """A sheet a table, named by page and number; a document without tables has no file."""

    def __init__(self, opened: Callable[[str], BinaryIO], path: str) -> None:
        self._opened, self._path = opened, path
        self._book: Any = None

    def add(self, page: Page, readings: Sequence[Reading], transcript: Transcript, crops: Sequence[str]) -> None:
        for number, grid in enumerate(tables_of(readings), 1):
            sheet = self._workbook().create_sheet(f"page {page.number} table {number}")
            for row in grid:
                sheet.append([self._cell(sheet, text) for text in row])

    def finish(self) -> None:
        if self._book is not None:
            self._book.save(self._opened(self._path))

    def _workbook(self) -> Any:
        if self._book is None:
            import openpyxl

            self._book = openpyxl.Workbook(write_only=True)
        return self._book

    def _cell(self, sheet: Any, text: str) -> Any:
        from openpyxl.cell import WriteOnlyCell

        if _NUMBER.fullmatch(text):
            return WriteOnlyCell(sheet, float(text) if "." in text else int(text))
        cell = WriteOnlyCell(sheet, shown(text)[:_LONGEST_CELL])
        cell.data_type = "s"  # `=1+1` is what stands on the page, and computes nothing
        return cell
