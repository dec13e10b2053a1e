"""What is put side by side has to belong together, shard by shard."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ocr_project.domain.errors import StaleSource
from ocr_project.domain.types import Identity, ShardInfo, derive_key
from ocr_project.engine.running.plan import pending
from ocr_project.engine.running.sources import check_sources
from ocr_project.testing.fakes import MemoryShards, identity

STAGES = ("layout", "recognition", "transcript")


def made(source: MemoryShards, stage: str, by: Identity) -> MemoryShards:
    """Return the shards that a stage makes of a source."""
    return MemoryShards({info.name: (info, []) for info in pending(source, MemoryShards(), stage, by).todo})


def pages(dpi: int, stage: str = "ingest") -> MemoryShards:
    by = identity(dpi=dpi)
    infos = [ShardInfo(name, derive_key(name, stage, by), name, 1, stage, by.canonical()) for name in ("a_1", "b_1")]
    return MemoryShards({info.name: (info, []) for info in infos})


def chain(dpi: int) -> list[MemoryShards]:
    found = [pages(dpi)]
    for stage in STAGES:
        found.append(made(found[-1], stage, identity(stage=stage)))
    return found


def test_what_was_made_one_from_the_other_belongs_together() -> None:
    sharp = chain(100)

    check_sources(*sharp)
    check_sources(*sharp, made(sharp[-1], "embedding", identity()))
    check_sources(sharp[0], made(sharp[0], "embedding", identity()))
    items = pages(100, "testset_ingest")
    check_sources(items, made(items, "testset_truths", identity()))


@pytest.mark.parametrize("place", range(1, 4))
def test_a_stage_that_was_left_behind_is_named(place: int) -> None:
    coarse, sharp = chain(50), chain(100)

    with pytest.raises(StaleSource, match=rf"shard a_1 .*kedro run --pipelines {STAGES[place - 1]}\b"):
        check_sources(*coarse[:place], *sharp[place:])


def test_vectors_and_truths_of_other_pages_are_named() -> None:
    coarse, sharp = chain(50), chain(100)

    with pytest.raises(StaleSource, match=r"vectors of shard a_1 .*--pipelines embedding"):
        check_sources(*coarse, made(sharp[-1], "embedding", identity()))
    with pytest.raises(StaleSource, match=r"testset_truths of shard a_1 .*`testsets`"):
        check_sources(*(pages(50, "testset_ingest"), made(pages(100, "testset_ingest"), "testset_truths", identity())))


def test_one_shard_of_many_is_enough() -> None:
    sharp, coarse = chain(100), chain(50)
    sharp[1].shards["b_1"] = coarse[1].shards["b_1"]

    with pytest.raises(StaleSource, match="regions of shard b_1"):
        check_sources(*sharp[:2])


def test_a_shard_without_a_source_is_stale() -> None:
    sharp = chain(100)
    del sharp[0].shards["b_1"]

    with pytest.raises(StaleSource, match="regions of shard b_1"):
        check_sources(*sharp[:2])


def test_fewer_shards_than_the_source_has_are_no_fault() -> None:
    """A stage that was interrupted: what it has is right."""
    sharp = chain(100)
    del sharp[1].shards["b_1"]

    check_sources(*sharp[:2])


def test_a_footer_that_names_no_stage_is_not_asked() -> None:
    sharp = chain(100)
    info, rows = sharp[1].shards["a_1"]
    sharp[1].shards["a_1"] = replace(info, stage="", identity="", key="unknown"), rows

    check_sources(*sharp[:2])
