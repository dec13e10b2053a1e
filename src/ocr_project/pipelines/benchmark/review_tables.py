"""The tables of what is in doubt, filled page by page: of pages that are over, columns are there and no objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from ocr_project.engine.reporting.review import PageDoubts, worst_first

_BOX = ("x0", "y0", "x1", "y1")
_PLACES = (
    *("document", "page", "region", "line", "label", *_BOX, "text"),
    *("confidence", "expected_errors", "reason", "correction", "page_id"),
)
_PAGES = ("page_id", "document", "page", "confidence", "places")
_NUMBERS = {"confidence": "float64", "expected_errors": "float64"}
_AT_ONCE = 1_000  # rows that are objects
_NUMBER = "number"  # of a page, in the order of the corpus


class _Rows:
    """Rows of a table that become columns a thousand at a time."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self._columns = columns
        self._open: list[tuple[Any, ...]] = []
        self._closed: list[pd.DataFrame] = []

    def add(self, row: tuple[Any, ...]) -> None:
        self._open.append(row)
        if len(self._open) >= _AT_ONCE:
            self._close()

    def table(self) -> pd.DataFrame:
        if self._open or not self._closed:
            self._close()
        return pd.concat(self._closed, ignore_index=True)

    def _close(self) -> None:
        part = pd.DataFrame(self._open, columns=list(self._columns))
        self._closed.append(part.astype({name: kind for name, kind in _NUMBERS.items() if name in self._columns}))
        self._open = []


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
        self._rows, self._by_page = _Rows((_NUMBER, *_PLACES)), _Rows(_PAGES)
        self._weights: list[tuple[bool, float]] = []

    def add(self, row: PageDoubts, correction: str) -> None:
        """Take the next page.

        Args:
            row: What is in doubt on it.
            correction: Where its reference text belongs.
        """
        for values in _places(row, correction):
            self._rows.add((self.pages, *values))
        self._by_page.add((row.page_id, row.path, row.number, row.confidence, len(row.doubts)))
        self._weights.append(row.weight)
        self.pages += 1
        self.open += not row.known
        self.places += len(row.doubts)
        if row.doubts:
            self.doubtful += 1
            self.worst = worst_first([*self.worst, row])[: self._shown]

    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the places in doubt and all pages, worst pages first, equal ones in the order of the corpus."""
        unread = np.array([weight[0] for weight in self._weights], bool)
        wrong = np.array([weight[1] for weight in self._weights], np.float64)
        order = np.lexsort((-wrong, ~unread))
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        places = self._rows.table()
        by_rank = np.argsort(rank[places.pop(_NUMBER).to_numpy(np.int64)], kind="stable")
        return places.iloc[by_rank].reset_index(drop=True), self._by_page.table().iloc[order].reset_index(drop=True)


def _places(row: PageDoubts, correction: str) -> Iterator[tuple[Any, ...]]:
    for doubt in row.doubts:
        yield (
            *(row.path, row.number, doubt.region, doubt.line, doubt.label),
            *(round(value, 1) for value in doubt.box),
            doubt.text,
            None if doubt.confidence is None else round(doubt.confidence, 3),
            None if doubt.expected_errors is None else round(doubt.expected_errors, 1),
            *(doubt.reason, correction, row.page_id),
        )
