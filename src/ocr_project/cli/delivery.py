"""What `ocr-project` puts into a person's folder: copies of exports, and none of a document that is gone."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from ocr_project.storage.atomic import atomic_file, atomic_json

State = tuple[int, int]  # size and time of change


def deliver(exports: Path, place: Path, names: Sequence[str], record: Path) -> tuple[int, list[Path]]:
    """Copy what is wanted and not there yet, and remove what was brought of documents that are gone.

    A file that was changed since it was brought is a person's own, and stays.

    Args:
        exports: Folder that a run wrote.
        place: Folder of the person.
        names: Of its files and folders, those that are wanted; nothing else is touched.
        record: File that keeps what was brought where.

    Returns:
        How many files there are of it, and those that were removed.
    """
    wanted = {file.relative_to(exports) for name in names for file in _files(exports / name)}
    for name in wanted:
        _copy(exports / name, place / name)
    kept = json.loads(record.read_text(encoding="ascii")) if record.is_file() else {}
    before: Mapping[str, Sequence[int]] = kept.get(str(place), {})
    gone = [Path(name) for name in before if Path(name).parts[0] in names and Path(name) not in wanted]
    removed = [name for name in gone if _state(place / name) == tuple(before[str(name)])]
    for name in removed:
        (place / name).unlink()
    rest = {name: state for name, state in before.items() if Path(name) not in gone}
    brought = {str(name): _state(place / name) for name in sorted(wanted)}
    atomic_json(record, {**kept, str(place): {**rest, **brought}})
    return len(wanted), sorted(removed)


def _files(start: Path) -> list[Path]:
    found = [start] if start.is_file() else sorted(start.rglob("*"))
    return [file for file in found if file.is_file() and not file.name.startswith(".")]


def _copy(file: Path, place: Path) -> None:
    state = file.stat()
    if _state(place) == (state.st_size, state.st_mtime_ns):
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    with atomic_file(place) as target, file.open("rb") as source:
        shutil.copyfileobj(source, target)
    os.utime(place, ns=(state.st_atime_ns, state.st_mtime_ns))


def _state(file: Path) -> State | None:
    if not file.is_file():
        return None
    state = file.stat()
    return state.st_size, state.st_mtime_ns
