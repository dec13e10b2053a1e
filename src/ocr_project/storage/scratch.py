"""Drafts: files and folders that are being written, away from where they belong until they are whole."""

from __future__ import annotations

import errno
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ocr_project.storage import atomic
from ocr_project.storage.atomic import is_alive, partial_of, storing, this_writer


class Scratch:
    """A folder for drafts. Each process has its own part of it: runs that overlap never meet.

    Attributes:
        folder: The part of this process. It should be on the file system of the results, so that to move is to rename.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self.folder = root / this_writer()

    @contextmanager
    def draft(self, name: str) -> Iterator[Path]:
        """Yield a path to write a file or a folder to; after an error nothing is left of it.

        Args:
            name: Of the draft, one per process at a time.

        Yields:
            A path at which there is nothing, in a folder that is there.
        """
        path = self.folder / name
        _remove(path)
        with storing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield path
        except BaseException:
            _remove(path)
            raise

    def sweep(self) -> None:
        """Remove what ended processes of this machine left; what another machine has here is not touched."""
        host = socket.gethostname()
        for folder in self._root.glob(f"{host}-*"):
            number = folder.name.removeprefix(f"{host}-")
            if number.isdigit() and not is_alive(int(number)):
                shutil.rmtree(folder, ignore_errors=True)


def put_in_place(draft: Path, place: Path) -> None:
    """Move a finished draft to where it belongs; what was there before stays until then.

    Args:
        draft: A file or a folder. `place` itself: it was written there, and nothing is done.
        place: Its folder is made where it is missing.

    Raises:
        StorageError: The disk is full, or the folder cannot be written to.
    """
    if draft == place:
        return
    with storing(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        atomic.put_in_place(_brought_near(draft, place), place)


def remove_leftovers(versions: Path, current: Path) -> None:
    """Remove what killed runs left half written in folders of versions, which no other run visits again.

    Args:
        versions: The folder of the versions of a file or folder of the same name.
        current: The version that is being written.
    """
    for version in versions.glob("*/"):
        if version == current:
            continue
        for leftover in version.glob(f".{versions.name}*"):
            _remove(leftover)
        if not any(version.iterdir()):
            version.rmdir()


def _brought_near(draft: Path, place: Path) -> Path:
    """Return the draft, or its copy beside `place` where that is on another file system: nothing renames across."""
    near = partial_of(place)
    _remove(near)
    try:
        return draft.rename(near)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    try:
        if draft.is_dir():
            shutil.copytree(draft, near)
        else:
            shutil.copyfile(draft, near)
    except BaseException:
        _remove(near)
        raise
    _remove(draft)
    return near


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
