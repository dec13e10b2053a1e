"""Files that are there whole or not at all: written under another name, flushed to the disk, renamed."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

from ocr_project.domain.errors import StorageError

PARTIAL = ".partial"


@contextmanager
def atomic(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing under a temporary name; it gets its own when the block ends well.

    Raises:
        StorageError: The disk is full, or the folder cannot be written to.
    """
    partial = path.with_name(f".{path.name}{PARTIAL}")
    with storing(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        finally:
            if partial.is_file() or partial.is_symlink():
                partial.unlink()


def save_json(path: Path, value: Any) -> None:
    """Write a small file of a cache: several runs may write the same one, and none waits for the disk.

    Raises:
        StorageError: As `atomic`.
    """
    text = json.dumps(value)  # ASCII: halves of surrogate pairs, too
    partial = path.with_name(f".{uuid4().hex}{PARTIAL}")
    with storing(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(text, "ascii")
            partial.replace(path)
        finally:
            if partial.is_file():
                partial.unlink()


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
            advice = f"no space left for {path}: free some and run again; what was finished is kept"
            raise StorageError(advice) from error
        raise StorageError(f"{path} cannot be written: {error.strerror or error}") from error
