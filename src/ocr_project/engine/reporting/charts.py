"""Plots as inline SVG: coloured by the style sheet (dark mode and print come for free), no script, no axis library."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from ocr_project.engine.reporting.markup import count, duration, escape, speed
from ocr_project.engine.reporting.model import PagePoint, Rate, StageRow

_WIDTH, _HEIGHT = 440, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 22, 44

# Page error rates crowd near zero and trail off over two decades: classes, not equal bins.
_CLASSES = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, math.inf)
_CLASS_NAMES = ("<0.5", "0.5–1", "1–2", "2–5", "5–10", "10–20", "20–50", "≥50")

_COLUMNS, _ROWS = 36, 18  # cells of the scatter plot: bounds its size whatever the number of pages
_TICKS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0)


def cer_histogram(points: Sequence[PagePoint]) -> str:
    """Draw how many pages have which error rate; an empty string where no page was scored."""
    rates = [point.cer_no_space for point in points if point.cer_no_space is not None]
    if not rates:
        return ""
    tally = Counter(sum(rate >= edge for edge in _CLASSES[1:-1]) for rate in rates)
    top = max(tally.values())
    step = (_WIDTH - _LEFT - _RIGHT) / len(_CLASS_NAMES)
    base, room = _HEIGHT - _BOTTOM, _HEIGHT - _BOTTOM - _TOP
    parts = [_rule(_LEFT, base, _WIDTH - _RIGHT, base, "axis")]
    for place, name in enumerate(_CLASS_NAMES):
        pages = tally[place]
        height = room * pages / top
        x = _LEFT + place * step
        middle = x + step / 2
        if pages:
            parts.append(
                f'<rect class="bar" x="{x + 3:.1f}" y="{base - height:.1f}" width="{step - 6:.1f}"'
                f' height="{height:.1f}" rx="2"><title>{count(pages)} pages with CER {escape(name)} %</title></rect>'
            )
            parts.append(_label(middle, base - height - 5, count(pages), "middle", "value"))
        parts.append(_label(middle, base + 16, name, "middle"))
    parts.append(_label((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 6, "CER without spaces, % of a page", "middle"))
    return _svg("".join(parts), f"Number of pages by error rate, {count(len(rates))} pages")


def stage_bars(stages: Sequence[StageRow]) -> str:
    """Draw the wall clock of each stage as a bar with its speed; an empty string where nothing was timed."""
    longest = max((row.seconds for row in stages), default=0.0)
    if longest <= 0:
        return ""
    pitch = 40
    height = max(_HEIGHT, pitch * len(stages) + 12)
    parts = []
    for place, row in enumerate(stages):
        y = place * pitch + 18
        length = max(1.5, (_WIDTH - 4) * row.seconds / longest)
        parts.append(_label(0, y, row.stage, "start", "name"))
        fact = f"{duration(row.seconds)} · {row.share:.0%}"
        if row.pages_per_second > 0:
            fact += f" · {speed(row.pages_per_second)} pages/s"
        parts.append(_label(_WIDTH - 4, y, fact, "end", "value"))
        parts.append(f'<rect class="track" x="0" y="{y + 7}" width="{_WIDTH - 4}" height="9" rx="2"/>')
        parts.append(f'<rect class="bar" x="0" y="{y + 7}" width="{length:.1f}" height="9" rx="2"/>')
    return _svg("".join(parts), "Wall clock by stage", height)


def confidence_plot(points: Sequence[PagePoint]) -> str:
    """Draw the recognizer's confidence against the error rate, pages that fall together as a larger dot.

    Returns:
        An empty string where no page has both. The error axis is a square root, since most pages lie
        near zero; rates above 100 % lie on its upper edge.
    """
    pairs = [(p.confidence, p.cer_no_space) for p in points if p.cer_no_space is not None and p.confidence > 0]
    if not pairs:
        return ""
    left = min(0.9, math.floor(min(x for x, _ in pairs) * 10 + 1e-9) / 10)
    worst = max(y for _, y in pairs)
    top = next((tick for tick in _TICKS[2:] if tick >= worst), 1.0)
    cells: defaultdict[tuple[int, int], list[tuple[float, float]]] = defaultdict(list)
    for confidence, rate in pairs:
        across, up = (confidence - left) / (1 - left), math.sqrt(min(max(rate, 0.0) / top, 1.0))
        cells[int(across * _COLUMNS), int(up * _ROWS)].append((across, up))
    parts = [_scatter_axes(left, top)]
    most = max(len(dots) for dots in cells.values())
    for _, dots in sorted(cells.items()):
        pages = len(dots)
        radius = 3.0 if most == 1 else 2.5 + 5.5 * math.sqrt((pages - 1) / (most - 1))
        x, y = _across(sum(dot[0] for dot in dots) / pages), _up(sum(dot[1] for dot in dots) / pages)
        title = f"{count(pages)} page{'s' if pages > 1 else ''}"
        parts.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"><title>{title}</title></circle>')
    return _svg("".join(parts), f"Error rate against confidence, {count(len(pairs))} pages")


def forest(rate: Rate, scale: float) -> str:
    """Draw a rate as a dot on its interval, on an axis from 0 to `scale` that a whole column shares."""
    if not math.isfinite(rate.value) or scale <= 0:
        return ""
    x = _fraction(rate.value, scale)
    parts = ['<line class="axis" x1="4" y1="8" x2="116" y2="8"/>']
    if rate.has_interval:
        low, high = _fraction(rate.low, scale), _fraction(rate.high, scale)
        parts.append(f'<line class="whisker" x1="{low:.1f}" y1="8" x2="{high:.1f}" y2="8"/>')
    parts.append(f'<circle class="point" cx="{x:.1f}" cy="8" r="3.5"/>')
    return (
        f'<svg class="forest" viewBox="0 0 120 16" width="120" height="16" aria-hidden="true">{"".join(parts)}</svg>'
    )


def _fraction(value: float, scale: float) -> float:
    return 4 + 112 * min(max(value, 0.0) / scale, 1.0)


def _scatter_axes(left: float, top: float) -> str:
    parts = []
    for rate in (tick for tick in _TICKS if tick == 0 or top / 100 <= tick <= top):
        y = _up(math.sqrt(rate / top))
        parts.append(_rule(_LEFT, y, _WIDTH - _RIGHT, y, "axis" if rate == 0 else "grid"))
        parts.append(_label(_LEFT - 6, y + 4, f"{rate * 100:.0f}", "end"))
    steps = round((1 - left) * 10)
    for step in range(0, steps + 1, 1 if steps <= 5 else 2):
        confidence = left + step / 10
        x = _across((confidence - left) / (1 - left))
        parts.append(_label(x, _HEIGHT - _BOTTOM + 16, f"{confidence:.1f}", "middle"))
    parts.append(_label(0, 12, "CER without spaces, %", "start"))
    parts.append(_label((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 6, "mean confidence of a page", "middle"))
    return "".join(parts)


def _across(fraction: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * fraction


def _up(fraction: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * fraction


def _rule(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _label(x: float, y: float, text: str, anchor: str, kind: str = "tick") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(body: str, name: str, height: int = _HEIGHT) -> str:
    return f'<svg class="plot" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(name)}">{body}</svg>'
