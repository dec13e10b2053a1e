"""Parquet files that are there whole or not at all, none larger than a limit, the same bytes for the same rows.

A single row that is larger than the limit makes a file that is larger than it.
"""

from __future__ import annotations

import filecmp
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ocr_project.storage.atomic import PARTIAL, atomic_text, partial_of, storing, sync

_FOOTER = b"ocr_project.published"
# The viewer reads whole row groups: https://huggingface.co/docs/hub/datasets-viewer asks for small ones with images
_GROUP_BYTES = 32_000_000
_GROUP_ROWS = 1000


class PartedFile:
    """Rows of one configuration on their way into `{stem}-000.parquet`, `{stem}-001.parquet`, …

    Nothing bears its name before `commit`; without it all is dropped.
    """

    def __init__(self, folder: Path, stem: str, schema: pa.Schema, limit: int) -> None:
        """Begin without rows: the first part is opened by the first row group.

        Args:
            folder: Of the configuration.
            stem: What the names of the parts begin with.
            schema: Of the rows.
            limit: Bytes after which a part ends, at the row group before.
        """
        self._folder, self._stem, self._schema, self._limit = folder, stem, schema, limit
        self._group_bytes = min(_GROUP_BYTES, limit // 4)
        self._waiting: list[Mapping[str, Any]] = []
        self._waiting_bytes = 0
        self._parts: list[Path] = []
        self._sink: pa.OSFile | None = None
        self._writer: pq.ParquetWriter | None = None

    def add(self, row: Mapping[str, Any]) -> None:
        """Take a row; every so often a row group goes to the disk.

        Raises:
            StorageError: The disk is full, or the folder cannot be written to.
        """
        self._waiting.append(row)
        self._waiting_bytes += _weight(row)
        if self._waiting_bytes >= self._group_bytes or len(self._waiting) >= _GROUP_ROWS:
            self._flush()

    def commit(self, note: Mapping[str, Any]) -> None:
        """Close the parts and give them their names; parts of an earlier run that no longer exist are removed.

        Args:
            note: Goes into the footer of the last part; read again by `read_note`.
        """
        if self._waiting or not self._parts:
            self._flush()
        self._close(json.dumps({**note, "parts": len(self._parts)}, sort_keys=True, ensure_ascii=False))
        with storing(self._folder):
            finals = [path.with_name(path.name.removeprefix(".").removesuffix(PARTIAL)) for path in self._parts]
            for partial, final in zip(self._parts, finals, strict=True):
                _replace_if_changed(partial, final)
            for path in set(self._folder.glob(f"{self._stem}-*.parquet")) - set(finals):
                path.unlink()
            sync(self._folder)

    def drop(self) -> None:
        """Forget what was not committed."""
        if self._sink is not None:
            self._sink.close()
        for path in self._parts:
            path.unlink(missing_ok=True)

    def _flush(self) -> None:
        table = pa.Table.from_pylist(list(self._waiting), schema=self._schema)
        with storing(self._folder):
            if self._sink is not None and self._sink.tell() + self._waiting_bytes > self._limit:
                self._close("")
            writer = self._writer or self._open()
            writer.write_table(table, row_group_size=max(1, len(table)))
        self._waiting, self._waiting_bytes = [], 0

    def _open(self) -> pq.ParquetWriter:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = partial_of(self._folder / f"{self._stem}-{len(self._parts):03d}.parquet")
        self._parts.append(path)
        self._sink = pa.OSFile(str(path), "wb")
        self._writer = pq.ParquetWriter(
            self._sink,
            self._schema,
            compression="zstd",
            write_page_index=True,
            # chunks that stay the same where rows are put in between: the Hub's storage uploads only the others
            use_content_defined_chunking=True,
        )
        return self._writer

    def _close(self, note: str) -> None:
        if self._writer is None or self._sink is None:
            return
        with storing(self._folder):
            if note:
                self._writer.add_key_value_metadata({_FOOTER.decode(): note})
            self._writer.close()
            self._sink.close()
            sync(self._parts[-1])
        self._writer = self._sink = None


def read_note(folder: Path, stem: str) -> dict[str, Any] | None:
    """Return what `commit` noted, where all the parts are there; None where they are not."""
    parts = sorted(folder.glob(f"{stem}-*.parquet"))
    if not parts:
        return None
    try:
        note: dict[str, Any] = json.loads((pq.read_metadata(parts[-1]).metadata or {})[_FOOTER])
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return None  # damaged, or not ours: it is written again
    return note if note.get("parts") == len(parts) else None


@contextmanager
def files(*parted: PartedFile) -> Iterator[None]:
    """Drop the files where the block does not end well."""
    try:
        yield
    finally:
        for file in parted:
            file.drop()


def write_table(folder: Path, stem: str, schema: pa.Schema, rows: Iterable[Mapping[str, Any]], limit: int) -> None:
    """Write a table that is small enough to come from memory."""
    file = PartedFile(folder, stem, schema, limit)
    with files(file):
        for row in rows:
            file.add(row)
        file.commit({})


def write_text(path: Path, text: str) -> None:
    """Write a text so that it is there whole or not at all; one that is there already stays untouched."""
    if path.is_file() and path.read_bytes() == text.encode():
        return
    with atomic_text(path) as file:
        file.write(text)


def _replace_if_changed(partial: Path, final: Path) -> None:
    """Give a finished file its name, unless the same bytes bear it already."""
    if final.is_file() and filecmp.cmp(partial, final, shallow=False):
        partial.unlink()
    else:
        partial.replace(final)


def _weight(value: Any) -> int:
    """Estimate the bytes of a row; images and texts are what counts."""
    if isinstance(value, bytes | str):
        return len(value)
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, Mapping):
        return sum(_weight(inner) for inner in value.values())
    if isinstance(value, list | tuple):
        return 4 * len(value) if value and isinstance(value[0], float) else sum(map(_weight, value))
    return 4
