"""What a stage has to do: the shards that are missing, or were made from, or by, something else."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from ocr_project.domain.causes import Cause, cause_of
from ocr_project.domain.errors import StorageError
from ocr_project.domain.options import Retry
from ocr_project.domain.protocols import LineageSource, ShardSource
from ocr_project.domain.types import Identity, Lineage, ShardInfo, Status, derive_key, derive_lineage
from ocr_project.engine.running.feeds import FEEDS, Feed

log = logging.getLogger(__name__)

_LARGE = ("image", "text", "markdown", "vector", "words", "text_layer", "text_layer_words", "cells", "polygon")


@dataclass(frozen=True, slots=True)
class Upstream:
    """The stage before, where it is still at work.

    Attributes:
        feed: What it stores.
        judge: The footer of a shard that it has stored to what this stage has to make of it; None: it has it already.
        have: Footers of what this stage had when it began.
    """

    feed: Feed
    judge: Callable[[ShardInfo], ShardInfo | None]
    have: Mapping[str, ShardInfo]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a stage has to do.

    Attributes:
        todo: Shards to make, with their new keys, in the order of the corpus. Where the stage before is still at work:
            also those that it has not stored yet, with the keys that they will have if nothing fails.
        stale: Names of shards that no longer belong to the corpus.
        done: Number of pages that need no work.
        lineage: Name of the lineage that the shards belong to.
        feed: Tells the stage behind this one what is stored; None where a plan was made by hand.
        upstream: The stage before, where it is still at work.
    """

    todo: tuple[ShardInfo, ...]
    stale: tuple[str, ...]
    done: int
    lineage: str = ""
    feed: Feed | None = None
    upstream: Upstream | None = None


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
    before = FEEDS.of(source, lineage_of(source))
    infos, later = (
        before.look() if before else (source if isinstance(source, Mapping) else source.index(), frozenset())
    )
    wanted = {name: _wanted(stage, identity, info) for name, info in infos.items()}
    lineage = derive_lineage(lineage_of(source) or origin, stage, identity)
    opened = open_lineage(done, lineage, {name: info.key for name, info in wanted.items()})
    have = opened.index()
    judge = partial(_to_make, have=have, done=opened, retry=retry)
    judged = {name: info if name in later else judge(info) for name, info in wanted.items()}
    todo = [info for info in judged.values() if info]
    again = sum(i.name not in later and i.name in have and have[i.name].key == i.key for i in todo)
    if again:
        log.warning("%s: %d shards with failures are done again (runtime.retry=%s)", stage, again, retry)
    pages = sum(info.pages for info in wanted.values())
    done_pages = pages - sum(info.pages for info in todo)
    if done_pages:
        log.info("%s: %d of %d pages are done already", stage, done_pages, pages)
    there = {name: info or have[name] for name, info in judged.items()}
    return Plan(
        todo=tuple(todo),
        stale=tuple(sorted(set(have) - set(wanted))),
        done=done_pages,
        lineage=lineage.name,
        feed=FEEDS.open(stage, opened, lineage.name, there, [info.name for info in todo]),
        upstream=Upstream(before, lambda info: judge(_wanted(stage, identity, info)), have) if before else None,
    )


def _wanted(stage: str, identity: Identity, source: ShardInfo) -> ShardInfo:
    """Describe the shard that a stage makes of one, before it does."""
    return ShardInfo(
        name=source.name,
        key=derive_key(source.source_key, stage, identity),
        order=source.order,
        pages=source.pages,
        stage=stage,
        identity=identity.canonical(),
    )


def _to_make(wanted: ShardInfo, have: Mapping[str, ShardInfo], done: ShardSource, retry: Retry) -> ShardInfo | None:
    """Return the shard to make; None where it is there, and nothing in it is tried again."""
    there = have.get(wanted.name)
    if there is None or there.key != wanted.key:
        return wanted
    return replace(wanted, left=_marked(there.left, retry)) if _is_tried_again(there, done, retry) else None


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
