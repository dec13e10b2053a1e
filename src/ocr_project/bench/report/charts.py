"""The plots of test sets: values of several runs with their intervals on one axis, times, and items as dots.

Each value has a text in `data-tip`, which the page's script shows under a pointer or finger, and a class for its run
(`run0` to `run4`), by which the style sheet colours it and the script hides it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ocr_project.bench.report.model import Scatter
from ocr_project.engine.reporting.markup import NOTHING, element
from ocr_project.engine.reporting.svg import Axis, line, plot, round_scale, text

_WIDTH = 440  # also about the width of a phone: text keeps its size there
_LEFT, _RIGHT = 6, 434
_PITCH = 17  # between the values of two runs
_LABEL, _GAP = 19, 5  # above and below the values of a row
_TIMES = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000)

_SIDE = 300  # of a scatter plot
_AREA = Axis(0.0, 1.0, 44, _SIDE - 16), Axis(0.0, 1.0, _SIDE - 40, 20)  # its x and y
_MOST_DOTS = 2_000
_LONGEST_LABEL = 36  # characters


@dataclass(frozen=True, slots=True)
class PlottedValue:
    """A value of one run with its two ends; `tip` is shown when a person points at it."""

    run: int
    value: float
    low: float
    high: float
    tip: str


@dataclass(frozen=True, slots=True)
class PlotRow:
    """A label with a note on its right, and the values below, one line per run."""

    label: str
    note: str
    values: Sequence[PlottedValue]


def interval_plot(rows: Sequence[PlotRow], name: str, *, around_zero: bool = False) -> Markup:
    """Draw values as dots on their intervals; nothing where no value is known.

    Args:
        rows: From the top.
        name: For people who do not see it.
        around_zero: The values are differences: the axis has zero in it, drawn as a line.
    """
    known = [value for row in rows for value in row.values if math.isfinite(value.value)]
    if not known:
        return NOTHING
    ends = [x for value in known for x in (value.value, value.low, value.high) if math.isfinite(x)]
    low, high, step = round_scale([*ends, 0.0]) if around_zero else round_scale(ends, floor=0.0)
    across = Axis(low, high, _LEFT, _RIGHT)

    def draw(value: PlottedValue, y: float) -> Iterator[Markup]:
        if math.isfinite(value.low) and math.isfinite(value.high):
            yield line(across.at(value.low), y, across.at(value.high), y, "whisker")
        yield element("circle", class_="point", cx=across.at(value.value), cy=y, r=4.5)

    drawn, height = _draw_rows(rows, draw, lambda value: math.isfinite(value.value))
    ticks = _percent_ticks(across, step, height, around_zero=around_zero)
    return plot([*ticks, *drawn], name, _WIDTH, height + 20)


def time_plot(rows: Sequence[PlotRow], name: str) -> Markup:
    """Draw times on a logarithmic axis; nothing where there are none.

    Args:
        rows: `value` is the median, `low` and `high` the 95th and 99th percentile, in seconds.
        name: For people who do not see it.
    """
    known = [value for row in rows for value in row.values if value.value > 0 and math.isfinite(value.high)]
    if not known:
        return NOTHING
    low = max((tick for tick in _TIMES if tick <= min(value.value for value in known)), default=_TIMES[0])
    high = min((tick for tick in _TIMES if tick >= max(value.high for value in known)), default=_TIMES[-1])
    across = Axis(math.log10(low), math.log10(max(high, 3 * low)), _LEFT, _RIGHT)

    def draw(value: PlottedValue, y: float) -> Iterator[Markup]:
        p50, p95, p99 = (across.at(math.log10(max(x, 1e-9))) for x in (value.value, value.low, value.high))
        yield line(p95, y, p99, y, "thin")
        yield line(p50, y, p95, y, "whisker")
        yield element("circle", class_="point", cx=p50, cy=y, r=4.5)

    drawn, height = _draw_rows(rows, draw, lambda value: value.value > 0)
    shown = [tick for tick in _TIMES if across.low - 1e-9 <= math.log10(tick) <= across.high + 1e-9]
    ticks = [part for tick in shown for part in _tick(across.at(math.log10(tick)), height, f"{tick:g} s", "grid")]
    return plot([*ticks, *drawn], name, _WIDTH, height + 20)


def scatter_plot(scatter: Scatter, shown: frozenset[str]) -> Markup:
    """Draw each item as a dot by its two values; on the diagonal both are the same.

    Args:
        scatter: At most 2,000 of its points are drawn: those furthest from the diagonal.
        shown: Items that have a card to go to.
    """
    across, up = _AREA
    up_label = text(0, 0, f"{_shortened(scatter.y_label)}, %", "middle")
    parts = [
        element(
            "rect", class_="frame", x=across.start, y=up.end, width=across.end - across.start, height=up.start - 20
        ),
        line(across.start, up.start, across.end, up.end, "grid"),
        *(text(across.at(tick), up.start + 15, f"{tick * 100:.0f}", "middle") for tick in (0, 0.5, 1)),
        *(text(across.start - 6, up.at(tick) + 4, f"{tick * 100:.0f}", "end") for tick in (0, 0.5, 1)),
        text(across.at(0.5), _SIDE - 6, f"{_shortened(scatter.x_label)}, %", "middle"),
        element("g", up_label, transform=f"translate(12 {up.at(0.5):.0f}) rotate(-90)"),
    ]
    for point in sorted(scatter.points, key=lambda point: abs(point.x - point.y))[-_MOST_DOTS:]:
        tip = f"{point.item}: {point.x * 100:.1f} → {point.y * 100:.1f}"
        place = {"cx": across.at(point.x), "cy": up.at(point.y), "data_tip": tip}
        if point.item in shown:
            link = {"data_item": point.item, "tabindex": 0, "role": "link"}
            parts.append(element("circle", class_="dot linked", r=4, **place, **link))
        else:
            parts.append(element("circle", class_="dot", r=2.6, **place))
    return plot(parts, f"{scatter.caption}: {len(scatter.points)} items", _SIDE, _SIDE)


def _shortened(label: str) -> str:
    """Cut the label of an axis to what fits beside it."""
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1] + "…"


def _draw_rows(
    rows: Sequence[PlotRow],
    draw: Callable[[PlottedValue, float], Iterator[Markup]],
    is_drawn: Callable[[PlottedValue], bool],
) -> tuple[list[Markup], float]:
    """Draw rows below each other, without those that have no value; return them and how high they are together."""
    parts: list[Markup] = []
    top = 4.0
    for row in rows:
        values = [value for value in row.values if is_drawn(value)]
        if not values:
            continue
        parts += [text(0, top + 12, row.label, "start", "name"), text(_WIDTH, top + 12, row.note, "end")]
        top += _LABEL
        for value in values:
            reach = element("rect", class_="reach", x=0, y=top, width=_WIDTH, height=_PITCH)
            mark = {"class_": f"mark run{value.run}", "tabindex": 0, "data_tip": value.tip}
            parts.append(element("g", reach, *draw(value, top + _PITCH / 2), **mark))
            top += _PITCH
        top += _GAP
    return parts, top


def _percent_ticks(axis: Axis, step: float, height: float, *, around_zero: bool) -> Iterator[Markup]:
    digits = max(0, math.ceil(-math.log10(step * 100) - 1e-9))
    for place in range(round((axis.high - axis.low) / step) + 1):
        tick = axis.low + place * step
        zero = around_zero and abs(tick) < step / 2
        sign = "+" if around_zero and not zero and tick > 0 else ""
        number = f"{sign}{0.0 if zero else tick * 100:.{digits}f}"
        yield from _tick(axis.at(tick), height, number, "zero" if zero else "grid")


def _tick(x: float, height: float, number: str, kind: str) -> tuple[Markup, Markup]:
    """Draw a line up from the axis with its number below, which stays within the plot."""
    anchor = "start" if x < 12 else "end" if x > _WIDTH - 12 else "middle"
    return line(x, 2, x, height, kind), text(x, height + 14, number, anchor)
