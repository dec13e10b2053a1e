"""The timeline of a launch: those of its workers, and of the run that closes it, laid together.

Each worker leaves one file of its own, `<launch>/records/<worker>.json`, at its end; one that is killed leaves none.
A stage is as busy as the share of the workers that were at it, so that its seconds compare with those of a run of
one; the run that closes the launch counts whole, for it is alone then. A card is told from others by its UUID: in a
container each worker may call its own `GPU 0`. Clocks of several machines are taken for equal.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any, TypeAlias

from ocr_project.engine.running.timeline import Lane, Span, State, Timeline, as_timeline
from ocr_project.storage.atomic import atomic_json

RECORDS = "records"
CLOSING = "closing run"
_UUID = 8  # characters that tell cards of a machine apart

_Card: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Record:
    """What one process of a launch did.

    Attributes:
        name: Of the worker; `CLOSING`: of the run that closes the launch.
        host: Name of its machine.
        timeline: Its own.
        shards: That it made.
        cards: UUIDs of the cards that it saw, by the names that their lanes have in its timeline.
        events: As `Event` has them.
    """

    name: str
    host: str
    timeline: Timeline
    shards: int = 0
    cards: dict[str, str] = field(default_factory=dict)
    events: tuple[dict[str, Any], ...] = ()


def write_record(launch: Path, record: Record) -> None:
    """Leave a record in the folder of a launch.

    Raises:
        StorageError: It cannot be written.
    """
    atomic_json(launch / RECORDS / f"{record.name}.json", asdict(record))


def read_records(launch: Path) -> list[Record]:
    """Return what the workers of a launch left, by when they began."""
    records = []
    for path in (launch / RECORDS).glob("[!.]*.json"):
        with suppress(FileNotFoundError):  # a launch may be removed during its last run
            kept = json.loads(path.read_text("utf-8"))
            told = {"timeline": as_timeline(kept["timeline"]), "events": tuple(kept["events"])}
            records.append(Record(**{**kept, **told}))
    return sorted(records, key=lambda record: (record.timeline.began, record.name))


def joined_events(records: Iterable[Record]) -> list[dict[str, Any]]:
    """Return the events of all in the order of time, each with the name of its `worker`."""
    events = [{**event, "worker": record.name} for record in records for event in record.events]
    return sorted(events, key=lambda event: float(event["at"]))


def joined(workers: Sequence[Record], closing: Record, silent: int = 0) -> Timeline:
    """Return the timeline of a launch.

    Args:
        workers: What they told.
        closing: Of the run that closes it.
        silent: How many workers told nothing.
    """
    timelines = [record.timeline for record in (*workers, closing)]
    zero = min(timeline.began for timeline in timelines)
    ended = max(timeline.began + timeline.seconds for timeline in timelines)
    lanes = (*_stages(workers, closing, zero), *_cards(workers, closing, zero))
    return Timeline(zero, ended - zero, lanes, len(workers), silent)


def _moved(record: Record, lane: Lane, zero: float) -> list[Span]:
    """Return spans in seconds since the launch began."""
    by = record.timeline.began - zero
    return [replace(span, began=span.began + by, ended=span.ended + by) for span in lane.spans]


def _stages(workers: Sequence[Record], closing: Record, zero: float) -> list[Lane]:
    found: dict[str, list[Span]] = {}
    for record in (*workers, closing):
        weight = 1.0 if record is closing else 1 / len(workers)
        for lane in record.timeline.lanes:
            if not lane.is_card:
                spans = _moved(record, lane, zero)
                found.setdefault(lane.name, []).extend(replace(span, share=span.share * weight) for span in spans)
    in_order = sorted(found, key=lambda name: min((span.began for span in found[name]), default=math.inf))
    return [Lane(name, False, _overlaid(found[name], _at_most_all)) for name in in_order]


def _at_most_all(shares: Sequence[float]) -> float:
    return min(1.0, round(math.fsum(shares), 9))  # where clocks differ, the closing run and a worker may overlap


def _cards(workers: Sequence[Record], closing: Record, zero: float) -> list[Lane]:
    """Return a lane for each card that a worker saw, used or not, and those that the closing run used."""
    spans: dict[_Card, list[Span]] = {}
    names: dict[_Card, str] = {}
    for record in (*workers, closing):
        used = {lane.name: _moved(record, lane, zero) for lane in record.timeline.lanes if lane.is_card}
        for name in used if record is closing else {**used, **record.cards}:
            card = record.host, record.cards.get(name, name)
            spans.setdefault(card, []).extend(used.get(name, ()))
            names.setdefault(card, name)
    in_order = sorted(spans, key=lambda card: (card[0], len(names[card]), names[card], card[1]))
    # two workers that share a card have both measured it: the mean of two figures of the same thing
    return [Lane(_shown(card, names), True, _overlaid(spans[card], fmean)) for card in in_order]


def _shown(card: _Card, names: Mapping[_Card, str]) -> str:
    """Return what people read: with the host where there are several, with a part of the UUID where names are one."""
    host, uuid = card
    alike = [one for one in names if one[0] == host and names[one] == names[card]]
    name = f"{names[card]} {uuid.removeprefix('GPU-')[:_UUID]}" if len(alike) > 1 else names[card]
    return f"{name} of {host}" if len({one[0] for one in names}) > 1 else name


def _overlaid(spans: Iterable[Span], combined: Callable[[Sequence[float]], float]) -> tuple[Span, ...]:
    """Lay spans of several processes over each other: busy where one is, else starting where one is.

    Args:
        spans: In any order.
        combined: Shares of those that are busy at one time to the share of all.
    """
    waiting = sorted(spans, key=lambda span: span.began, reverse=True)
    active: list[Span] = []
    found: list[Span] = []
    for first, last in pairwise(sorted({at for span in waiting for at in (span.began, span.ended)})):
        while waiting and waiting[-1].began <= first:
            active.append(waiting.pop())
        active = [span for span in active if span.ended > first]
        if not active:
            continue
        busy = [span for span in active if span.state is State.BUSY]
        share = combined([span.share for span in busy]) if busy else 1.0
        what = ", ".join(dict.fromkeys(sorted(span.what for span in busy or active)))
        one = Span(first, last, State.BUSY if busy else State.STARTING, what, share)
        if (
            found
            and found[-1].ended == first
            and replace(found[-1], ended=last) == replace(one, began=found[-1].began)
        ):
            found[-1] = replace(found[-1], ended=last)
        else:
            found.append(one)
    return tuple(found)
