"""The plots of a run's report, each a function from data to SVG; empty where there is nothing to draw."""

from __future__ import annotations

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from markupsafe import Markup

from ocr_project.engine.reporting.markup import NOTHING, count, duration, element, join, speed
from ocr_project.engine.reporting.model import PagePoint, Rate, StageRow
from ocr_project.engine.reporting.svg import Axis, line, plot, text

_WIDTH, _HEIGHT = 440, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 428, 22, 206  # edges of the area of a plot with axes

# Page error rates crowd near zero and trail off over two decades: classes, not equal bins.
_CLASSES = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, math.inf)
_CLASS_NAMES = ("<0.5", "0.5–1", "1–2", "2–5", "5–10", "10–20", "20–50", "≥50")

_COLUMNS, _ROWS = 36, 18  # cells of the scatter plot: bounds its size whatever the number of pages
_TICKS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0)


def cer_histogram(points: Sequence[PagePoint]) -> Markup:
    """Draw how many pages have which error rate."""
    rates = (point.cer_no_space for point in points if point.cer_no_space is not None)
    tally = Counter(sum(rate >= edge for edge in _CLASSES[1:-1]) for rate in rates)
    if not tally:
        return NOTHING
    heights = Axis(0, max(tally.values()), 0, _BOTTOM - _TOP)
    step = (_RIGHT - _LEFT) / len(_CLASS_NAMES)
    parts = [line(_LEFT, _BOTTOM, _RIGHT, _BOTTOM, "axis")]
    for place, name in enumerate(_CLASS_NAMES):
        x, height = _LEFT + place * step, heights.at(tally[place])
        middle = x + step / 2
        if pages := tally[place]:
            title = element("title", f"{count(pages)} pages with CER {name} %")
            bar = {"x": x + 3, "y": _BOTTOM - height, "width": step - 6, "height": height, "rx": 2}
            parts.append(element("rect", title, class_="bar", **bar))
            parts.append(text(middle, _BOTTOM - height - 5, count(pages), "middle", "value"))
        parts.append(text(middle, _BOTTOM + 16, name, "middle"))
    parts.append(text((_LEFT + _RIGHT) / 2, _HEIGHT - 6, "CER without spaces, % of a page", "middle"))
    return plot(parts, f"Number of pages by error rate, {count(tally.total())} pages", _WIDTH, _HEIGHT)


def stage_bars(stages: Sequence[StageRow]) -> Markup:
    """Draw the wall clock of each stage as a bar with its speed."""
    longest = max((row.seconds for row in stages), default=0.0)
    if longest <= 0:
        return NOTHING
    pitch, right = 40, _WIDTH - 4
    lengths = Axis(0, longest, 0, right)
    parts = []
    for place, row in enumerate(stages):
        y = place * pitch + 18
        fact = f"{duration(row.seconds)} · {row.share:.0%}"
        if row.pages_per_second > 0:
            fact += f" · {speed(row.pages_per_second)} pages/s"
        parts += [text(0, y, row.stage, "start", "name"), text(right, y, fact, "end", "value")]
        for kind, width in (("track", right), ("bar", max(1.5, lengths.at(row.seconds)))):
            parts.append(element("rect", class_=kind, x=0, y=y + 7, width=width, height=9, rx=2))
    return plot(parts, "Wall clock by stage", _WIDTH, max(_HEIGHT, pitch * len(stages) + 12))


def confidence_plot(points: Sequence[PagePoint]) -> Markup:
    """Draw the expected share of right characters against the error rate; pages that fall together are one larger dot.

    The error axis is a square root, since most pages lie near zero; rates above 100 % lie on its upper edge.
    """
    sure, rates = array("d"), array("d")
    for point in points:
        if point.confidence is not None and point.cer_no_space is not None:
            sure.append(point.confidence)
            rates.append(point.cer_no_space)
    if not rates:
        return NOTHING
    left, worst = min(0.9, math.floor(min(sure) * 10 + 1e-9) / 10), max(rates)
    top = next((tick for tick in _TICKS[2:] if tick >= worst), 1.0)
    across, up = Axis(left, 1.0, _LEFT, _RIGHT), Axis(0.0, math.sqrt(top), _BOTTOM, _TOP)
    cells: defaultdict[tuple[int, int], tuple[array[float], array[float]]] = defaultdict(
        lambda: (array("d"), array("d"))
    )
    for confidence, rate in zip(sure, rates, strict=True):
        x, y = across.at(confidence), up.at(math.sqrt(max(rate, 0.0)))
        column, row = _COLUMNS * (x - _LEFT) / (_RIGHT - _LEFT), _ROWS * (_BOTTOM - y) / (_BOTTOM - _TOP)
        for side, value in zip(cells[int(column), int(row)], (x, y), strict=True):
            side.append(value)
    parts = list(_confidence_axes(across, up, top))
    most = max(len(dots) for dots, _ in cells.values())
    for _, dots in sorted(cells.items()):
        pages = len(dots[0])
        radius = 3.0 if most == 1 else 2.5 + 5.5 * math.sqrt((pages - 1) / (most - 1))
        x, y = (sum(side) / pages for side in dots)
        title = element("title", f"{count(pages)} page{'s' if pages > 1 else ''}")
        parts.append(element("circle", title, class_="dot", cx=x, cy=y, r=radius))
    return plot(parts, f"Error rate against confidence, {count(len(rates))} pages", _WIDTH, _HEIGHT)


def _confidence_axes(across: Axis, up: Axis, top: float) -> Iterator[Markup]:
    for rate in (tick for tick in _TICKS if tick == 0 or top / 100 <= tick <= top):
        y = up.at(math.sqrt(rate))
        yield line(_LEFT, y, _RIGHT, y, "axis" if rate == 0 else "grid")
        yield text(_LEFT - 6, y + 4, f"{rate * 100:.0f}", "end")
    steps = round((1 - across.low) * 10)
    for step in range(0, steps + 1, 1 if steps <= 5 else 2):
        confidence = across.low + step / 10
        yield text(across.at(confidence), _BOTTOM + 16, f"{confidence:.1f}", "middle")
    yield text(0, 12, "CER without spaces, %", "start")
    yield text((_LEFT + _RIGHT) / 2, _HEIGHT - 6, "expected share of right characters of a page", "middle")


def forest(rate: Rate, scale: float) -> Markup:
    """Draw a rate as a dot on its interval, on an axis from 0 to `scale` that a whole column of a table shares."""
    if not math.isfinite(rate.value) or scale <= 0:
        return NOTHING
    across = Axis(0.0, scale, 4, 116)
    parts = [line(4, 8, 116, 8, "axis")]
    if rate.has_interval:
        parts.append(line(across.at(rate.low), 8, across.at(rate.high), 8, "whisker"))
    parts.append(element("circle", class_="point", cx=across.at(rate.value), cy=8, r=3.5))
    size = {"viewBox": "0 0 120 16", "width": 120, "height": 16}
    return element("svg", join(parts), class_="forest", **size, aria_hidden="true")
