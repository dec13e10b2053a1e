"""Numbers of all pages of a corpus, held as arrays: there is no object for each page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from ocr_project.engine.reporting.model import PagePoint
from ocr_project.storage.page_places import PagePlaces
from ocr_project.storage.table_file import TableFile


class PageNumbers:
    """One number of each page that has one."""

    def __init__(self, places: PagePlaces, values: NDArray[np.float64]) -> None:
        """Take numbers in.

        Args:
            places: Of the pages in the array; shared by all numbers of a corpus.
            values: A number for each; NaN where there is none.
        """
        self._places = places
        self.values = values

    @overload
    def get(self, page_id: str) -> float | None: ...
    @overload
    def get(self, page_id: str, default: float) -> float: ...
    def get(self, page_id: str, default: float | None = None) -> float | None:
        """Return the number of a page, or `default` where it has none."""
        place = self._places.find(page_id)
        return default if place < 0 else _known(self.values[place], default)


def page_rates(places: PagePlaces, scores: TableFile, metrics: Sequence[str]) -> list[PageNumbers]:
    """Return rates of each page that is not measured by nothing.

    Args:
        places: As for `PageNumbers`.
        scores: Of `Score`.
        metrics: Whose rates.
    """
    found = {metric: np.full(len(places), np.nan) for metric in metrics}
    for part in scores.parts("item_id", "metric", "numerator", "denominator"):
        part = part[part["denominator"] != 0]
        at, rates = places.find_all(part["item_id"]), (part["numerator"] / part["denominator"]).to_numpy()
        for metric, values in found.items():
            rows = (part["metric"] == metric).to_numpy() & (at >= 0)
            values[at[rows]] = rates[rows]
    return [PageNumbers(places, values) for values in found.values()]


class Points(Sequence[PagePoint]):
    """A point for each page, made when it is looked at."""

    def __init__(self, rates: PageNumbers, confidence: PageNumbers) -> None:
        self._rates = rates
        self._confidence = confidence

    def __len__(self) -> int:
        return len(self._rates.values)

    @overload
    def __getitem__(self, at: int) -> PagePoint: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[PagePoint]: ...
    def __getitem__(self, at: int | slice) -> PagePoint | Sequence[PagePoint]:
        if isinstance(at, slice):
            return [self[place] for place in range(*at.indices(len(self)))]
        values = self._rates.values[at], self._confidence.values[at]  # an IndexError ends a loop over them
        return PagePoint(*(_known(value, None) for value in values))


def _known(value: Any, default: float | None) -> float | None:
    return default if np.isnan(value) else float(value)
