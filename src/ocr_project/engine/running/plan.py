"""What a stage has to do: the shards that are missing, or were made from, or by, something else."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from ocr_project.domain.protocols import LineageSource, ShardSource
from ocr_project.domain.types import Identity, Lineage, ShardInfo, derive_key, derive_lineage

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a stage has to do.

    Attributes:
        todo: Shards to make, with their new keys, in the order of the corpus.
        stale: Names of shards that no longer belong to the corpus.
        done: Number of pages that need no work.
        lineage: Name of the lineage that the shards belong to.
    """

    todo: tuple[ShardInfo, ...]
    stale: tuple[str, ...]
    done: int
    lineage: str = ""


def pending(source: ShardSource | Mapping[str, ShardInfo], done: ShardSource, stage: str, identity: Identity) -> Plan:
    """Find the shards of a stage that are missing or were made from, or by, something else.

    From now on the folder shows the results of this identity: those of another one are kept beside them.

    Args:
        source: The shards that the stage starts from; for the first stage, those that there should be, by name.
        done: The folder that the stage writes to.
        stage: Name of the stage, part of every key.
        identity: Of the backend.
    """
    infos = source if isinstance(source, Mapping) else source.index()
    wanted = [
        ShardInfo(
            name=info.name,
            key=derive_key(info.key, stage, identity),
            order=info.order,
            pages=info.pages,
            stage=stage,
            identity=identity.canonical(),
        )
        for info in infos.values()
    ]
    lineage = derive_lineage(lineage_of(source), stage, identity)
    opened = open_lineage(done, lineage, {info.name: info.key for info in wanted})
    have = {name: info.key for name, info in opened.index().items()}
    names = {info.name for info in wanted}
    done_pages = sum(info.pages for info in wanted if have.get(info.name) == info.key)
    if done_pages:
        log.info("%s: %d of %d pages are done already", stage, done_pages, sum(info.pages for info in wanted))
    return Plan(
        todo=tuple(info for info in wanted if have.get(info.name) != info.key),
        stale=tuple(sorted(set(have) - names)),
        done=done_pages,
        lineage=lineage.name,
    )


def lineage_of(source: object) -> str:
    """Return the name of the lineage that a source shows; empty where it knows of none."""
    return source.lineage if isinstance(source, LineageSource) else ""


def open_lineage(done: ShardSource, lineage: Lineage, keys: Mapping[str, str]) -> ShardSource:
    """Open a lineage of a folder, as `LineageSource.open`; a source that knows of none is returned as it is."""
    return done.open(lineage, keys) if isinstance(done, LineageSource) else done
