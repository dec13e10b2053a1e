"""The timeline of a run as a page: a bar for each stage and card, busy, starting or waiting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from ocr_project.engine.reporting.markup import NOTHING, count, duration, element
from ocr_project.engine.reporting.page import write_page
from ocr_project.engine.reporting.svg import Axis, line, plot, text
from ocr_project.engine.running.timeline import Lane, Span, State, Timeline

_WIDTH, _LEFT, _RIGHT = 980, 128, 968
_MOST_LEFT, _LETTER = 420, 7.4  # pixels: names of machines may be long
_PITCH, _BAR, _TOP = 30, 18, 12
_NARROWEST = 0.6  # pixels of a span: what is shorter is drawn as wide, so that it is seen
_MOST_SPANS = 4_000  # of a lane; neighbours in the same state are drawn as one until no more are left
_TICKS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400)  # seconds


@dataclass(frozen=True, slots=True)
class LaneRow:
    """A line of the table: seconds in each state, and the share of the run in which it was busy."""

    name: str
    busy: float
    starting: float
    waiting: float
    share: float


def write_timeline_page(path: Path, timeline: Timeline, title: str, created: str) -> None:
    """Write the page, atomically.

    Raises:
        StorageError: The file cannot be written.
    """
    rows = [_row(lane, timeline.seconds) for lane in timeline.lanes]
    values = {"title": title, "created": created, "seconds": timeline.seconds, "rows": rows, "plot": bars(timeline)}
    write_page(path, "timeline.html.j2", {**values, "workers": timeline.about_workers()})


def bars(timeline: Timeline) -> Markup:
    """Draw each lane as a bar over the time of the run, as dark as a card, or a stage of a launch, was busy."""
    if not timeline.lanes or timeline.seconds <= 0:
        return NOTHING
    left = max(_LEFT, min(_MOST_LEFT, 16 + _LETTER * max(len(lane.name) for lane in timeline.lanes)))
    across = Axis(0, timeline.seconds, left, _RIGHT)
    bottom = _TOP + _PITCH * len(timeline.lanes)
    parts = list(_ticks(across, bottom))
    for place, lane in enumerate(timeline.lanes):
        parts += _lane(lane, across, _TOP + place * _PITCH)
    return plot(parts, f"Stages and cards over {duration(timeline.seconds)}", _WIDTH, bottom + 24)


def _row(lane: Lane, whole: float) -> LaneRow:
    times = lane.seconds(whole)
    share = times[State.BUSY] / whole if whole else 0.0
    return LaneRow(lane.name, times[State.BUSY], times[State.STARTING], times[State.WAITING], share)


def _ticks(across: Axis, bottom: float) -> Iterator[Markup]:
    step = next((tick for tick in _TICKS if across.high / tick <= 8), _TICKS[-1])
    for at in range(0, int(across.high) + 1, step):
        x = across.at(at)
        yield line(x, _TOP, x, bottom, "axis" if at == 0 else "grid")
        yield text(x, bottom + 15, clock(at), "middle" if at else "start")


def _lane(lane: Lane, across: Axis, y: float) -> Iterator[Markup]:
    left = across.at(0)
    yield text(left - 8, y + 13, lane.name, "end", "name")
    yield element("rect", class_="track", x=left, y=y, width=_RIGHT - left, height=_BAR, rx=2)
    for span in joined(lane.spans):
        x = across.at(span.began)
        width = max(_NARROWEST, across.at(span.ended) - x)
        of = "of the time" if lane.is_card else "of the workers"
        known = span.state is State.BUSY and (lane.is_card or span.share < 1)
        share = f", {span.share:.0%} {of}" if known else ""
        title = element("title", f"{span.what}: {span.state.value}{share}, {clock(span.began)} to {clock(span.ended)}")
        dark = f"{max(0.08, span.share):.2f}" if span.state is State.BUSY else None
        kind = "bar" if span.state is State.BUSY else "starting"
        yield element("rect", title, class_=kind, x=x, y=y, width=width, height=_BAR, fill_opacity=dark)


def joined(spans: tuple[Span, ...], most: int = _MOST_SPANS) -> list[Span]:
    """Join neighbours that do the same, pair by pair, until few enough are left to be drawn."""
    found = list(spans)
    while len(found) > most:
        pairs = [found[at : at + 2] for at in range(0, len(found), 2)]
        shorter = [one for pair in pairs for one in ([_both(*pair)] if len(pair) == 2 and _alike(*pair) else pair)]
        if len(shorter) == len(found):
            break
        found = shorter
    return found


def _alike(one: Span, other: Span) -> bool:
    return (one.state, one.what) == (other.state, other.what)


def _both(one: Span, other: Span) -> Span:
    whole = max(other.ended - one.began, 1e-9)
    share = (one.seconds * one.share + other.seconds * other.share) / whole
    return Span(one.began, other.ended, one.state, one.what, min(1.0, share))


def clock(seconds: float) -> str:
    """Write a time of the run: `0:07`, `12:30`, `2:05:00`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{count(hours)}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
