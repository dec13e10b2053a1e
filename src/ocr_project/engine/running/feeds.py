"""Stages beside each other: a shard that one of them has stored is taken up by the next while it makes the others.

A stage says what it is going to store (`open`, from `pending`), and each shard that is stored (`settle`, from
`stream`); the stage that starts from its folder finds that there (`of`) in place of a folder at rest. That is all they
know of each other. A run that takes its stages one after another opens none: each then finds a folder at rest.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import islice

from ocr_project.domain.protocols import ShardSource, ShardStore
from ocr_project.domain.types import ShardInfo
from ocr_project.storage.shard_folder import ShardFolder

_LOOK_SECONDS = 0.2  # between two looks at whether the run was stopped


class Stopped(Exception):
    """A stage beside this one failed, or the run was interrupted: what is whole is stored, the rest is left."""


class Feed:
    """What one stage stores in one run.

    Attributes:
        before: How many shards were stored when it began.
    """

    def __init__(
        self,
        infos: Iterable[ShardInfo],
        settled: Collection[str],
        changed: threading.Condition,
        look_up: Callable[[str], ShardInfo | None],
    ) -> None:
        """Begin.

        Args:
            infos: All shards that there will be, in the order of the corpus, as far as they are known beforehand.
            settled: Names of those that are stored already.
            changed: Is told of each that is stored.
            look_up: The name of a shard to its footer, as it is stored now.
        """
        self._look_up = look_up
        self._infos = {info.name: info for info in infos}
        self._settled = dict.fromkeys(name for name in self._infos if name in settled)  # in the order of the settling
        self.before = len(self._settled)
        self._changed = changed
        self._ended = False
        self._ask: Callable[[], None] | None = None

    def look(self) -> tuple[Mapping[str, ShardInfo], frozenset[str]]:
        """Return all shards, and the names of those that are not stored yet: of these, what is known beforehand."""
        with self._changed:
            return dict(self._infos), frozenset(self._infos.keys() - self._settled)

    def settle(self, info: ShardInfo) -> None:
        """Say that a shard is stored."""
        with self._changed:
            self._infos[info.name] = info
            self._settled[info.name] = None
            self._changed.notify_all()

    def settle_others(self, names: Iterable[str]) -> None:
        """Say that another process has stored some shards; one that is gone again stays open."""
        for name in names:
            if self.settled(name) is None and (info := self._look_up(name)) is not None:
                self.settle(info)

    def ask_by(self, ask: Callable[[], None]) -> None:
        """Say how to find out what other processes have stored: calls `settle_others`, from any thread."""
        self._ask = ask

    def ask_others(self) -> None:
        """Look at what other processes have stored: for a stage that has nothing to do while this one is at work."""
        if self._ask is not None:
            self._ask()

    def stored_since(self, count: int) -> list[str]:
        """Return the names of the shards that are stored, without the first so many, in the order of the storing."""
        with self._changed:
            return list(islice(reversed(self._settled), len(self._settled) - count))[::-1]

    @property
    def stored(self) -> int:
        """How many are stored."""
        return len(self._settled)

    def settled(self, name: str) -> ShardInfo | None:
        """Return the footer of a shard that is stored; None of one that is not yet."""
        with self._changed:
            return self._infos[name] if name in self._settled else None

    def end(self) -> None:
        """Say that the stage is over, and all of its shards are stored."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @property
    def has_ended(self) -> bool:
        """Whether the stage is over."""
        return self._ended


class Feeds:
    """The stages of this process that run beside each other. Any thread may call."""

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.RLock())
        self._feeds: dict[tuple[str, str], Feed] = {}
        self._followed: frozenset[str] = frozenset()
        self._opened: set[str] = set()
        self._stopped = False

    @contextmanager
    def following(self, stages: Iterable[str]) -> Iterator[None]:
        """Let the stages behind some stages follow them as long as this lasts.

        Args:
            stages: Whose shards are taken up while they make others.
        """
        with self._changed:
            self._begin(stages)
        try:
            yield
        finally:
            with self._changed:
                self._begin(())

    def _begin(self, stages: Iterable[str]) -> None:
        self._followed, self._opened, self._feeds, self._stopped = frozenset(stages), set(), {}, False

    def open(
        self, stage: str, done: ShardSource, lineage: str, infos: Mapping[str, ShardInfo], todo: Collection[str]
    ) -> Feed:
        """Say what a stage is going to store.

        Args:
            stage: Its name.
            done: The folder that it writes to.
            lineage: In which of its lineages.
            infos: All shards that there will be, by name.
            todo: Names of those that it is going to make.
        """
        feed = Feed(infos.values(), infos.keys() - set(todo), self._changed, partial(info_of, done))
        with self._changed:
            if isinstance(done, ShardStore) and stage in self._followed:
                self._feeds[done.place, lineage] = feed
                self._opened.add(stage)
                self._changed.notify_all()
        return feed

    def of(self, source: object, lineage: str) -> Feed | None:
        """Return what is being stored in a folder; None where it is at rest."""
        with self._changed:
            feed = self._feeds.get((source.place, lineage)) if isinstance(source, ShardStore) else None
            return None if feed is None or feed.has_ended else feed

    @property
    def is_active(self) -> bool:
        """Whether stages of this process run beside each other."""
        return bool(self._followed)

    def has_opened(self, stage: str) -> bool:
        """Say whether a followed stage has said what it is going to store."""
        with self._changed:
            return stage in self._opened

    def wait(self, true: Callable[[], bool]) -> None:
        """Wait until something is true that is told of.

        Raises:
            Stopped: The run is over.
        """
        with self._changed:
            self.check()
            while not true():
                self._changed.wait()
                self.check()

    def notify(self) -> None:
        """Let those who wait look again."""
        with self._changed:
            self._changed.notify_all()

    def check(self) -> None:
        """Go on, unless the run is over.

        Raises:
            Stopped: It is.
        """
        if self._stopped:
            raise Stopped("the run was stopped")

    def stop(self) -> None:
        """End what waits, and what works at its next page."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()


def info_of(source: ShardSource, name: str) -> ShardInfo | None:
    """Return the footer of a shard as it is stored now: a stage beside this one may have stored it a moment ago."""
    return source.info(name) if isinstance(source, ShardFolder) else source.index().get(name)


FEEDS = Feeds()
