"""Which shards of a plan this process makes, where several processes work on one corpus.

All of them         a run of its own
a fixed part        `runtime.slice=2/16`: only the folder is shared, and no process waits for another
what is free        `runtime.launch=FOLDER`: a worker that is free takes the next shard, and has no more at once than
                    its part of what is left; a stage ends, for all workers, when all shards are stored, also those of
                    killed ones
what is stored      all, or a fixed part, of a stage whose shards are made from those of one that is still at work; a
                    worker that has nothing to do looks also at what others have stored
"""

from __future__ import annotations

import logging
import math
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from ocr_project.domain.options import RuntimeOptions
from ocr_project.domain.types import ShardInfo
from ocr_project.engine.running.feeds import FEEDS
from ocr_project.engine.running.plan import Plan, Upstream
from ocr_project.storage.claims import Claims, join

log = logging.getLogger(__name__)

_POLL_SECONDS = 1.0
# What a worker may have at once: so many shards and pages however little is left, for a card of which fewer pages are
# asked for waits for their longest answers; and no more pages however much is left, for cards are not equally fast. By
# simulation, with 1,024 requests in flight (docs/log.md, 2026-11-30).
_HELD_ALWAYS, _FEWEST_PAGES, _MOST_PAGES = 2, 512, 1024
# Seconds between two looks at who works and what is left: the more workers, the longer, so that the folder's server is
# asked as often by two as by many.
_PAUSE_A_WORKER, _LONGEST_PAUSE = 0.5, 15.0
_LOOKS_A_WAIT = 20.0  # a look at many thousand claims keeps the folder's server busy: it is a twentieth of the time


class Share(Protocol):
    """The part of a plan that this process makes.

    Attributes:
        grows: Whether more may be free at any time, so that it is worth asking again while pages are in flight.
    """

    grows: bool

    def take(self) -> Iterator[ShardInfo]:
        """Yield what is free now, each when it is asked for: from then on it is this process's."""
        ...

    def finish(self, info: ShardInfo) -> None:
        """Say that a shard is stored."""
        ...

    def wait(self) -> bool:
        """Wait until something is free again, or nothing is left; say whether there is."""
        ...


def share_of(plan: Plan, runtime: RuntimeOptions) -> Share:
    """Return this process's share of a plan.

    Raises:
        StorageError: The folder of the launch cannot be written to.
    """
    if runtime.launch is not None:
        return _claimed(plan.todo, plan.lineage or plan.todo[0].stage, runtime, plan)
    todo = _part(plan.todo, runtime)
    return _Fixed(todo) if plan.upstream is None else _Following(todo, plan.upstream, plan)


def share_among(todo: Sequence[ShardInfo], lineage: str, runtime: RuntimeOptions, unit: str = "pages") -> Share:
    """Return this process's share of some work.

    Args:
        todo: All of it, one or more, the same for all workers.
        lineage: Tells it from other work of the launch.
        runtime: Whether there are others.
        unit: What `pages` counts, for people.

    Raises:
        StorageError: The folder of the launch cannot be written to.
    """
    return _Fixed(_part(todo, runtime)) if runtime.launch is None else _claimed(todo, lineage, runtime, unit=unit)


def _claimed(
    todo: Sequence[ShardInfo], lineage: str, runtime: RuntimeOptions, plan: Plan | None = None, unit: str = "pages"
) -> Share:
    assert runtime.launch is not None
    claims = Claims(join(runtime.launch, runtime.lease_seconds), lineage)
    claims.announce(todo[0].stage, {info.name: info.pages for info in todo}, unit)
    return _Claimed(todo, claims, min(_POLL_SECONDS, runtime.lease_seconds / 4), plan)


def _part(todo: Sequence[ShardInfo], runtime: RuntimeOptions) -> list[ShardInfo]:
    return [info for info in todo if runtime.slice is None or is_in_slice(info.name, *runtime.slice)]


def is_in_slice(name: str, part: int, parts: int) -> bool:
    """Say whether a shard belongs to a part, counted from 0: by its name alone, so that all stages agree."""
    return zlib.crc32(name.encode()) % parts == part


class _Fixed:
    grows = False

    def __init__(self, todo: Sequence[ShardInfo]) -> None:
        self._todo = list(todo)

    def take(self) -> Iterator[ShardInfo]:
        yield from self._todo

    def finish(self, info: ShardInfo) -> None:
        """No other process asks."""

    def wait(self) -> bool:
        return False


class _Following:
    """What the stage before has stored, of a part of a plan."""

    grows = True

    def __init__(self, todo: Sequence[ShardInfo], upstream: Upstream, plan: Plan) -> None:
        self._todo = {info.name for info in todo}
        self._feed, self._plan = upstream.feed, plan
        self._seen = 0

    def take(self) -> Iterator[ShardInfo]:
        for name in self._feed.stored_since(self._seen):
            self._seen += 1
            if name in self._todo and (info := _to_make(self._plan, name)) is not None:
                yield info

    def finish(self, info: ShardInfo) -> None:
        """No other process asks."""

    def wait(self) -> bool:
        FEEDS.wait(lambda: self._feed.stored > self._seen or self._feed.has_ended)
        return self._feed.stored > self._seen


