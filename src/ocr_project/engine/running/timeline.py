"""When a run's stages and cards were at work, getting ready, or waiting: so that its next limit is read, not guessed.

Made from what a run knows anyway: when its nodes began and ended, when its shards were whole and what the cards did
meanwhile (their footers), and when servers were started and ready (the events of the run). A stage is busy while one
of its nodes is at work, but for the time in which its servers are not ready yet, or in which it waits for the shards
of a stage beside it, or for those that other workers of a launch have; a card is busy by the share of the time in
which a kernel ran on it. `launch_timeline` lays those of several workers together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from ocr_project.domain.gpu_usage import GpuUsage
from ocr_project.domain.types import ShardInfo
from ocr_project.engine.running.events import Happening
from ocr_project.engine.running.monitoring.figures import mean
from ocr_project.storage.atomic import atomic_json


class State(StrEnum):
    """What a stage or a card does."""

    STARTING = "starting"
    BUSY = "busy"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Work:
    """A node, from its beginning to its end.

    Attributes:
        stage: To which it belongs.
        name: Of the node.
        began: Seconds since 1970.
        ended: Seconds since 1970.
    """

    stage: str
    name: str
    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time of a stage or a card.

    Attributes:
        began: Seconds since the run began.
        ended: Seconds since the run began.
        state: What it did.
        what: Why, in a word: a node, a stage whose shard was made, servers.
        share: Of the time in which it was at work, where that is known; of a stage of a launch, of the workers that
            were at it; 1 otherwise.
    """

    began: float
    ended: float
    state: State
    what: str
    share: float = 1.0

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.ended - self.began


@dataclass(frozen=True, slots=True)
class Lane:
    """What one stage or one card did.

    Attributes:
        name: Of the stage, or `GPU 0`, by NVML's number; of a launch with several machines, `GPU 0 of HOST`.
        is_card: Whether it is a card.
        spans: In order, without overlaps; where there is none, it waited.
    """

    name: str
    is_card: bool
    spans: tuple[Span, ...]

    def seconds(self, whole: float) -> dict[State, float]:
        """Return how long it was in each state; the three add up to the time of the run.

        Args:
            whole: Seconds of the run.
        """
        starting = sum(span.seconds for span in self.spans if span.state is State.STARTING)
        busy = sum(span.seconds * span.share for span in self.spans if span.state is State.BUSY)
        return {State.BUSY: busy, State.STARTING: starting, State.WAITING: max(0.0, whole - busy - starting)}


@dataclass(frozen=True, slots=True)
class Timeline:
    """A run.

    Attributes:
        began: Seconds since 1970.
        seconds: That it took.
        lanes: Its stages in the order of their work, then its cards.
        workers: Of a launch, that told what they did; 0: a run for itself.
        silent: Workers of the launch of which nothing is known, since they were killed.
    """

    began: float
    seconds: float
    lanes: tuple[Lane, ...] = field(default=())
    workers: int = 0
    silent: int = 0

    @property
    def is_of_launch(self) -> bool:
        """Whether workers did it."""
        return self.workers + self.silent > 0

    def about_workers(self) -> str:
        """Say whose work it shows; nothing of a run for itself."""
        if not self.is_of_launch:
            return ""
        silent = f"; {self.silent} more told nothing (killed?): their work is not in it" if self.silent else ""
        return f"{self.workers} workers; a stage is as busy as the share of them that was at it{silent}"

    def figures(self) -> dict[str, float]:
        """Return numbers to compare runs by: `GPU 0.busy_seconds` and so on, of each stage and card."""
        found = {"seconds": round(self.seconds, 3)}
        found |= {"workers": self.workers, "silent_workers": self.silent} if self.is_of_launch else {}
        for lane in self.lanes:
            times = lane.seconds(self.seconds)
            found |= {f"{lane.name}.{state.value}_seconds": round(value, 3) for state, value in times.items() if value}
        return found


def timeline_of(
    began: float, ended: float, work: Sequence[Work], shards: Sequence[ShardInfo], events: Iterable[Mapping[str, Any]]
) -> Timeline:
    """Put together what one process knows.

    Args:
        began: Seconds since 1970.
        ended: Seconds since 1970.
        work: Its nodes.
        shards: Footers of what it made.
        events: Of the run: `at` (seconds since 1970), `what`, `stage`, `who`, `gpu`; others than those of servers are
            passed over.
    """
    told = sorted(events, key=lambda event: float(event["at"]))
    starts = _starts(told, ended)
    stages = dict.fromkeys(one.stage for one in sorted(work, key=lambda one: one.began))
    lanes = []
    for stage in stages:
        waits = _waits(stage, told, began, ended)
        spans = [piece for span in _stage_spans(stage, work, starts, began) for piece in _without(span, waits)]
        lanes.append(Lane(stage, False, tuple(spans)))
    return Timeline(began, ended - began, (*lanes, *_cards(shards, starts, began)))


@dataclass(frozen=True, slots=True)
class _Start:
    """A server from its start until it was ready, died, or the run was over."""

    stage: str
    gpu: int
    began: float
    ended: float


def _waits(stage: str, events: Iterable[Mapping[str, Any]], zero: float, ended: float) -> list[tuple[float, float]]:
    """Return when a stage waited for another one, in seconds since the run began."""
    found: list[tuple[float, float]] = []
    since: float | None = None
    for event in events:
        if event["stage"] == stage and event["what"] == Happening.STAGE_WAITS:
            since = float(event["at"])
        elif event["stage"] == stage and event["what"] == Happening.STAGE_GOES_ON and since is not None:
            found.append((since - zero, float(event["at"]) - zero))
            since = None
    return found if since is None else [*found, (since - zero, ended - zero)]


