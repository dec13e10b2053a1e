"""Numbers of a test set that are means of means, and hence of no item: OmniDocBench's Overall and its like.

A composite is how good its parts are on average: the rate of a part where higher is better, one minus it where lower
is. A part is the rate of a metric over the items of a slice, so that a set's official mean over its categories is one
as well. How they are computed, with intervals, is in `bench/results/composites.py`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CompositePart:
    """Rates that a composite is the mean of; it must find at least one, or there is no composite.

    Attributes:
        metric: As in `Score.metric`; a pattern (`pass_rate/*`) stands for all that the set has.
        slice: Name of a slice (`category`); empty: over all items.
        value: Of the slice; empty: each value of it that the set has is a rate of its own.
    """

    metric: str
    slice: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Composite:
    """A mean of means.

    Attributes:
        metric: What it is called; its name without the normalization is listed in the catalog.
        parts: Each counts the same, and so does each rate of a part.
    """

    metric: str
    parts: tuple[CompositePart, ...]
