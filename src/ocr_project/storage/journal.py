"""What was done, a line each, added as soon as it is done: a process that is killed loses only what it was doing.

A line is JSON and ends with a line feed; it is written by one call and on the disk before `add` returns. A last line
without its end is what a kill or a full disk left: it is cut off when the journal is opened again.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ocr_project.domain.errors import StorageError
from ocr_project.storage.atomic import storing


class Journal:
    """A file of JSON lines that only grows. For one process; threads take turns."""

    def __init__(self, path: Path) -> None:
        """Open it, and cut off what was not written whole.

        Args:
            path: The file; it and its folder are made where they are missing.

        Raises:
            StorageError: It cannot be written.
        """
        self._path = path
        with storing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            whole = path.read_bytes().rfind(b"\n") + 1
            if whole < os.fstat(self._file).st_size:
                os.ftruncate(self._file, whole)

    def add(self, entry: dict[str, Any]) -> None:
        """Write an entry, and wait until it is on the disk.

        Raises:
            StorageError: The disk is full.
        """
        line = json.dumps(entry).encode("ascii") + b"\n"  # ASCII: halves of surrogate pairs survive
        with storing(self._path):
            written = os.write(self._file, line)
            if written < len(line):
                raise OSError(28, "only a part of the line was written")
            os.fdatasync(self._file)

    def close(self) -> None:
        """Close the file. Idempotent."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()


def read_journal(path: Path) -> list[dict[str, Any]]:
    """Return the whole entries, in their order; none where there is no journal.

    Raises:
        StorageError: A line is damaged: the message says which.
    """
    if not path.is_file():
        return []
    found = []
    for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], 1):
        try:
            found.append(json.loads(line))
        except ValueError as error:
            raise StorageError(f"{path}: line {number} is damaged; move the file away, and ask anew") from error
    return found
