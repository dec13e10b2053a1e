"""A folder of shards that several runs fill, each with what it names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ocr_project.domain.protocols import ShardSource, ShardStore
from ocr_project.domain.types import Lineage, Prune, Shard, ShardInfo
from ocr_project.engine.running.plan import lineage_of, open_lineage

AFTER_NAME = "#"  # in ShardInfo.order, between the name of a set or a source and its first item


@dataclass(frozen=True, slots=True)
class NamedShards:
    """A folder as a run sees it that names some test sets, or sources: the shards of the others stay there, unseen.

    What is unseen is neither worked on, nor scored, nor pruned: hours of a GPU are not thrown away because a run was
    about something else.

    Attributes:
        shards: The whole folder.
        names: What a shard's `order` begins with, up to the last `#`.
    """

    shards: ShardSource
    names: frozenset[str]

    @property
    def lineage(self) -> str:
        """Return the lineage that the folder shows."""
        return lineage_of(self.shards)

    def open(self, lineage: Lineage, keys: Mapping[str, str]) -> NamedShards:
        """Open a lineage of the folder; what is seen of it are the same names."""
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
        """Return the footers of the named shards."""
        found = self.shards.index()
        return {name: info for name, info in found.items() if info.order.rpartition(AFTER_NAME)[0] in self.names}

    def read(self, name: str, *, without: Sequence[str] = ()) -> Iterator[Any]:
        """Read one shard."""
        return self.shards.read(name, without=without)

    def rows(self, *, without: Sequence[str] = ()) -> Iterator[Any]:
        """Read the rows of the named shards."""
        for name in self.index():
            yield from self.read(name, without=without)

    def find(self, name: str, page_id: str, *, without: Sequence[str] = ()) -> list[Any]:
        """Return the rows of one page."""
        return self.shards.find(name, page_id, without=without)
