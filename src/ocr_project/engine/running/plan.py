"""What a stage has to do: the shards that are missing, or were made from, or by, something else."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ocr_project.domain.causes import Cause, cause_of
from ocr_project.domain.errors import StorageError
from ocr_project.domain.options import Retry
from ocr_project.domain.protocols import LineageSource, ShardSource
from ocr_project.domain.types import Identity, Lineage, ShardInfo, Status, derive_key, derive_lineage

log = logging.getLogger(__name__)

_LARGE = ("image", "text", "markdown", "vector", "words", "text_layer", "text_layer_words", "cells", "polygon")


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


def pending(
    source: ShardSource | Mapping[str, ShardInfo],
    done: ShardSource,
    stage: str,
    identity: Identity,
    retry: Retry = Retry.CIRCUMSTANCE,
    origin: str = "",
) -> Plan:
    """Find the shards of a stage that are missing, were made from, or by, something else, or are to be tried again.

    From now on the folder shows the results of this identity: those of another one are kept beside them.

    Args:
        source: The shards that the stage starts from; for the first stage, those that there should be, by name.
        done: The folder that the stage writes to.
        stage: Name of the stage, part of every key.
        identity: Of the backend.
        retry: Which failures are tried again.
        origin: What is stored side by side although it is made in the same way, of a first stage: which sources a run
            names. Equal shards of several of them are stored once, where they were wanted last.
    """
    infos = source if isinstance(source, Mapping) else source.index()
    wanted = [
        ShardInfo(
            name=info.name,
            key=derive_key(info.source_key, stage, identity),
            order=info.order,
            pages=info.pages,
            stage=stage,
            identity=identity.canonical(),
        )
        for info in infos.values()
    ]
    lineage = derive_lineage(lineage_of(source) or origin, stage, identity)
    opened = open_lineage(done, lineage, {info.name: info.key for info in wanted})
    have = opened.index()
    place = {info.name: number for number, info in enumerate(wanted)}
    todo = [info for info in wanted if info.name not in have or have[info.name].key != info.key]
    again = [
        replace(info, left=_marked(have[info.name].left, retry))
        for info in wanted
        if info.name in have and have[info.name].key == info.key and _is_tried_again(have[info.name], opened, retry)
    ]
    if again:
        log.warning("%s: %d shards with failures are done again (runtime.retry=%s)", stage, len(again), retry)
    todo = sorted((*todo, *again), key=lambda info: place[info.name])
    done_pages = sum(info.pages for info in wanted) - sum(info.pages for info in todo)
    if done_pages:
        log.info("%s: %d of %d pages are done already", stage, done_pages, sum(info.pages for info in wanted))
    return Plan(
        todo=tuple(todo),
        stale=tuple(sorted(set(have) - set(place))),
        done=done_pages,
        lineage=lineage.name,
    )


def lineage_of(source: object) -> str:
    """Return the name of the lineage that a source shows; empty where it knows of none."""
    return source.lineage if isinstance(source, LineageSource) else ""


def open_lineage(done: ShardSource, lineage: Lineage, keys: Mapping[str, str]) -> ShardSource:
    """Open a lineage of a folder, as `LineageSource.open`; a source that knows of none is returned as it is."""
    return done.open(lineage, keys) if isinstance(done, LineageSource) else done


def fails_by_circumstance(row: object) -> bool:
    """Say whether a row failed, and not because of its document."""
    failed = getattr(row, "status", Status.OK) is Status.FAILED
    return failed and cause_of(getattr(row, "reason", "")) is Cause.CIRCUMSTANCE


def _is_tried_again(info: ShardInfo, done: ShardSource, retry: Retry) -> bool:
    """Look into the rows: footers of before count failures only, and reasons are few."""
    if not info.failed or retry is Retry.NONE:
        return False
    if retry is Retry.FAILED:
        return True
    try:
        return any(map(fails_by_circumstance, done.read(info.name, without=_LARGE)))
    except StorageError as error:
        log.warning("%s", error)
        return True


def _marked(left: str, retry: Retry) -> str:
    """Return what tells a shard that is done again from the one before, where nothing else will."""
    if left and retry is Retry.CIRCUMSTANCE:
        return ""
    return hashlib.sha256(f"{left} again".encode()).hexdigest()[:16]
