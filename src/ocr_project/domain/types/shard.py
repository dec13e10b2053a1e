"""What is saved, resumed and published as one."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ocr_project.domain.gpu_usage import GpuUsage


@dataclass(frozen=True, slots=True)
class Identity:
    """Everything about a backend that changes its results, and nothing that changes only its speed.

    Attributes:
        name: The backend's name, as `options.backend` says it.
        revision: The version of the model or library and of the backend's own code.
        settings: Prompts, sampling, resolution, languages: JSON values only.
    """

    name: str
    revision: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def canonical(self) -> str:
        """Return the identity as JSON with sorted keys: equal identities give equal strings."""
        return json.dumps(
            {"name": self.name, "revision": self.revision, "settings": dict(self.settings)},
            sort_keys=True,
            ensure_ascii=False,
            separators=(",", ":"),
        )


def derive_key(source_key: str, stage: str, identity: Identity) -> str:
    """Return the key of a shard: what it was made from, by which stage, with what identity.

    Returns:
        64 hexadecimal digits (sha256). A change anywhere upstream changes every key below it.
    """
    return derive_key_of(source_key, stage, identity.canonical())


def derive_key_of(source_key: str, stage: str, canonical: str) -> str:
    """Return what `derive_key` does, of the identity as a footer says it."""
    return hashlib.sha256("\x1f".join((source_key, stage, canonical)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Lineage:
    """What results came from: a stage with an identity, after those before it. The corpus is not part of it.

    Shards of one lineage make up a corpus as one choice of models reads it, and are stored in a folder of that name.

    Attributes:
        name: `<backend>-<hash>`, or `<backend>-<model>-<hash>`: the name of the folder.
        stage: The stage that makes the shards.
        identity: Canonical JSON of the backend's identity.
        source: Name of the lineage of the shards that the stage starts from; empty for the first stage.
    """

    name: str
    stage: str
    identity: str
    source: str = ""


def derive_lineage(source: str, stage: str, identity: Identity) -> Lineage:
    """Return the lineage of what a stage makes with an identity out of a lineage."""
    canonical = identity.canonical()
    digest = hashlib.sha256("\x1f".join((source, stage, canonical)).encode()).hexdigest()
    model = str(identity.settings.get("model", "")).rpartition("/")[2]
    label = "-".join(re.sub(r"[^0-9A-Za-z._]+", "_", part)[:40] for part in (identity.name, model) if part)
    return Lineage(f"{label}-{digest[:8]}", stage, canonical, source)


@dataclass(frozen=True, slots=True)
class ShardInfo:
    """What the footer of a shard says of it.

    Attributes:
        name: The same in every stage: the page_id of its first page.
        key: See `derive_key`.
        order: Sorts the shards of a corpus as the documents are sorted: `path#page` of the first page.
        pages: Number of pages.
        stage: The stage that made it.
        identity: Canonical JSON of the backend's identity.
        items: Number of rows.
        failed: Rows that failed in this very stage.
        wall_seconds: Time from the shard before it to this one; adds up to the time of the stage.
        busy_seconds: Time that workers spent on it, added up over the workers.
        workers: Workers at that time.
        gpus: What each GPU did in `wall_seconds`; none where there is none.
        left: Tells what failed by circumstance, and that a shard was done again; empty for one made in one go.
        process: `host-number` of the process that made it; empty in footers from before it was written.
        made: When it was whole, seconds since 1970; 0 in footers from before it was written.
    """

    name: str
    key: str
    order: str
    pages: int
    stage: str = ""
    identity: str = ""
    items: int = 0
    failed: int = 0
    wall_seconds: float = 0.0
    busy_seconds: float = 0.0
    workers: int = 0
    gpus: tuple[GpuUsage, ...] = ()
    left: str = ""
    process: str = ""
    made: float = 0.0

    @property
    def source_key(self) -> str:
        """Return what the stages below derive their keys from: another one where other rows failed by circumstance.

        Once nothing is left it is `key`, as if nothing had ever failed.
        """
        return derive_key_of(self.key, self.stage, self.left) if self.left else self.key


@dataclass(frozen=True, slots=True)
class Shard:
    """About a thousand pages (fewer on a laptop): what is saved, resumed and published as one.

    Attributes:
        info: For its footer.
        rows: In the order of the pages.
        lineage: Name of the lineage that it belongs to; empty: of the one that is current.
    """

    info: ShardInfo
    rows: Sequence[Any]
    lineage: str = ""


@dataclass(frozen=True, slots=True)
class Prune:
    """Says which shards no longer belong to the corpus, so that their lineage forgets them. Others keep theirs."""

    names: tuple[str, ...]
    lineage: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """What a stage made in one run, when all of it rests where it belongs: the answer of its node.

    Attributes:
        place: Of the folder that it is stored in.
        shards: Their footers, in the order in which they were made; empty where all was done already.
    """

    place: str
    shards: tuple[ShardInfo, ...] = ()
