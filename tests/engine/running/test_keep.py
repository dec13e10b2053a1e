"""Shards rest as soon as they are whole, whatever happens to the stage afterwards."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from ocr_project.domain.types import Made, Prune, Shard, ShardInfo
from ocr_project.engine.running.keep import keep_all
from ocr_project.testing.fakes import MemoryShards


def shard(name: str) -> Shard:
    return Shard(ShardInfo(name, "k", name, 1), [name])


def test_each_shard_rests_before_the_next_is_made() -> None:
    done = MemoryShards({"old": (ShardInfo("old", "k", "old", 1), [])})
    seen: list[list[str]] = []

    def made() -> Generator[Shard | Prune]:
        yield Prune(("old",))
        for name in "ab":
            seen.append(list(done.index()))
            yield shard(name)

    assert keep_all(done, made()) == Made("memory", (shard("a").info, shard("b").info))
    assert seen == [[], ["a"]]
    assert list(done.rows()) == ["a", "b"]


def test_what_cannot_be_written_ends_the_stage_and_its_workers() -> None:
    ended = []

    class Full(MemoryShards):
        def keep(self, made: Shard | Prune) -> None:
            raise OSError("full")

    def made() -> Generator[Shard | Prune]:
        try:
            yield shard("a")
        finally:
            ended.append(True)

    stage = made()
    with pytest.raises(OSError, match="full"):
        keep_all(Full(), stage)
    assert ended == [True]
