"""Plots of test sets as inline SVG: intervals of several runs on one axis, times, and clouds of items.

Each mark carries its words in `data-tip`, which the page's script shows under a pointer or finger, and a class for
its run (`run0` to `run4`), by which the style sheet colours it and the script hides it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ocr_project.bench.report.model import Cloud, Point
from ocr_project.engine.reporting.markup import escape

_WIDTH = 440  # also about the width of a phone: text keeps its size there
_LINE = 17  # between the marks of two runs
_HEAD = 19  # of the label above a row
_LEFT, _RIGHT = 6, 434
_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_SIDE = 300  # of a cloud
_MOST_DOTS = 2_000
_TIMES = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000)


@dataclass(frozen=True, slots=True)
class Mark:
    """A dot on its whisker, of one run; `tip` is what is said of it."""

    run: int
    value: float
    low: float
    high: float
    tip: str


@dataclass(frozen=True, slots=True)
class PlotRow:
    """A label with a note at its right, and the marks below."""

    label: str
    note: str
    marks: Sequence[Mark]


def interval_plot(rows: Sequence[PlotRow], name: str, *, around_zero: bool = False) -> str:
    """Draw values with their intervals, a row for each thing, a line for each run.

    Args:
        rows: From the top.
        name: For those who do not see it.
        around_zero: Differences: the axis has zero in it, drawn as a line.

    Returns:
        An empty string where no mark has a value.
    """
    marks = [mark for row in rows for mark in row.marks if math.isfinite(mark.value)]
    if not marks:
        return ""
    ends = [x for mark in marks for x in (mark.value, mark.low, mark.high) if math.isfinite(x)]
    low, high, step = _scale([*ends, 0.0] if around_zero else ends, bounded=not around_zero)
    across = _Axis(low, high)
    parts: list[str] = []
    y = 4.0
    for row in rows:
        held = [mark for mark in row.marks if math.isfinite(mark.value)]
        if not held:
            continue
        parts.append(_text(0, y + 12, row.label, "start", "name") + _text(_WIDTH, y + 12, row.note, "end", "tick"))
        y += _HEAD
        for mark in held:
            parts.append(_mark(mark, across, y + _LINE / 2))
            y += _LINE
        y += 5
    return _svg(_ticks(across, step, y, around_zero) + "".join(parts), name, _WIDTH, y + 20)


def time_plot(rows: Sequence[PlotRow], name: str) -> str:
    """Draw times on a logarithmic axis: `value` is the median, `low` and `high` the 95th and 99th percentile."""
    marks = [mark for row in rows for mark in row.marks if mark.value > 0 and math.isfinite(mark.high)]
    if not marks:
        return ""
    low = max((tick for tick in _TIMES if tick <= min(mark.value for mark in marks)), default=_TIMES[0])
    high = min((tick for tick in _TIMES if tick >= max(mark.high for mark in marks)), default=_TIMES[-1])
    across = _Axis(math.log10(low), math.log10(max(high, 3 * low)))
    parts: list[str] = []
    y = 4.0
    for row in rows:
        held = [mark for mark in row.marks if mark.value > 0]
        if not held:
            continue
        parts.append(_text(0, y + 12, row.label, "start", "name") + _text(_WIDTH, y + 12, row.note, "end", "tick"))
        y += _HEAD
        for mark in held:
            parts.append(_time(mark, across, y + _LINE / 2))
            y += _LINE
        y += 5
    shown = (tick for tick in _TIMES if across.low - 1e-9 <= math.log10(tick) <= across.high + 1e-9)
    grid = [_tick(across.at(math.log10(tick)), y, f"{tick:g} s", "grid") for tick in shown]
    return _svg("".join(grid + parts), name, _WIDTH, y + 20)


def cloud_plot(cloud: Cloud, shown: frozenset[str]) -> str:
    """Draw each item as a dot by its two values; what is on the diagonal is the same in both.

    Args:
        cloud: At most 2,000 dots of it are drawn: those furthest from the diagonal.
        shown: Items that have a card to go to.
    """
    points = sorted(cloud.points, key=lambda point: abs(point.x - point.y))[-_MOST_DOTS:]
    room, left, bottom = _SIDE - 60, 44, _SIDE - 40
    parts = [
        f'<rect class="frame" x="{left}" y="{bottom - room}" width="{room}" height="{room}"/>',
        f'<line class="grid" x1="{left}" y1="{bottom}" x2="{left + room}" y2="{bottom - room}"/>',
        *(_text(left + room * tick, bottom + 15, f"{tick * 100:.0f}", "middle") for tick in (0, 0.5, 1)),
        *(_text(left - 6, bottom - room * tick + 4, f"{tick * 100:.0f}", "end") for tick in (0, 0.5, 1)),
        _text(left + room / 2, _SIDE - 6, f"{cloud.across}, %", "middle"),
        f'<g transform="translate(12 {bottom - room / 2}) rotate(-90)">{_text(0, 0, f"{cloud.up}, %", "middle")}</g>',
    ]
    parts += [_dot(point, left, bottom, room, point.item in shown) for point in points]
    return _svg("".join(parts), f"{cloud.caption}: {len(cloud.points)} items", _SIDE, _SIDE)


def _dot(point: Point, left: float, bottom: float, room: float, shown: bool) -> str:
    x, y = (min(1.0, max(0.0, value)) for value in (point.x, point.y))
    tip = f"{point.item}: {point.x * 100:.1f} → {point.y * 100:.1f}"
    place = f'cx="{left + room * x:.1f}" cy="{bottom - room * y:.1f}" data-tip="{escape(tip)}"'
    if not shown:
        return f'<circle class="dot" {place} r="2.6"/>'
    return f'<circle class="dot linked" {place} r="4" data-item="{escape(point.item)}" tabindex="0" role="link"/>'


class _Axis:
    """From values to pixels."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def at(self, value: float) -> float:
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return _LEFT + (_RIGHT - _LEFT) * share