def _without(span: Span, holes: Iterable[tuple[float, float]]) -> list[Span]:
    """Cut holes out of a stretch of time."""
    pieces = [(span.began, span.ended)]
    for began, ended in holes:
        pieces = [
            piece
            for first, last in pieces
            for piece in ((first, min(last, began)), (max(first, ended), last))
            if piece[1] > piece[0]
        ]
    return [replace(span, began=first, ended=last) for first, last in pieces]


def _starts(events: Iterable[Mapping[str, Any]], ended: float) -> list[_Start]:
    open_: dict[tuple[str, str], tuple[float, int]] = {}
    found = []
    for event in events:
        server = str(event["stage"]), str(event.get("who", ""))
        if event["what"] == Happening.SERVER_STARTED:
            open_[server] = float(event["at"]), int(event.get("gpu", -1))
        elif event["what"] in (Happening.SERVER_READY, Happening.SERVER_DIED) and server in open_:
            at, gpu = open_.pop(server)
            found.append(_Start(server[0], gpu, at, float(event["at"])))
    return found + [_Start(stage, gpu, at, ended) for (stage, _), (at, gpu) in open_.items()]


def _stage_spans(stage: str, work: Sequence[Work], starts: Sequence[_Start], zero: float) -> tuple[Span, ...]:
    """Return the nodes of a stage one after another, and before their work the time until a server is ready."""
    ready = min((start.ended for start in starts if start.stage == stage), default=0.0)
    spans: list[Span] = []
    until = zero
    for one in sorted((one for one in work if one.stage == stage), key=lambda one: one.began):
        first = max(one.began, until)
        served = min(max(first, ready), one.ended) if _is_starting(one, starts) else first
        spans += [Span(first - zero, served - zero, State.STARTING, "servers")] if served > first else []
        spans += [Span(served - zero, one.ended - zero, State.BUSY, one.name)] if one.ended > served else []
        until = max(until, one.ended)
    return tuple(spans)


def _is_starting(one: Work, starts: Sequence[_Start]) -> bool:
    """Say whether servers of its stage were started, and not ready, while a node was at work."""
    return any(start.stage == one.stage and start.began < one.ended and start.ended > one.began for start in starts)


def _cards(shards: Sequence[ShardInfo], starts: Sequence[_Start], zero: float) -> list[Lane]:
    seen: dict[int, list[tuple[ShardInfo, GpuUsage]]] = {start.gpu: [] for start in starts if start.gpu >= 0}
    for info in shards:
        for usage in info.gpus:
            seen.setdefault(usage.index, []).append((info, usage))
    return [
        Lane(f"GPU {gpu}", True, _card_spans(made, [start for start in starts if start.gpu == gpu], zero))
        for gpu, made in sorted(seen.items())
    ]


def _card_spans(made: Sequence[tuple[ShardInfo, GpuUsage]], starts: Sequence[_Start], zero: float) -> tuple[Span, ...]:
    """Return what a card did: shard by shard, and before them, or between them, servers that start on it."""
    spans: list[Span] = []
    until = zero
    for info, usage in sorted(made, key=lambda pair: pair[0].made):
        first, last = max(info.made - usage.seconds, until), info.made
        if last <= first:
            continue
        ready = _first_ready(starts, first, last)
        spans += [Span(first - zero, ready - zero, State.STARTING, "servers")] if ready > first else []
        share = min(1.0, (mean(usage.sm) / 100 if usage.sm else 0.0) * (last - first) / max(last - ready, 1e-9))
        spans += [Span(ready - zero, last - zero, State.BUSY, info.stage, share)] if last > ready else []
        until = last
    return tuple(sorted((*spans, *_unseen(spans, starts, zero)), key=lambda span: span.began))


def _first_ready(starts: Sequence[_Start], first: float, last: float) -> float:
    """Return until when, of a stretch of time that begins with servers starting, none of them was ready."""
    waiting = [start.ended for start in starts if start.began <= first + 1.0 and start.ended > first]
    ready_before = any(start.ended <= first for start in starts)
    return first if ready_before or not waiting else min(min(waiting), last)


def _unseen(spans: Sequence[Span], starts: Sequence[_Start], zero: float) -> list[Span]:
    """Return the stretches in which servers started while no shard was in the making."""
    found: list[Span] = []
    for start in sorted(starts, key=lambda start: start.began):
        whole = Span(start.began - zero, start.ended - zero, State.STARTING, "servers")
        found += _without(whole, [(span.began, span.ended) for span in (*spans, *found)])
    return found


def write_timeline(path: Path, timeline: Timeline) -> None:
    """Write a timeline as JSON."""
    atomic_json(path, asdict(timeline))


def read_timeline(path: Path) -> Timeline:
    """Read what `write_timeline` wrote."""
    return as_timeline(json.loads(path.read_text(encoding="utf-8")))


def as_timeline(kept: Mapping[str, Any]) -> Timeline:
    """Return what `asdict` made JSON of; one from before there were launches in it says nothing of workers."""
    lanes = [
        Lane(lane["name"], lane["is_card"], tuple(Span(**{**span, "state": State(span["state"])})
                                                  for span in lane["spans"]))
        for lane in kept["lanes"]
    ]  # fmt: skip
    return Timeline(kept["began"], kept["seconds"], tuple(lanes), kept.get("workers", 0), kept.get("silent", 0))
