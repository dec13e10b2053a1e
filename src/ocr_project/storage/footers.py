"""Footers of shards: what they say of their shard, read once as long as the file is the same one.

A node asks for the footers of five stages, several times, and a run has a score of nodes: what a process has read of a
file it does not read again. A file is the same one by its number, size and time; one that was changed a moment ago is
read each time, because a second change may have the same time ("racily clean", as the index of git has it).
"""

from __future__ import annotations

import json
import logging
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ocr_project.domain.gpu_usage import GpuUsage
from ocr_project.domain.types import ShardInfo

log = logging.getLogger(__name__)

_FOOTER = b"ocr_project.shard"
_SETTLED = 5.0  # seconds: file systems have times in steps of up to two, and clocks of servers differ by some

_Stamp = tuple[int, int, int]
_known: dict[Path, tuple[_Stamp, ShardInfo]] = {}


def footer_of(info: ShardInfo) -> dict[bytes, bytes]:
    """Return what is written into a shard's file beside its columns."""
    return {_FOOTER: json.dumps(asdict(info), ensure_ascii=False).encode()}


def read_footer(path: Path) -> ShardInfo | None:
    """Read the footer of a shard; None, and a warning, where it cannot be read."""
    try:
        stamp, settled = _stamp(path)
        known = _known.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        info = _info(json.loads((pq.read_schema(path).metadata or {})[_FOOTER]))
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
        _known.pop(path, None)
        log.warning("%s has no readable footer (%s): it counts as missing and is made again", path, error)
        return None
    if settled:
        _known[path] = stamp, info
    return info


def forget() -> None:
    """Forget all that was read: the next look at a footer opens its file."""
    _known.clear()


def _stamp(path: Path) -> tuple[_Stamp, bool]:
    """Return what tells a file from another one of its name, and whether it is old enough to be told by that."""
    found = path.stat()
    settled = abs(time.time() - found.st_mtime) > _SETTLED
    return (found.st_ino, found.st_size, found.st_mtime_ns), settled


def _info(footer: dict[str, Any]) -> ShardInfo:
    """Return what `asdict` made a footer of; shards from before GPUs were watched say nothing of them."""
    gpus = tuple(_usage(gpu) for gpu in footer.pop("gpus", ()))
    for name in ("stage", "identity", "process"):  # the same ones in thousands of footers
        if name in footer:
            footer[name] = sys.intern(footer[name])
    return ShardInfo(**footer, gpus=gpus)


def _usage(values: dict[str, Any]) -> GpuUsage:
    """JSON knows lists only; the types say tuples, so that footers can be compared."""
    found: dict[str, Any] = {k: tuple(map(tuple, v)) if isinstance(v, list) else v for k, v in values.items()}
    return GpuUsage(**found)
