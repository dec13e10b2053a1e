"""What pages really say, looked up in the table of references: a thousand of its texts are in memory at a time."""

from __future__ import annotations

from ocr_project.domain.types import Reference
from ocr_project.storage.page_places import PagePlaces
from ocr_project.storage.table_file import AT_ONCE, TableFile


class KnownReferences:
    """References by `page_id`; asked for in the order of the table, each is read once."""

    def __init__(self, table: TableFile) -> None:
        """Note where the reference of each page is.

        Args:
            table: Of `Reference`.
        """
        self._table = table
        self._places = PagePlaces(part["page_id"] for part in table.parts("page_id"))
        self._group, self._read = -1, list[Reference]()

    def __len__(self) -> int:
        return len(self._places)

    def get(self, page_id: str) -> Reference | None:
        """Return the reference of a page; None where it has none."""
        place = self._places.find(page_id)
        if place < 0:
            return None
        group, at = divmod(place, AT_ONCE)
        if group != self._group:
            self._read = []  # first: two groups are never there together
            self._group, self._read = group, self._table.group(group, Reference)
        return self._read[at]
