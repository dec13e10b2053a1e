"""The plots of a matrix: runs as dots between CER and a cost with the front drawn, and curves; without a script."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from markupsafe import Markup

from ocr_project.bench.report.matrix_model import Curve, RunLine
from ocr_project.engine.reporting.markup import NOTHING, element
from ocr_project.engine.reporting.svg import Axis, line, plot, text

_WIDTH, _HEIGHT = 440, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 424, 14, 248
_COLOURS = 5  # of the style sheet
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def front_plot(runs: Sequence[RunLine], cost: str, labels: tuple[str, str], name: str) -> Markup:
    """Draw runs by a cost (x) and CER (y); the line joins those that are best of all by these two.

    Args:
        runs: Those that lack one of the two are left out.
        cost: Name of the cost.
        labels: Of the x axis and of the y axis.
        name: For people who do not see it.

    Returns:
        Nothing where no run has both.
    """
    dots = [(run, run.measured(cost), run.rates["cer"].rate) for run in runs if "cer" in run.rates]
    dots = [(run, x, y) for run, x, y in dots if math.isfinite(x) and math.isfinite(y)]
    if not dots:
        return NOTHING
    across = _scale([x for _, x, _ in dots], _LEFT, _RIGHT)
    ends = [_end(y, run.rates["cer"].high, percent=True) for run, _, y in dots]
    up = _scale(ends, _BOTTOM, _TOP)
    parts = [*_frame(across, up, labels, percent=True), *_front_line(dots, across, up)]
    for run, x, y in sorted(dots, key=lambda dot: -dot[0].number):
        place = {"cx": across.at(x), "cy": up.at(y)}
        ends_of = run.rates["cer"]
        whisker = (
            (line(place["cx"], up.at(ends_of.low), place["cx"], up.at(ends_of.high), "ends"),)
            if math.isfinite(ends_of.low)
            else ()
        )
        said = element("title", f"{run.number}. {run.name}: {y * 100:.1f} %, {x:.3g}")
        dot = element("circle", class_=f"run-dot {run.place}", r=9.5, **place)
        number = text(place["cx"], place["cy"] + 4, str(run.number), "middle", f"run-number {run.place}")
        parts.append(element("g", said, *whisker, dot, number))
    return plot(parts, name, _WIDTH, _HEIGHT)


def curve_plot(
    curves: Sequence[Curve], labels: tuple[str, str], name: str, *, percent: bool = False, log: bool = False
) -> Markup:
    """Draw curves with the intervals of their points; a marked point has a ring.

    Args:
        curves: The first five have a colour of their own, each has a number at its right end.
        labels: Of the x axis and of the y axis.
        name: For people who do not see it.
        percent: Whether y is a fraction, to be shown in percent.
        log: Whether x is on a logarithmic axis, with a tick at each of its values.
    """
    known = [point for curve in curves for point in curve.points if math.isfinite(point.y)]
    if not known:
        return NOTHING
    ends = [_end(point.y, point.high, percent=percent) for point in known]
    up = _scale(ends, _BOTTOM, _TOP)
    values = sorted({point.x for point in known})
    across = _log_axis(values) if log else _scale(values, _LEFT, _RIGHT - 18)
    ticks = values if log else None
    parts = list(_frame(across, up, labels, percent=percent, log_ticks=ticks))
    for place, curve in enumerate(curves):
        parts.append(element("g", *_curve(curve, place, across, up, log=log), class_=f"run{place % _COLOURS}"))
    return plot(parts, name, _WIDTH, _HEIGHT)


def _curve(curve: Curve, place: int, across: Axis, up: Axis, *, log: bool) -> Iterator[Markup]:
    points = sorted((point for point in curve.points if math.isfinite(point.y)), key=lambda point: point.x)
    if not points:
        return
    at = [(across.at(math.log10(point.x) if log else point.x), up.at(point.y)) for point in points]
    yield element("title", curve.name)
    yield element("polyline", class_="curve", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in at))
    for point, (x, y) in zip(points, at, strict=True):
        if math.isfinite(point.low):
            yield line(x, up.at(point.low), x, up.at(point.high), "ends")
        if point.marked:
            yield element("circle", class_="chosen-ring", cx=x, cy=y, r=8.5)
        yield element("circle", element("title", f"{curve.name}: {point.x:,.6g}, {point.y:.4g}"), class_="point", cx=x,
                      cy=y, r=4.0)  # fmt: skip
    yield text(at[-1][0] + 8, at[-1][1] + 4, str(place + 1), "start", "curve-number")


def _end(y: float, high: float, *, percent: bool) -> float:
    """Return how high an axis has to be for a value; an interval beyond 100 % does not press all others flat.

    CER has no upper limit, so the intervals of a few documents have none.
    """
    if not math.isfinite(high):
        return y
    return max(y, min(high, 1.0)) if percent else max(y, high)


def _front_line(dots: Sequence[tuple[RunLine, float, float]], across: Axis, up: Axis) -> Iterator[Markup]:
    """Yield the steps between the dots that no other one beats in these two: left and below of it is nothing."""
    best: list[tuple[float, float]] = []
    for _, x, y in sorted(dots, key=lambda dot: (dot[1], dot[2])):
        if not best or y < best[-1][1]:
            best.append((x, y))
    path = [(best[0][0], max(up.low, up.high))]
    for x, y in best:
        path += [(x, path[-1][1]), (x, y)]
    path.append((max(across.low, across.high), path[-1][1]))
    yield element("polyline", class_="front", points=" ".join(f"{across.at(x):.1f},{up.at(y):.1f}" for x, y in path))


def _frame(
    across: Axis, up: Axis, labels: tuple[str, str], *, percent: bool, log_ticks: Sequence[float] | None = None
) -> Iterator[Markup]:
    """Yield the grid with its numbers and the names of both axes."""
    for tick in _ticks(up):
        yield line(_LEFT, up.at(tick), _RIGHT, up.at(tick), "grid")
        yield text(_LEFT - 7, up.at(tick) + 4, _number(tick * 100 if percent else tick), "end")
    last = -math.inf
    for tick in log_ticks if log_ticks is not None else _ticks(across):
        x = across.at(math.log10(tick) if log_ticks is not None else tick)
        yield line(x, _BOTTOM, x, _BOTTOM + 4, "axis")
        if x - last > 46 or log_ticks is None:
            yield text(x, _BOTTOM + 18, _number(tick), "middle")
            last = x
    yield line(_LEFT, _BOTTOM, _RIGHT, _BOTTOM, "axis")
    yield text((_LEFT + _RIGHT) / 2, _HEIGHT - 10, labels[0], "middle", "name")
    middle = (_TOP + _BOTTOM) / 2
    yield element("g", text(0, 0, labels[1], "middle", "name"), transform=f"translate(14 {middle:.0f}) rotate(-90)")


def _scale(values: Sequence[float], start: float, end: float) -> Axis:
    """Return an axis from zero to a round number above all values."""
    top = max([*values, 1e-9])
    magnitude = 10.0 ** math.floor(math.log10(top))
    high = next(step * magnitude for step in _STEPS if step * magnitude >= top * 1.02 or step == _STEPS[-1])
    return Axis(0.0, high, start, end)


def _log_axis(values: Sequence[float]) -> Axis:
    low, high = math.log10(min(values)), math.log10(max(values))
    room = max(0.08, (high - low) * 0.06)
    return Axis(low - room, high + room, _LEFT, _RIGHT - 18)


def _ticks(axis: Axis) -> list[float]:
    step = axis.high / (4 if axis.high / 10 ** math.floor(math.log10(axis.high)) in (2.0,) else 5)
    return [step * place for place in range(round(axis.high / step) + 1)]


def _number(value: float) -> str:
    """Write a number of an axis: 0.25, 40, 250k, 1.5M."""
    if value >= 1e6:
        return f"{value / 1e6:.3g}M"
    return f"{value / 1e3:.3g}k" if value >= 1e4 else f"{value:.3g}"
