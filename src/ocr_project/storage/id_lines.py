"""Ids as an index has them on disk, one a line: kept as the bytes that they are, and not as an object each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import overload

import numpy as np


class IdLines(Sequence[str]):
    """The lines of a file, by their places."""

    def __init__(self, path: Path) -> None:
        """Read the file: UTF-8, each line ended."""
        self._text = path.read_bytes()
        self._ends = np.flatnonzero(np.frombuffer(self._text, np.uint8) == ord("\n"))

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self[place] for place in range(*at.indices(len(self)))]
        place = range(len(self))[at]  # an IndexError ends a loop over them
        start = int(self._ends[place - 1]) + 1 if place else 0
        return self._text[start : int(self._ends[place])].decode("utf-8")
