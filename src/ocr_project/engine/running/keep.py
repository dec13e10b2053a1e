"""The end of a stage: what it makes is kept, shard by shard, before its node returns."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing

from ocr_project.domain.protocols import ShardStore
from ocr_project.domain.types import Made, Prune, Shard, ShardInfo


def keep_all(done: ShardStore, made: Generator[Shard | Prune]) -> Made:
    """Write each shard as soon as it is whole, and let go of it.

    Args:
        done: The folder that the stage writes to.
        made: From `stream`; it is closed, also where a shard cannot be written.

    Returns:
        What rests in `done` now, and what of it is of this run.
    """
    infos: list[ShardInfo] = []
    with closing(made):
        for one in made:
            done.keep(one)
            if isinstance(one, Shard):
                infos.append(one.info)
    return Made(done.place, tuple(infos))
