"""Files and folders that are there whole or not at all: written under another name, flushed to the disk, renamed.

    atomic_file     bytes, as a stream
    atomic_text     text, as a stream
    atomic_json     one small value
    atomic_folder   a folder that takes the place of the one before

All of them end in the same way: the bytes are on the disk before the name is, the name itself is made durable, and
nothing is left of a write that failed. What a killed process left under its other name is written over by the next
attempt, or swept away by `remove_abandoned` where attempts may overlap.
"""

from __future__ import annotations

import errno
import io
import json
import os
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO
from uuid import uuid4

from ocr_project.domain.errors import StorageError

PARTIAL = ".partial"

_WRITER = re.compile(rf"@(?P<host>.+)-(?P<process>\d+)(-[0-9a-f]{{32}})?{re.escape(PARTIAL)}$")


@contextmanager
def atomic_file(path: Path, *, writer: str = "", durable: bool = True) -> Iterator[BinaryIO]:
    """Open a file for writing under a temporary name; it gets its own when the block ends well.

    Args:
        path: The file; its folder is made where it is missing.
        writer: Tells this writer from others that may write the same file at the same time: the last one wins.
            See `this_writer`.
        durable: Whether to wait for the disk. A cache that can be made again need not.

    Raises:
        StorageError: The disk is full, or the folder cannot be written to.
    """
    partial = partial_of(path, writer)
    with storing(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                yield file
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            partial.replace(path)
            if durable:
                sync(path.parent)
        finally:
            if partial.is_file() or partial.is_symlink():
                partial.unlink()


@contextmanager
def atomic_text(path: Path) -> Iterator[TextIO]:
    """Open a text file, UTF-8 with `\\n`, as `atomic_file` does.

    Raises:
        StorageError: As `atomic_file`.
    """
    with atomic_file(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="\n")
        try:
            yield text
        finally:
            text.detach()  # flushes; `atomic_file` closes what is below


def atomic_json(path: Path, value: Any, *, durable: bool = True) -> None:
    """Write a small file of JSON; several threads and processes may write the same one.

    Args:
        path: The file.
        value: ASCII is written, so that halves of surrogate pairs survive too.
        durable: As `atomic_file`.

    Raises:
        StorageError: As `atomic_file`.
    """
    with atomic_file(path, writer=f"{this_writer()}-{uuid4().hex}", durable=durable) as file:
        file.write(json.dumps(value).encode("ascii"))


@contextmanager
def atomic_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder to be filled; it takes the place of `folder` at the end, or is gone after an error.

    A kill between the two renames at the end leaves no folder at all, never half of one.

    Raises:
        StorageError: The disk is full, or the folder cannot be written to.
    """
    partial = partial_of(folder)
    with storing(folder):
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            yield partial
            put_in_place(partial, folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def put_in_place(finished: Path, place: Path) -> None:
    """Let a finished file or folder take the place of the one before it, on the disk before this returns.

    Args:
        finished: On the file system of `place`, whose folder is there.
        place: What is there is replaced; a folder is set aside first, and removed last.

    Raises:
        OSError: The disk says no; what was at `place` is there, or beside it, until the next try.
    """
    for path in (*finished.rglob("*"), finished):
        sync(path)
    before = place.with_name(f".{place.name}.before{PARTIAL}")
    shutil.rmtree(before, ignore_errors=True)
    if place.is_dir():
        place.rename(before)
    finished.replace(place)
    sync(place.parent)
    shutil.rmtree(before, ignore_errors=True)


def partial_of(path: Path, writer: str = "") -> Path:
    """Return the name under which a file or folder is written before it gets its own."""
    return path.with_name(f".{path.name}{'@' if writer else ''}{writer}{PARTIAL}")


def this_writer() -> str:
    """Return what tells this process from every other one that may write to the same disk."""
    return f"{socket.gethostname()}-{os.getpid()}"


def remove_abandoned(folder: Path) -> None:
    """Remove what ended processes left half written in a folder, not below it.

    What a living process of this machine, or any process of another one, is writing stays.
    """
    for path in folder.glob(f".*{PARTIAL}"):
        found = _WRITER.search(path.name)
        if found is None or (found["host"] == socket.gethostname() and not is_alive(int(found["process"]))):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """Turn what the system says of a file that cannot be written into what to do about it.

    Raises:
        StorageError: The disk is full, or the folder cannot be written to.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            advice = f"no space left for {path}: free some and run again; finished work is kept"
            raise StorageError(advice) from error
        raise StorageError(f"{path} cannot be written: {error.strerror or error}") from error


def is_alive(process: int) -> bool:
    """Say whether a process of this machine is there."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
