"""Logs of servers for each worker of a launch: all workers call their first card 0, and often share a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from ocr_project.domain.options.base import Options

T = TypeVar("T", bound=Options)


def with_logs_of(options: T, logs: Path, worker: str) -> T:
    """Return options whose servers and containers write their logs into a folder of this worker.

    Args:
        options: Of a section, or of a block of one.
        logs: Folder of the launch's logs. A folder that options name stays, and the worker's is in it.
        worker: Name of its folder.
    """
    own = getattr(options, "logs", None)
    if isinstance(own, Path):
        named = "logs" in options.model_fields_set
        return options.model_copy(update={"logs": own / worker if named else logs / worker / own.name})
    blocks = {name: block for name, block in options if isinstance(block, Options)}
    changed = {
        name: there for name, block in blocks.items() if (there := with_logs_of(block, logs, worker)) is not block
    }
    return options.model_copy(update=changed) if changed else options
