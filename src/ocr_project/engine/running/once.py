"""A node that makes a table of the whole corpus makes it once: the same inputs have the same result.

Shards are skipped one by one (`plan`). What comes after them reads all of them. It is made anew if anything differs
that it is made from: a footer of a shard (a shard that was made again is another one), a row of a table, an option, a
file of the package, an installed package. No version is raised by hand for it.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import pandas as pd
import pyarrow as pa

from ocr_project import __file__ as _package
from ocr_project.domain.options.base import Options
from ocr_project.domain.protocols import ShardSource
from ocr_project.storage.earlier import Earlier
from ocr_project.storage.scratch import Scratch
from ocr_project.storage.table_file import TableFile

_NOTE = ".made_from.json"
_ROWS_AT_ONCE = 4_096

log = logging.getLogger(__name__)

Result = TypeVar("Result")


def once(earlier: Earlier | None, name: str, sources: Sequence[object], make: Callable[[], Result]) -> Result:
    """Return what `make` returns, or returned in an earlier run over the same sources.

    Args:
        earlier: Results of earlier runs; None: it is always made.
        name: Of the node.
        sources: All that the result depends on: shards, tables, options, paths, plain values. What a path leads to is
            told by what is in it one floor down: folders are replaced as a whole, or have a manifest at their top.
        make: Returns a table, a file in the scratch folder, a value of JSON, or a tuple of these.
    """
    if earlier is None:
        return make()
    key = fingerprint(name, *sources)
    found = earlier.find(name, key)
    if found is not None:
        log.info("%s: nothing that it is made from has changed", name)
        return cast(Result, found if len(found) > 1 else found[0])
    made = make()
    earlier.keep(name, key, made if isinstance(made, tuple) else (made,))
    return made


def folder_once(place: Path, scratch: Scratch, sources: Sequence[object], fill: Callable[[Path], None]) -> Path:
    """Return a folder in the scratch folder, filled; or `place`, where that was filled from the same sources.

    Args:
        place: Where the folder belongs.
        scratch: For the draft.
        sources: As for `once`.
        fill: Writes the files of the folder that it is given.
    """
    key = fingerprint(place.name, *sources)
    note = place / _NOTE
    if note.is_file() and note.read_text(encoding="utf-8") == _note(key, place):
        log.info("%s: nothing that it is made from has changed", place.name)
        return place
    with scratch.draft(place.name) as folder:
        fill(folder)
        (folder / _NOTE).write_text(_note(key, folder), encoding="utf-8")
    return folder


def _note(key: str, folder: Path) -> str:
    """Return what is written down of a folder: the key, and the sizes of its files."""
    files = sorted(path for path in folder.iterdir() if path.name != _NOTE)
    return json.dumps({"key": key, "files": {path.name: path.stat().st_size for path in files}})


def fingerprint(*sources: object) -> str:
    """Return what tells these sources, and the program that looks at them, from all others."""
    digest = hashlib.sha256(_program().encode())
    for source in sources:
        for part in _parts(source):
            if isinstance(part, str):
                digest.update(part.encode("utf-8", "surrogatepass"))
            else:
                _digest_rows(part, digest)
            digest.update(b"\x1f")
        digest.update(b"\x1e")
    return digest.hexdigest()


def _parts(source: object) -> Iterator[str | pa.Table]:
    match source:
        case pd.DataFrame():
            yield from _table(source)
        case Options():
            yield source.model_dump_json()
        case TableFile():
            with source.path.open("rb") as file:
                yield hashlib.file_digest(file, "sha256").hexdigest()
        case Path():
            yield from _path(source)
        case Mapping():
            for name in sorted(source):
                yield str(name)
                yield from _parts(source[name])
        case tuple() | list():
            for one in source:
                yield from _parts(one)
        case _ if hasattr(source, "index") and hasattr(source, "read"):
            yield from map(repr, cast(ShardSource, source).index().values())
        case _:
            yield repr(source)


def _table(table: pd.DataFrame) -> Iterator[str | pa.Table]:
    found = pa.Table.from_pandas(table)
    yield str(found.schema)
    yield repr(sorted(table.attrs.items()))
    yield found


def _digest_rows(table: pa.Table, digest: Any) -> None:
    """Take the rows of a table into a digest, some at a time: no second copy of it is laid out."""
    with (
        pa.PythonFile(_Digesting(digest), mode="w") as sink,
        pa.ipc.new_stream(sink, table.schema) as writer,
    ):
        writer.write_table(table, max_chunksize=_ROWS_AT_ONCE)


class _Digesting(io.RawIOBase):
    """A file of which a digest is what is left."""

    def __init__(self, digest: Any) -> None:
        super().__init__()
        self._digest = digest

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._digest.update(data)
        return len(data)


def _path(path: Path) -> Iterator[str]:
    for one in sorted(path.iterdir()) if path.is_dir() else (path,):
        if one.exists():
            found = one.stat()
            yield f"{one.name} {0 if one.is_dir() else found.st_size} {found.st_mtime_ns}"


@cache
def _program() -> str:
    """Return what tells this program from another: Python, the package's own files, and what is installed."""
    digest = hashlib.sha256(sys.version.encode())
    root = Path(_package).parent
    for path in sorted(path for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        digest.update(f"{path.relative_to(root)}\x1f".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    for folder in map(Path, sys.path):
        names: list[Any] = [path.name for path in folder.glob("*.dist-info")] if folder.is_dir() else []
        digest.update("\x1f".join(sorted(names)).encode())
    return digest.hexdigest()
