"""Numbers of all pages of a corpus, held as arrays: ids stand once, and there is no object for each page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import overload

import numpy as np
import pandas as pd

from ocr_project.engine.reporting.model import PagePoint


class PageNumbers:
    """One number of each page that has one."""

    def __init__(self, places: dict[str, int], ids: Iterable[str], values: Iterable[float]) -> None:
        """Take numbers in.

        Args:
            places: Of page ids in the arrays; shared by all numbers of a corpus, and filled up.
            ids: Of pages.
            values: A number for each; NaN where there is none.
        """
        at = [places.setdefault(page_id, len(places)) for page_id in ids]
        self._places = places
        self._values = np.full(len(places), np.nan)
        self._values[at] = np.fromiter(values, np.float64, len(at))

    @overload
    def get(self, page_id: str) -> float | None: ...
    @overload
    def get(self, page_id: str, default: float) -> float: ...
    def get(self, page_id: str, default: float | None = None) -> float | None:
        """Return the number of a page, or `default` where it has none."""
        place = self._places.get(page_id, len(self._values))
        value = float(self._values[place]) if place < len(self._values) else np.nan
        return default if np.isnan(value) else value


def page_rates(places: dict[str, int], scores: pd.DataFrame, metric: str) -> PageNumbers:
    """Return a rate of each page that is not measured by nothing.

    Args:
        places: As for `PageNumbers`.
        scores: Columns item_id, metric, numerator, denominator.
        metric: Whose rates.
    """
    rows = scores.loc[(scores["metric"] == metric) & (scores["denominator"] != 0)]
    return PageNumbers(places, rows["item_id"], rows["numerator"] / rows["denominator"])


class Points(Sequence[PagePoint]):
    """A point for each page, made when it is looked at."""

    def __init__(self, ids: pd.Series[str], rates: PageNumbers, confidence: PageNumbers) -> None:
        self._ids = ids
        self._rates = rates
        self._confidence = confidence

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, at: int) -> PagePoint: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[PagePoint]: ...
    def __getitem__(self, at: int | slice) -> PagePoint | Sequence[PagePoint]:
        if isinstance(at, slice):
            return Points(self._ids.iloc[at], self._rates, self._confidence)
        page_id = str(self._ids.iat[at])  # an IndexError ends a loop over them
        return PagePoint(self._rates.get(page_id), self._confidence.get(page_id))
