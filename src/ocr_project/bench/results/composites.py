"""Means of means of a test set, and the rates that they are made of.

What composites a set has is in its folder (`bench/testsets/<set>/composites.py`). In a bootstrap each resample gives
new parts, and the composite is made of these; so is it in an interval, for each document that is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ocr_project.bench.metrics.catalog import metric_of
from ocr_project.bench.testsets import find_test_set
from ocr_project.bench.testsets.composite import CompositePart
from ocr_project.engine.metrics.intervals import Blend

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Members:
    """Which items are in a slice; `all` of `all` is the whole set."""

    slice: str
    value: str
    mask: Mask


@dataclass(frozen=True, slots=True)
class Statistic:
    """A number of a set: a metric, or a composite, over a slice.

    Attributes:
        metric: Its name.
        members: The slice.
        blend: Of the rates of the columns.
    """

    metric: str
    members: Members
    blend: Blend

    @property
    def loss(self) -> Blend:
        """Return what is lost: the number where lower is better, one minus it where higher is."""
        if not metric_of(self.metric).higher_is_better:
            return self.blend
        return Blend(self.blend.columns, tuple(-weight for weight in self.blend.weights), 1.0 - self.blend.offset)


@dataclass(frozen=True, slots=True)
class RatePlan:
    """The numbers of a set and the rates that they are made of.

    Attributes:
        statistics: Composites first.
        metric: Shape (k,): of each rate, its place among the metrics.
        masks: Shape (items, k): the items that it is over.
    """

    statistics: list[Statistic]
    metric: NDArray[np.intp]
    masks: Mask

    def spread(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Lay values of shape (items, metrics) out for the rates: shape (items, k), 0 where an item is not in it."""
        return np.where(self.masks, values[:, self.metric], 0.0)


def plan_rates(test_set: str, metrics: Sequence[str], held: Mask, slices: Sequence[Members]) -> RatePlan:
    """Find the numbers of a set: each of its metrics and composites over each slice.

    Args:
        test_set: Its name.
        metrics: Of its scores.
        held: Shape (items, metrics): which scores there are; a rate of none of them is left out of a composite.
        slices: The whole set first.
    """
    columns = [(place, members.mask) for place in range(len(metrics)) for members in slices]
    statistics = [
        Statistic(metric, members, Blend((place * len(slices) + number,)))
        for place, metric in enumerate(metrics)
        for number, members in enumerate(slices)
    ]
    made: list[Statistic] = []
    for composite in find_test_set(test_set).composites:
        for members in slices:
            parts = [list(_rates(part, metrics, held, members, slices)) for part in composite.parts]
            if all(parts):
                names = [[metrics[place] for place, _ in part] for part in parts]
                made.append(Statistic(composite.metric, members, _mean(names, len(columns))))
                columns += [rate for part in parts for rate in part]
    masks = np.stack([mask for _, mask in columns], axis=1) if columns else np.zeros((len(held), 0), np.bool_)
    return RatePlan([*made, *statistics], np.array([place for place, _ in columns], np.intp), masks)


def composites_of_items(values: pd.DataFrame) -> pd.DataFrame:
    """Give each item a value of its set's composites, to tell good items from bad: the mean of the parts that it has.

    Args:
        values: Columns test_set, item_id, metric, value (NaN where it could not be scored), loss, reason.

    Returns:
        The same columns; no rows where no set has a composite. The mean of these is not the composite.
    """
    found = [pd.DataFrame(columns=values.columns)]
    for test_set, rows in values.groupby("test_set", sort=False):
        for composite in find_test_set(str(test_set)).composites:
            patterns = [part.metric for part in composite.parts]
            names = {name for name in set(rows["metric"]) if any(fnmatchcase(name, pattern) for pattern in patterns)}
            mine = rows[rows["metric"].isin(names)]
            items = mine.groupby("item_id", sort=False, as_index=False).agg({"loss": "mean", "reason": "first"})
            found.append(items.assign(test_set=test_set, metric=composite.metric, value=1.0 - items["loss"]))
    return pd.concat([frame for frame in found if len(frame)] or found, ignore_index=True)[list(values.columns)]


def _rates(
    part: CompositePart, metrics: Sequence[str], held: Mask, members: Members, slices: Sequence[Members]
) -> Iterator[tuple[int, Mask]]:
    """Yield place of the metric and items of each rate of a part, within a slice."""
    if part.slice:
        wanted = [one for one in slices if one.slice == part.slice and part.value in ("", one.value)]
        masks = [members.mask & one.mask for one in wanted]
    else:
        masks = [members.mask]
    for place, metric in enumerate(metrics):
        if fnmatchcase(metric, part.metric):
            yield from ((place, mask) for mask in masks if (held[:, place] & mask).any())


def _mean(parts: Sequence[Sequence[str]], first: int) -> Blend:
    """Return the mean over parts of the mean of how good their rates are, which stand in a row of columns."""
    weights = [
        (1.0 if metric_of(metric).higher_is_better else -1.0) / (len(part) * len(parts))
        for part in parts
        for metric in part
    ]
    columns = tuple(range(first, first + len(weights)))
    return Blend(columns, tuple(weights), -sum(weight for weight in weights if weight < 0))
