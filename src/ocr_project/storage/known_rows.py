"""Rows of a table looked up by their ids: one group of them is in memory at a time."""

from __future__ import annotations

from typing import Generic, TypeVar

from ocr_project.storage.page_places import PagePlaces
from ocr_project.storage.table_file import TableFile

Row = TypeVar("Row")


class KnownRows(Generic[Row]):
    """Rows by their ids; asked for in the order of the table, each is read once."""

    def __init__(self, table: TableFile, row_type: type[Row], key: str) -> None:
        """Note where each row is.

        Args:
            table: Of `row_type`.
            row_type: One of the keys of `SCHEMAS`.
            key: The column of the ids.
        """
        self._table = table
        self._row_type: type[Row] = row_type
        self._places = PagePlaces(part[key] for part in table.parts(key))
        self._rows_a_group = table.rows_a_group
        self._group, self._read = -1, list[Row]()

    def __len__(self) -> int:
        return len(self._places)

    def get(self, row_id: str) -> Row | None:
        """Return the row of an id; None where there is none."""
        place = self._places.find(row_id)
        if place < 0:
            return None
        group, at = divmod(place, self._rows_a_group)
        if group != self._group:
            self._read = []  # first: two groups are never there together
            self._group, self._read = group, self._table.group(group, self._row_type)
        return self._read[at]
