"""The timeline of a run in a few lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console

from ocr_project.domain.outside_text import shown
from ocr_project.engine.running.timeline import Lane, State, Timeline

_COLUMNS = 48
_WAITING, _STARTING, _LEVELS = "·", "░", "▁▂▃▄▅▆▇█"
_MOST_CARDS = 16  # lines of a launch on many machines; the page has all
_SHORTEST = 2.0  # seconds of a run of which there is nothing to see


def print_timeline(timeline: Timeline) -> None:
    """Print a timeline."""
    console = Console()
    for line in timeline_lines(timeline):
        console.print(shown(line), highlight=False, markup=False, soft_wrap=True)


def timeline_lines(timeline: Timeline, columns: int = _COLUMNS) -> Iterator[str]:
    """Yield a line for each stage and card: what it did over the run, and its seconds.

    Args:
        timeline: Of a run.
        columns: Characters of its bars.
    """
    if timeline.seconds < _SHORTEST:
        return
    cards = [lane for lane in timeline.lanes if lane.is_card]
    lanes = [*(lane for lane in timeline.lanes if not lane.is_card), *cards[:_MOST_CARDS]]
    width = max((10, *(len(lane.name) for lane in lanes)))
    each = timeline.seconds / columns
    yield f"{'':>{width}}  {_LEVELS[-1]} busy  {_STARTING} starting  {_WAITING} waiting, {each:.1f} s a column"
    for lane in lanes:
        times = lane.seconds(timeline.seconds)
        told = ", ".join(
            f"{times[state]:.1f} s {state.value}"
            for state in (State.BUSY, State.STARTING)
            if state is State.BUSY or times[state] >= 0.05
        )
        yield f"{lane.name:>{width}}  {_bar(lane, timeline.seconds, columns)}  {told}"
    if more := cards[_MOST_CARDS:]:
        yield f"{'':>{width}}  and {len(more)} more cards: timeline.html"
    if about := timeline.about_workers():
        yield f"{'':>{width}}  {about}"


def _bar(lane: Lane, whole: float, columns: int) -> str:
    return "".join(_column(lane, whole * at / columns, whole * (at + 1) / columns) for at in range(columns))


def _column(lane: Lane, began: float, ended: float) -> str:
    """Return the character of a stretch of time: how busy it was, else whether something started."""
    busy = starting = 0.0
    for span in lane.spans:
        shared = max(0.0, min(span.ended, ended) - max(span.began, began))
        if span.state is State.STARTING:
            starting += shared
        else:
            busy += shared * span.share
    share = busy / (ended - began)
    if starting > busy:
        return _STARTING
    return _LEVELS[min(len(_LEVELS) - 1, int(share * len(_LEVELS)))] if share > 0.01 else _WAITING
