"""What is saved, resumed and published as one."""

from __future__ import annotations

import hashlib
import json
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
    parts = "\x1f".join((source_key, stage, identity.canonical()))
    return hashlib.sha256(parts.encode()).hexdigest()


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


@dataclass(frozen=True, slots=True)
class Shard:
    """About a thousand pages (fewer on a laptop): what is saved, resumed and published as one."""

    info: ShardInfo
    rows: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Prune:
    """Says which shards no longer belong to the corpus, so that the folder forgets them."""

    names: tuple[str, ...]
