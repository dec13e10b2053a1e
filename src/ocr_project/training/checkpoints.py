"""Checkpoints on the disk: whole ones count, and there has to be room for the next.

One counts once its mark is written, last: one that a kill or a full disk left half written is never resumed from.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from ocr_project.domain.errors import StorageError
from ocr_project.storage.atomic import atomic_json, sync

_MARK = "whole.json"  # written last
_SPARE = 200_000_000  # bytes that stay free beside a checkpoint


def last_checkpoint(folder: Path) -> Path | None:
    """Return the newest whole checkpoint; half-written ones are removed."""
    for place in folder.glob("checkpoint-*"):
        if not (place / _MARK).is_file():
            shutil.rmtree(place, ignore_errors=True)
    return next(reversed(_whole(folder)), None)


def update_of(place: Path) -> int:
    """Return the number of the update after which a checkpoint was saved."""
    return int(place.name.rpartition("-")[2])


def mark_whole(place: Path, keep: int) -> None:
    """Say that a checkpoint is whole, and remove those that are older than the last few.

    Args:
        place: Its folder.
        keep: How many stay, this one included.
    """
    for path in place.rglob("*"):
        sync(path)
    atomic_json(place / _MARK, {"update": update_of(place)})
    for old in _whole(place.parent)[:-keep]:
        shutil.rmtree(old, ignore_errors=True)


def require_room(folder: Path, wanted: int) -> None:
    """Refuse to save where the disk has no room for it.

    Args:
        folder: Of the run.
        wanted: Bytes of the checkpoint.

    Raises:
        StorageError: There is less than that, and a little.
    """
    free = shutil.disk_usage(folder).free
    if free < wanted + _SPARE:
        raise StorageError(
            f"{free / 1e9:.1f} GB are free for {folder}, and a checkpoint takes {wanted / 1e9:.1f}: free some and run"
            " again, it goes on from the checkpoint before; training.keep says how many are kept"
        )


def _whole(folder: Path) -> list[Path]:
    return sorted((place for place in folder.glob("checkpoint-*") if (place / _MARK).is_file()), key=update_of)
