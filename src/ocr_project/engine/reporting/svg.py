"""Elements of plots, and the scales that place them.

Plots are inline SVG: the style sheet colours them, so that dark mode and print need nothing more, and no script and no
library draws axes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ocr_project.engine.reporting.markup import element, join

_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


def plot(parts: Iterable[Markup], name: str, width: float, height: float) -> Markup:
    """Return a plot that takes the width it is given; `name` is for people who do not see it."""
    box = f"0 0 {width:.0f} {height:.0f}"
    return element("svg", join(parts), class_="plot", viewBox=box, role="img", aria_label=name)


def text(x: float, y: float, content: str, anchor: str, kind: str = "tick") -> Markup:
    """Return a text; `anchor` is `start`, `middle` or `end`, `kind` a class of the style sheet."""
    return element("text", content, class_=kind, x=float(x), y=float(y), text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    """Return a straight line; `kind` is a class of the style sheet."""
    return element("line", class_=kind, x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2))


@dataclass(frozen=True, slots=True)
class Axis:
    """Places values from `low` to `high` between two pixels; what lies outside is placed on the edge."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return the pixel of a value."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + (self.end - self.start) * share


def round_scale(values: Sequence[float], *, floor: float = -math.inf) -> tuple[float, float, float]:
    """Choose both ends of an axis and the distance of its ticks: round numbers, at most six ticks.

    Args:
        values: All that is to be placed; at least one.
        floor: The low end is at most this.
    """
    low, high = min(values), max(values)
    span = max(high - low, 0.002)
    step = next((step for step in _STEPS if span / step <= 5), 10 ** math.ceil(math.log10(span / 5)))
    low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    low = max(low, floor)
    return low, max(high, low + step), step
