"""Remove the claims and logs of launches that are over; never of one that lives, or that may."""

from __future__ import annotations

import shutil
from pathlib import Path

from ocr_project.cli.launch.status import queued
from ocr_project.cli.launch.work import FOLDER, Launch, read, server_time
from ocr_project.domain.errors import StorageError
from ocr_project.storage.claims import living, workers_of

_GONE = ".removed-"  # how the name of a folder begins that is being removed
_DAY = 86_400.0


def why_kept(launch: Launch, days: float) -> str:
    """Say why a launch is not removed; an empty string for one that is over.

    Over is one whose last run has ended and that has no living worker; of one that was stopped before, nothing has
    been heard for some days, and nothing of it waits in Slurm.

    Args:
        launch: Of any machine that sees its folder.
        days: How long a launch without its last run is kept.
    """
    folder = Path(launch.folder)
    now = server_time(folder)
    if at_work := len(living(folder, now)):
        return f"{at_work} workers are at work"
    if launch.job and (waiting := queued(launch.job)):
        return f"job {launch.job} is in the queue: {', '.join(f'{count} {state}' for state, count in waiting.items())}"
    if launch.closed:
        return ""
    if launch.job and waiting is None:
        return "its last run has not ended, and Slurm does not answer here"
    seen = max([(folder / "launch.json").stat().st_mtime, *workers_of(folder).values(), _last_log(launch)])
    if now - seen < days * _DAY:
        return f"its last run has not ended; it is removed {days:g} days after it was last heard of"
    return ""


def remove(folder: Path) -> None:
    """Remove the folder of a launch: its name first, so that no worker finds a part of it.

    Raises:
        StorageError: It cannot be removed.
    """
    gone = folder.with_name(f"{_GONE}{folder.name}")
    try:
        folder.rename(gone)
        shutil.rmtree(gone)
    except OSError as error:
        raise StorageError(f"{folder} cannot be removed: {error}") from error


def remove_what_is_left(data: Path) -> None:
    """Remove what a `clean` that was interrupted left of launches.

    Args:
        data: Folder of the corpus.
    """
    for folder in (data / FOLDER).glob(f"{_GONE}*"):
        shutil.rmtree(folder, ignore_errors=True)  # another may be at it


def clean(folder: Path, days: float) -> str:
    """Remove a launch if it is over; return what became of it, for people."""
    kept = why_kept(read(folder), days)
    if not kept:
        remove(folder)
    return f"{folder.name}: kept, {kept}" if kept else f"{folder.name}: removed"


def _last_log(launch: Launch) -> float:
    return max((path.stat().st_mtime for path in launch.logs.rglob("*")), default=0.0)
