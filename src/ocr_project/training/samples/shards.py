"""Entries to shards, so that a new entry moves no more than its neighbours: cut by content, as in `engine.ingest`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ocr_project.domain.types import ShardInfo
from ocr_project.training.samples.source import SampleSource

_WHOLE = 1 << 64


@dataclass(frozen=True, slots=True)
class Chosen:
    """Entries of a source that make one shard.

    Attributes:
        source: The opened source.
        indices: Ascending.
    """

    source: SampleSource
    indices: Sequence[int]

    def info(self) -> ShardInfo:
        """Describe the shard before anything of it is made: its key says which entries it stands for."""
        digest = hashlib.sha256(self.source.label.encode("utf-8", "surrogateescape"))
        for index in self.indices:
            entry = self.source.entries[index]
            digest.update(f"\n{entry.place}\x1f{entry.mark}".encode("utf-8", "surrogateescape"))
        first = self.source.entries[self.indices[0]].place
        name = hashlib.sha256(f"{self.source.label}\x1f{first}".encode("utf-8", "surrogateescape")).hexdigest()[:16]
        return ShardInfo(
            name=f"{self.source.label.partition(':')[0]}_{name}",
            key=digest.hexdigest(),
            order=f"{self.source.label}#{first}",
            pages=len(self.indices),
        )

    def pieces(self, size: int) -> Iterator[Chosen]:
        """Cut the entries into pieces of at most `size`."""
        for start in range(0, len(self.indices), size):
            yield Chosen(self.source, self.indices[start : start + size])


def choose(source: SampleSource, *, limit: int | None, shard_samples: int, seed: int) -> dict[str, Chosen]:
    """Choose entries of a source and put them into shards.

    Args:
        source: Opened.
        limit: At most that many entries, drawn by the hash of their place; a larger limit keeps these.
        shard_samples: Entries in a shard on average; none has fewer than a quarter of it (but the last) or more than
            twice as many.
        seed: Of the draw.

    Returns:
        By the name of the shard.
    """
    indices: Sequence[int] = range(len(source.entries))
    if limit is not None and limit < len(indices):
        indices = sorted(sorted(indices, key=lambda index: _draw(f"{seed}:{source.entries[index].place}"))[:limit])
    shards: dict[str, Chosen] = {}
    current: list[int] = []
    for index in indices:
        current.append(index)
        if _ends_here(len(current), source.entries[index].place, shard_samples):
            shards |= _named(Chosen(source, current))
            current = []
    return shards | (_named(Chosen(source, current)) if current else {})


def _named(chosen: Chosen) -> dict[str, Chosen]:
    return {chosen.info().name: chosen}


def _ends_here(length: int, place: str, shard_samples: int) -> bool:
    """Cut after an entry with a probability of 1 / shard_samples, drawn from its place: content-defined chunking."""
    if length * 4 < shard_samples:
        return False
    return length >= 2 * shard_samples or _draw(f"cut:{place}") < _WHOLE // shard_samples


def _draw(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()[:8], "big")
