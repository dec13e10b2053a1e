"""The tables of what is in doubt, filled page by page and sorted on the disk; in memory are pages that are shown."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import fields
from operator import attrgetter
from typing import Any, Generic, TypeVar

from ocr_project.domain.errors import StorageError
from ocr_project.domain.types import DoubtfulPlace, PageConfidence
from ocr_project.engine.reporting.review import PageDoubts, worst_first
from ocr_project.storage.scratch import Scratch
from ocr_project.storage.table_file import TableFile

Row = TypeVar("Row", DoubtfulPlace, PageConfidence)


class ReviewTables:
    """What is in doubt on the pages of a corpus, given in their order.

    Attributes:
        worst: The worst pages on which anything is in doubt, worst first.
        pages: Number of pages.
        open: Pages whose recognizer does not say how sure it is.
        doubtful: Pages on which anything is in doubt.
        places: Places in doubt.
    """

    def __init__(self, shown: int) -> None:
        """Begin empty tables.

        Args:
            shown: How many of the worst pages are wanted as they are.
        """
        self.worst: list[PageDoubts] = []
        self.pages = self.open = self.doubtful = self.places = 0
        self._shown = shown
        self._rows, self._by_page = _WorstFirst(DoubtfulPlace), _WorstFirst(PageConfidence)

    def add(self, row: PageDoubts, correction: str) -> None:
        """Take the next page.

        Args:
            row: What is in doubt on it.
            correction: Where its reference text belongs.
        """
        for place in _places(row, correction):
            self._rows.add(row.weight, place)
        sure = PageConfidence(row.page_id, row.path, row.number, row.confidence, len(row.doubts))
        self._by_page.add(row.weight, sure)
        self.pages += 1
        self.open += not row.known
        self.places += len(row.doubts)
        if row.doubts:
            self.doubtful += 1
            self.worst = worst_first([*self.worst, row])[: self._shown]

    def written(self, scratch: Scratch, attrs: Mapping[str, Any]) -> tuple[TableFile, TableFile]:
        """Write the places in doubt and all pages, worst pages first, equal ones in the order of the corpus."""
        with scratch.draft("review.parquet") as path:
            places = TableFile.written(path, self._rows.sorted(), DoubtfulPlace, attrs)
        with scratch.draft("confidence_table.parquet") as path:
            return places, TableFile.written(path, self._by_page.sorted(), PageConfidence, attrs)


class _WorstFirst(Generic[Row]):
    """Rows sorted by the weights of their pages, largest first: a B-tree on the disk, a megabyte of it in memory."""

    def __init__(self, row_type: type[Row]) -> None:
        self._row_type: type[Row] = row_type
        self._values = attrgetter(*(field.name for field in fields(row_type)))
        self._count = 0
        self._file = sqlite3.connect("", isolation_level=None)  # a file without a name, gone when it is closed
        for statement in (
            "PRAGMA journal_mode = OFF",
            "PRAGMA cache_size = -1000",
            "CREATE TABLE rows (known, less_wrong, place, row, PRIMARY KEY (known, less_wrong, place)) WITHOUT ROWID",
            "BEGIN",
        ):
            self._file.execute(statement)

    def add(self, weight: tuple[bool, float], row: Row) -> None:
        unread, wrong = weight
        values = not unread, -wrong, self._count, json.dumps(self._values(row))
        try:
            self._file.execute("INSERT INTO rows VALUES (?, ?, ?, ?)", values)
        except sqlite3.OperationalError as error:
            raise StorageError(f"places in doubt cannot be sorted where temporary files are: {error}") from error
        self._count += 1

    def sorted(self) -> Iterator[Row]:
        for (row,) in self._file.execute("SELECT row FROM rows ORDER BY known, less_wrong, place"):
            yield self._row_type(*json.loads(row))
        self._file.close()


def _places(row: PageDoubts, correction: str) -> Iterator[DoubtfulPlace]:
    for doubt in row.doubts:
        yield DoubtfulPlace(
            *(row.path, row.number, doubt.region, doubt.line, doubt.label),
            *(round(doubt.box.x0, 1), round(doubt.box.y0, 1), round(doubt.box.x1, 1), round(doubt.box.y1, 1)),
            doubt.text,
            None if doubt.confidence is None else round(doubt.confidence, 3),
            None if doubt.expected_errors is None else round(doubt.expected_errors, 1),
            *(doubt.reason, correction, row.page_id),
        )
