"""Which items are taken, and in which shards they are stored."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ocr_project.bench.testsets.item import OpenedSet
from ocr_project.domain.options import TestsetsOptions
from ocr_project.domain.protocols import ShardSource, ShardStore
from ocr_project.domain.types import Identity, Lineage, Prune, Shard, ShardInfo
from ocr_project.engine.running.plan import lineage_of, open_lineage

VERSION = "1"  # of what all readers share: ids, selection
_AFTER_NAME = "#"  # in ShardInfo.order, between the name of the set and the number of the first item


@dataclass(frozen=True, slots=True)
class Chosen:
    """Items of a set that make one shard.

    Attributes:
        test_set: The opened set.
        indices: Ascending.
    """

    test_set: OpenedSet
    indices: tuple[int, ...]

    def info(self) -> ShardInfo:
        """Describe the shard before anything of it is made: its key says which files and items it stands for."""
        card = self.test_set.card
        parts = (card.name, str(card.version), self.test_set.fingerprint, *map(str, self.indices))
        return ShardInfo(
            name=f"{card.name}_{self.indices[0] + 1:06d}",
            key=hashlib.sha256("\n".join(parts).encode()).hexdigest(),
            order=f"{card.name}{_AFTER_NAME}{self.indices[0]:09d}",
            pages=len(self.indices),
        )


@dataclass(frozen=True, slots=True)
class NamedShards:
    """A folder of the lane as a run sees it that names some sets: the shards of the others stay there, unseen.

    What is unseen is neither worked on, nor scored, nor pruned: hours of a GPU are not thrown away because a run was
    about something else.

    Attributes:
        shards: The whole folder.
        names: Of the sets.
    """

    shards: ShardSource
    names: frozenset[str]

    @property
    def lineage(self) -> str:
        """Return the lineage that the folder shows."""
        return lineage_of(self.shards)

    def open(self, lineage: Lineage, keys: Mapping[str, str]) -> NamedShards:
        """Open a lineage of the folder; what is seen of it are the same sets."""
        return NamedShards(open_lineage(self.shards, lineage, keys), self.names)

    @property
    def place(self) -> str:
        """Return where the whole folder rests."""
        return self._store.place

    def keep(self, made: Shard | Prune) -> None:
        """Keep what a stage made in the whole folder."""
        self._store.keep(made)

    @property
    def _store(self) -> ShardStore:
        assert isinstance(self.shards, ShardStore), f"nothing can be kept in {self.shards}"
        return self.shards

    def index(self) -> Mapping[str, ShardInfo]:
        """Return the footers of the named sets' shards."""
        found = self.shards.index()
        return {name: info for name, info in found.items() if info.order.rpartition(_AFTER_NAME)[0] in self.names}

    def read(self, name: str, *, without: Sequence[str] = ()) -> Iterator[Any]:
        """Read one shard."""
        return self.shards.read(name, without=without)

    def rows(self, *, without: Sequence[str] = ()) -> Iterator[Any]:
        """Read the rows of the named sets' shards."""
        for name in self.index():
            yield from self.read(name, without=without)

    def find(self, name: str, page_id: str, *, without: Sequence[str] = ()) -> list[Any]:
        """Return the rows of one page."""
        return self.shards.find(name, page_id, without=without)


def narrow(shards: ShardSource, options: TestsetsOptions) -> NamedShards:
    """Show of a folder of the lane what belongs to the sets of `testsets.sets`."""
    return NamedShards(shards, frozenset(map(set_name, options.sets)))


def set_name(named: str) -> str:
    """Return the name of a set as its shards have it: of a folder of your own, that of the folder."""
    return Path(named).expanduser().resolve().name if "/" in named else named


def select(sets: Sequence[OpenedSet], *, limit: int | None, shard_pages: int) -> dict[str, Chosen]:
    """Choose the items of each set and put them into shards.

    Args:
        limit: Of each set, at most that many items. Which ones is drawn by their number's hash: sets are sorted by
            task, so the first ones would be of one kind; a larger limit takes more, and keeps these.
        shard_pages: Items in a shard.

    Returns:
        By the name of the shard.
    """
    shards = {}
    for one in sets:
        indices = _drawn(one.card.name, len(one), limit)
        for start in range(0, len(indices), shard_pages):
            chosen = Chosen(one, tuple(indices[start : start + shard_pages]))
            shards[chosen.info().name] = chosen
    return shards


def testset_identity(images: Identity) -> Identity:
    """Return what makes the page of an item what it is, beside the set's own files.

    Args:
        images: How bytes become pages (`ingest_identity`).
    """
    return Identity("testsets", f"{VERSION} {images.revision}", dict(images.settings))


def _drawn(name: str, count: int, limit: int | None) -> list[int]:
    if limit is None or limit >= count:
        return list(range(count))

    def draw(index: int) -> bytes:
        return hashlib.sha256(f"{name}:{index}".encode()).digest()

    return sorted(sorted(range(count), key=draw)[:limit])
