"""What a stage has to do: the shards that are missing, or were made from, or by, something else."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.types import Identity, ShardInfo, derive_key

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a stage has to do.

    Attributes:
        todo: Shards to make, with their new keys, in the order of the corpus.
        stale: Names of shards that no longer belong to the corpus.
        done: Number of pages that need no work.
    """

    todo: tuple[ShardInfo, ...]
    stale: tuple[str, ...]
    done: int


def pending(source: Iterable[ShardInfo], done: ShardSource, stage: str, identity: Identity) -> Plan:
    """Find the shards of a stage that are missing or were made from, or by, something else.

    Args:
        source: The shards that the stage starts from.
        done: The folder that the stage writes to.
        stage: Name of the stage, part of every key.
        identity: Of the backend.
    """
    have = {name: info.key for name, info in done.index().items()}
    wanted = [
        ShardInfo(
            name=info.name,
            key=derive_key(info.key, stage, identity),
            order=info.order,
            pages=info.pages,
            stage=stage,
            identity=identity.canonical(),
        )
        for info in source
    ]
    names = {info.name for info in wanted}
    done_pages = sum(info.pages for info in wanted if have.get(info.name) == info.key)
    if done_pages:
        log.info("%s: %d of %d pages are done already", stage, done_pages, sum(info.pages for info in wanted))
    return Plan(
        todo=tuple(info for info in wanted if have.get(info.name) != info.key),
        stale=tuple(sorted(set(have) - names)),
        done=done_pages,
    )