def _to_make(plan: Plan, name: str) -> ShardInfo | None:
    """Return what is to be made of a shard that the stage before has stored; None: this stage has it already."""
    assert plan.upstream is not None
    source = plan.upstream.feed.settled(name)
    made = plan.upstream.judge(source) if source is not None else None
    if made is None and plan.feed is not None:
        plan.feed.settle(plan.upstream.have[name])
    return made


class _Claimed:
    """What no other worker has, and the stage before, if that is still at work, has stored."""

    def __init__(
        self, todo: Sequence[ShardInfo], claims: Claims, poll_seconds: float, plan: Plan | None = None
    ) -> None:
        self._left = {info.name: info for info in todo}
        self._claims, self._poll_seconds, self._plan = claims, poll_seconds, plan
        self._upstream = plan.upstream if plan is not None else None
        self._feed = plan.feed if plan is not None else None
        self.grows = plan is not None  # it looks ahead, and holds back
        self._seen = 0  # of what the stage before has stored
        self._free: dict[str, ShardInfo] = {}  # as far as is known: each is asked for once
        self._part, self._look_again = math.inf, 0.0  # pages that are this worker's part; when it is looked at anew
        self._held: dict[str, int] = {}  # pages of each shard that it is at work on
        if self._upstream is None:
            self._add_free(self._left)
        if self._feed is not None:
            self._feed.ask_by(self._settle_others)

    def take(self) -> Iterator[ShardInfo]:
        while self._is_any_free() and self._may_hold_more():
            name, info = next(iter(self._free.items()))
            del self._free[name]
            if name not in self._left or not self._claims.take(name):
                continue
            self._held[name] = info.pages
            made = _to_make(self._plan, name) if self._upstream is not None and self._plan is not None else info
            if made is not None:
                yield made
            else:
                self.finish(info)

    def _may_hold_more(self) -> bool:
        """Say whether a worker that looks thousands of pages ahead has less than its part of what is left.

        What is taken is not given back: who had taken half of what is left would be at it when the others are done.
        """
        if not self.grows or len(self._held) < _HELD_ALWAYS:
            return True
        held = sum(self._held.values())
        if not _FEWEST_PAGES <= held < _MOST_PAGES:
            return held < _FEWEST_PAGES
        return held < self._part_of_what_is_left()

    def _part_of_what_is_left(self) -> float:
        """Return the pages that are not stored yet, divided by the workers: as it was a while ago."""
        began = time.monotonic()
        if began > self._look_again:
            workers = self._claims.count_workers()
            self._part = sum(self._left[name].pages for name in self._claims.undone(self._left)) / workers
            now = time.monotonic()
            pause = min(_LONGEST_PAUSE, _PAUSE_A_WORKER * workers)
            self._look_again = now + max(pause, _LOOKS_A_WAIT * (now - began))
        return self._part

    def _add_free(self, names: Iterable[str]) -> None:
        for name in names:
            if name in self._left:
                self._free.setdefault(name, self._left[name])

    def _is_any_free(self) -> bool:
        """Look at what the stage before has stored meanwhile."""
        if self._upstream is not None:
            stored = self._upstream.feed.stored_since(self._seen)
            self._seen += len(stored)
            self._add_free(stored)
        return bool(self._free)

    def finish(self, info: ShardInfo) -> None:
        self._held.pop(info.name, None)
        self._claims.finish(info.name)
        self._left.pop(info.name, None)

    def wait(self) -> bool:
        """Look at what others have, until all of it is stored or one of them is gone."""
        if self._free:  # not asked for yet: to look at all claims is for when there is nothing to ask for
            return True
        said = False
        while True:
            FEEDS.check()
            began = time.monotonic()
            left = self._claims.undone(self._left)
            if self._feed is not None and FEEDS.is_active:
                self._feed.settle_others(self._left.keys() - set(left))
            self._left = {name: self._left[name] for name in left}
            if not left:
                return False
            if self._upstream is not None:
                self._upstream.feed.ask_others()
            self._add_free(name for name in self._left if self._is_stored(name) and self._claims.is_free(name))
            if self._is_any_free():
                return True
            if not said and self._upstream is None:
                log.info("%d shards are with other workers: waiting for them", len(left))
                said = True
            looking = time.monotonic() - began
            time.sleep(max(self._poll_seconds, _LOOKS_A_WAIT * looking))

    def _settle_others(self) -> None:
        """Tell the stage behind, which asks from its own thread, what others have stored while this one is at work."""
        assert self._feed is not None
        names = list(self._left)
        undone = set(self._claims.undone(names))
        self._feed.settle_others(name for name in names if name not in undone)

    def _is_stored(self, name: str) -> bool:
        return self._upstream is None or self._upstream.feed.settled(name) is not None
