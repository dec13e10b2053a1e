"""A table in one Parquet file whose rows go by: written and read some at a time, and never held whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ocr_project.domain.schemas import from_table, to_table
from ocr_project.storage.atomic import atomic_file, storing
from ocr_project.storage.scratch import put_in_place

Row = TypeVar("Row")

AT_ONCE = 1_000  # rows of a group in the file, and in memory; of long ones it may be fewer
_ATTRIBUTES = b"PANDAS_ATTRS"  # where pandas keeps `DataFrame.attrs`
_IN_MEMORY = ": .frame() is a data frame of all rows, .parts() are data frames of some at a time"


class TableFile:
    """What a node is given, and returns, of a table with a row for each page, or several.

    For pandas it is a Parquet file like any other; attributes are `DataFrame.attrs`. In a notebook, or in a node of
    your own, `frame()` is the data frame, where it fits into memory.
    """

    def __init__(self, path: Path, *, is_draft: bool = False) -> None:
        """Name the file; it is read when it is asked for something.

        Args:
            path: The file.
            is_draft: Whether a node has just made it, so that it may be moved to where it belongs.
        """
        self.path, self.is_draft = path, is_draft

    @classmethod
    def written(
        cls, path: Path, rows: Iterable[Any], row_type: type, attrs: Mapping[str, Any], at_once: int = AT_ONCE
    ) -> TableFile:
        """Write rows as they come.

        Args:
            path: A draft: what is left after an error is half a table.
            rows: Instances of `row_type`.
            row_type: One of the keys of `SCHEMAS`.
            attrs: What is said of the table as a whole; values of JSON.
            at_once: How many rows are in memory, here and where the table is read.

        Raises:
            StorageError: The disk is full, or the folder cannot be written to.
        """
        left, metadata = iter(rows), {_ATTRIBUTES: json.dumps(dict(attrs)).encode()}
        schema = to_table([], row_type).schema.with_metadata(metadata)
        with storing(path), pq.ParquetWriter(path, schema) as writer:
            while some := list(islice(left, at_once)):
                writer.write_table(to_table(some, row_type).cast(schema))
        return cls(path, is_draft=True)

    @property
    def attrs(self) -> dict[str, Any]:
        """Return what is said of the table as a whole."""
        found: dict[str, Any] = json.loads((pq.read_schema(self.path).metadata or {}).get(_ATTRIBUTES, b"{}"))
        return found

    def frame(self, *columns: str) -> pd.DataFrame:
        """Return the whole table, as a data frame with its attributes.

        Args:
            columns: Their names; all where none is given.
        """
        return pd.read_parquet(self.path, columns=list(columns) or None, use_threads=False)

    def put(self, place: Path) -> None:
        """Let a file become this table: a draft is moved there, what is stored elsewhere is copied.

        Raises:
            StorageError: The disk is full, or the folder cannot be written to.
        """
        if self.is_draft:
            put_in_place(self.path, place)
        else:
            with atomic_file(place) as file, self.path.open("rb") as kept:
                shutil.copyfileobj(kept, file)

    def __repr__(self) -> str:
        return f"<{len(self):,} rows in {self.path}: .frame() is a data frame, .parts() are of {AT_ONCE:,} rows each>"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise AttributeError(f"a TableFile has no {name!r}{_IN_MEMORY}")

        def __getitem__(self, key: object) -> Any:
            raise TypeError(f"a TableFile has no columns in memory{_IN_MEMORY}")

    def __len__(self) -> int:
        return int(pq.read_metadata(self.path).num_rows)

    @property
    def rows_a_group(self) -> int:
        """Return how many rows the groups have, but for the last one, which may have fewer."""
        with pq.ParquetFile(self.path) as file:
            return _rows_a_group(file)

    def rows(self, row_type: type[Row]) -> Iterator[Row]:
        """Yield all rows in order."""
        for batch in self._batches():
            yield from from_table(batch, row_type)

    def parts(self, *columns: str) -> Iterator[pd.DataFrame]:
        """Yield columns of all rows in order, a group of at most a thousand rows at a time.

        Args:
            columns: Their names; all where none is given. A table without rows has one part.
        """
        for batch in self._batches(*columns):
            yield batch.to_pandas()
        if not len(self):
            yield pq.read_table(self.path, columns=list(columns) or None, use_threads=False).to_pandas()

    def group(self, number: int, row_type: type[Row]) -> list[Row]:
        """Return the rows from `number * rows_a_group` on, `rows_a_group` of them."""
        with pq.ParquetFile(self.path) as file:
            return list(from_table(file.read_row_group(number, use_threads=False), row_type))

    def _batches(self, *columns: str) -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(self.path) as file:
            at_once = min(AT_ONCE, _rows_a_group(file))
            yield from file.iter_batches(at_once, columns=list(columns) or None, use_threads=False)


def _rows_a_group(file: pq.ParquetFile) -> int:
    return int(file.metadata.row_group(0).num_rows) if file.num_row_groups else AT_ONCE