def _scale(values: Sequence[float], *, bounded: bool) -> tuple[float, float, float]:
    """Return both ends of an axis and the distance of its ticks: round numbers, at most six ticks."""
    low, high = min(values), max(values)
    span = max(high - low, 0.002)
    step = next((step for step in _STEPS if span / step <= 5), 10 ** math.ceil(math.log10(span / 5)))
    low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    if bounded and low < 0.0:
        low = 0.0
    return low, max(high, low + step), step


def _ticks(axis: _Axis, step: float, height: float, around_zero: bool) -> str:
    digits = max(0, math.ceil(-math.log10(step * 100) - 1e-9))
    parts = []
    for place in range(round((axis.high - axis.low) / step) + 1):
        tick = axis.low + place * step
        x = axis.at(tick)
        zero = around_zero and abs(tick) < step / 2
        sign = "+" if around_zero and not zero and tick > 0 else ""
        text = f"{sign}{0.0 if zero else tick * 100:.{digits}f}"
        parts.append(_tick(x, height, text, "zero" if zero else "grid"))
    return "".join(parts)


def _tick(x: float, height: float, text: str, kind: str) -> str:
    """Draw a line up from the axis with its number below, which stays within the plot."""
    anchor = "start" if x < 12 else "end" if x > _WIDTH - 12 else "middle"
    return _rule(x, 2, height, kind) + _text(x, height + 14, text, anchor)


def _mark(mark: Mark, axis: _Axis, y: float) -> str:
    whisker = ""
    if math.isfinite(mark.low) and math.isfinite(mark.high):
        low, high = axis.at(mark.low), axis.at(mark.high)
        whisker = f'<line class="whisker" x1="{low:.1f}" y1="{y:.1f}" x2="{high:.1f}" y2="{y:.1f}"/>'
    return (
        f'<g class="mark run{mark.run}" tabindex="0" data-tip="{escape(mark.tip)}">'
        f'<rect class="reach" x="0" y="{y - _LINE / 2:.1f}" width="{_WIDTH}" height="{_LINE}"/>'
        f'{whisker}<circle class="point" cx="{axis.at(mark.value):.1f}" cy="{y:.1f}" r="4.5"/></g>'
    )


def _time(mark: Mark, axis: _Axis, y: float) -> str:
    p50, p95, p99 = (axis.at(math.log10(max(value, 1e-9))) for value in (mark.value, mark.low, mark.high))
    return (
        f'<g class="mark run{mark.run}" tabindex="0" data-tip="{escape(mark.tip)}">'
        f'<rect class="reach" x="0" y="{y - _LINE / 2:.1f}" width="{_WIDTH}" height="{_LINE}"/>'
        f'<line class="thin" x1="{p95:.1f}" y1="{y:.1f}" x2="{p99:.1f}" y2="{y:.1f}"/>'
        f'<line class="whisker" x1="{p50:.1f}" y1="{y:.1f}" x2="{p95:.1f}" y2="{y:.1f}"/>'
        f'<circle class="point" cx="{p50:.1f}" cy="{y:.1f}" r="4.5"/></g>'
    )


def _rule(x: float, top: float, bottom: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x:.1f}" y1="{top:.1f}" x2="{x:.1f}" y2="{bottom:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str, kind: str = "tick") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(body: str, name: str, width: float, height: float) -> str:
    return (
        f'<svg class="plot" viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{escape(name)}">{body}</svg>'
    )
