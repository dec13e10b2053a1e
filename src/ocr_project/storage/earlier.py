"""What nodes made in earlier runs of the same inputs, so that it need not be made again::

    .earlier/
      score_pages/
        about.json          {"key": …, "results": [{"kind": "table", "sha256": …}]}
        0                   the first result

Of each node the latest result only. What is damaged, or of another key, is nothing.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ocr_project.storage.atomic import atomic_folder
from ocr_project.storage.scratch import Scratch
from ocr_project.storage.table_file import TableFile

log = logging.getLogger(__name__)

_ABOUT = "about.json"
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError)


class Earlier:
    """A folder of results by the name of what made them."""

    def __init__(self, root: Path, scratch: Scratch) -> None:
        """Name the folder; nothing is read.

        Args:
            root: The folder.
            scratch: Where a result that is a file is laid out, to be moved from there.
        """
        self._root = root
        self._scratch = scratch

    def find(self, name: str, key: str) -> tuple[Any, ...] | None:
        """Return what was made under a name, as `keep` was given it; None where that was of another key.

        Args:
            name: Of what makes it.
            key: Tells all that it is made from.
        """
        folder = self._root / name
        try:
            about = json.loads((folder / _ABOUT).read_bytes())
            if about["key"] != key:
                return None
            kinds = [result["kind"] for result in about["results"]]
            paths = [_checked(folder / str(place), result["sha256"]) for place, result in enumerate(about["results"])]
            return tuple(self._woken(name, *pair) for pair in zip(kinds, paths, strict=True))
        except FileNotFoundError:
            return None
        except _UNREADABLE as error:
            log.warning("%s cannot be read (%s): it is made again", folder, error)
            return None

    def made(self, name: str, file: Path) -> float | None:
        """Return when a file was made that is among the results under a name.

        Args:
            name: Of what makes it.
            file: Where it was saved to.

        Returns:
            Seconds since the epoch; None where the file is not what is stored.
        """
        about = self._root / name / _ABOUT
        try:
            known = {result["sha256"] for result in json.loads(about.read_bytes())["results"]}
            return about.stat().st_mtime if hashlib.sha256(file.read_bytes()).hexdigest() in known else None
        except _UNREADABLE:
            return None

    def keep(self, name: str, key: str, results: Sequence[Any]) -> None:
        """Store what was made, in place of what was stored before.

        Args:
            name: Of what made it.
            key: Tells all that it was made from.
            results: Tables, whole or files of rows, files (by their paths), or values that JSON knows.

        Raises:
            StorageError: The disk is full, or the folder cannot be written to.
        """
        with atomic_folder(self._root / name) as draft:
            stored = []
            for place, result in enumerate(results):
                kind = _lay_down(result, draft / str(place))
                stored.append({"kind": kind, "sha256": _sha256(draft / str(place))})
            (draft / _ABOUT).write_text(json.dumps({"key": key, "results": stored}), encoding="utf-8")

    def _woken(self, name: str, kind: str, stored: Path) -> Any:
        if kind in (_FILE, _ROWS):
            with self._scratch.draft(f"{name}.{stored.name}") as path:
                shutil.copyfile(stored, path)
            return path if kind == _FILE else TableFile(path)
        return _READERS[kind](stored)


def _checked(path: Path, sha256: str) -> Path:
    if _sha256(path) != sha256:
        raise ValueError(f"{path.name} is not what was written")
    return path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _lay_down(result: Any, path: Path) -> str:
    """Write a result, and return what kind it is; none is laid out in memory beside itself."""
    if isinstance(result, pd.DataFrame):
        with path.open("wb") as file:
            result.to_parquet(file)
        return _TABLE
    if isinstance(result, Path | TableFile):
        shutil.copyfile(result if isinstance(result, Path) else result.path, path)
        return _FILE if isinstance(result, Path) else _ROWS
    path.write_text(json.dumps(result), encoding="utf-8")
    return _VALUE


def _table(path: Path) -> pd.DataFrame:
    with path.open("rb") as file:  # a name without a suffix would be taken for a folder of a data set
        return pd.read_parquet(file, use_threads=False)


_TABLE, _FILE, _ROWS, _VALUE = "table", "file", "rows", "value"
_READERS: dict[str, Callable[[Path], Any]] = {
    _TABLE: _table,
    _VALUE: lambda path: json.loads(path.read_bytes()),
}
