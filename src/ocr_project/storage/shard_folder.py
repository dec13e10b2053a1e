"""A folder of Parquet shards: read lazily, written atomically, the key in the footer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from ocr_project.domain.errors import StorageError
from ocr_project.domain.schemas import from_table, stored_columns, to_table
from ocr_project.domain.types import Prune, Shard, ShardInfo
from ocr_project.storage.atomic import atomic_file, this_writer
from ocr_project.storage.footers import footer_of, read_footer

_DAMAGED = ".damaged"  # what a file that cannot be read is called from then on: the next run makes it again
_ROWS_AT_ONCE = 8  # pages hold images of up to some megabytes: a few at a time keep memory flat


class ShardFolder:
    """Shards of one type of row under one folder. Also the `ShardSource` that nodes are given."""

    def __init__(self, folder: Path, row_type: type) -> None:
        self.folder = folder
        self.row_type = row_type

    def index(self) -> dict[str, ShardInfo]:
        """Return the footers by name, sorted by `order`. A shard whose footer cannot be read counts as missing."""
        found = map(read_footer, shard_files(self.folder))
        return {info.name: info for info in sorted(filter(None, found), key=lambda info: (info.order, info.name))}

    def info(self, name: str) -> ShardInfo | None:
        """Return the footer of one shard; None where it is missing, or cannot be read."""
        path = self._path(name)
        return read_footer(path) if path.is_file() else None

    def read(self, name: str, *, without: Sequence[str] = ()) -> Iterator[Any]:
        """Read the rows of one shard in order, a few at a time.

        Raises:
            StorageError: The shard is missing, or damaged; then it is set aside, and the next run makes it again.
        """
        columns = self._columns(without)
        with (
            self._reading(self._path(name)) as path,
            pq.ParquetFile(path, page_checksum_verification=True) as file,
        ):
            for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE, columns=columns, use_threads=False):
                yield from from_table(batch, self.row_type)

    def rows(self, *, without: Sequence[str] = ()) -> Iterator[Any]:
        """Read all rows of all shards, in the order of the corpus."""
        for name in self.index():
            yield from self.read(name, without=without)

    def page_ids(self, name: str) -> list[str]:
        """Return the ids of the pages of one shard, in order; no other column is read.

        Raises:
            StorageError: As `read`.
        """
        with self._reading(self._path(name)) as path:
            table = pq.read_table(path, columns=["page_id"], use_threads=False, page_checksum_verification=True)
            return cast("list[str]", table["page_id"].to_pylist())

    def find(self, name: str, page_id: str, *, without: Sequence[str] = ()) -> list[Any]:
        """Return the rows of one page; row groups that cannot hold it are not read.

        Raises:
            StorageError: As `read`.
        """
        with self._reading(self._path(name)) as path:
            there = pq.read_schema(path).names  # a shard of an earlier version may lack a column that has a default
            columns = [column for column in self._columns(without) if column in there]
            table = pq.read_table(
                path,
                columns=columns,
                filters=[("page_id", "=", page_id)],
                use_threads=False,
                page_checksum_verification=True,
            )
            return list(from_table(table, self.row_type))

    def beside(self, name: str, sample_id: str) -> list[Any]:
        """Return the rows of the row group that holds a sample, the sample's among them; empty where there is none.

        Raises:
            StorageError: As `read`.
        """
        with self._reading(self._path(name)) as path, pq.ParquetFile(path, page_checksum_verification=True) as file:
            for group in range(file.num_row_groups):
                ids = file.read_row_group(group, columns=["sample_id"], use_threads=False)["sample_id"]
                if sample_id in ids.to_pylist():
                    columns = [column for column in self._columns(()) if column in file.schema_arrow.names]
                    table = file.read_row_group(group, columns=columns, use_threads=False)
                    return list(from_table(table, self.row_type))
        return []

    def write(self, shard: Shard) -> None:
        """Write a shard so that it is there whole or not at all; of several that write the same one the last wins.

        Raises:
            StorageError: The disk is full, or the folder cannot be written to.
        """
        path = self._path(shard.info.name)
        table = to_table(shard.rows, self.row_type).replace_schema_metadata(footer_of(shard.info))
        with atomic_file(path, writer=this_writer()) as file:
            pq.write_table(table, file, compression="zstd", row_group_size=_ROWS_AT_ONCE * 8, write_page_checksum=True)
        _aside(path).unlink(missing_ok=True)

    @property
    def place(self) -> str:
        """Return the folder."""
        return str(self.folder)

    def keep(self, made: Shard | Prune) -> None:
        """Write a finished shard, or forget stale ones: a `ShardStore`'s one way in."""
        if isinstance(made, Prune):
            self.prune(made)
        else:
            self.write(made)

    def prune(self, stale: Prune) -> None:
        """Forget shards that no longer belong to the corpus."""
        for name in stale.names:
            for path in (self._path(name), _aside(self._path(name))):
                path.unlink(missing_ok=True)

    def _columns(self, without: Sequence[str]) -> list[str]:
        return [column for column in stored_columns(self.row_type) if column not in without]

    @contextmanager
    def _reading(self, path: Path) -> Iterator[Path]:
        """Turn what is raised over a file that cannot be read into what to do about it, and set a damaged one aside.

        What the system says of a file (it is not there, a share is gone) is not damage.
        """
        try:
            yield path
        except (OSError, pa.ArrowException, ValueError, TypeError, KeyError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise StorageError(f"{path} cannot be read ({error.strerror})") from error
            with suppress(OSError):
                path.rename(_aside(path))
            advice = "run all stages again: it counts as missing and is made anew"
            raise StorageError(f"{path} is damaged ({error}): {advice}") from error

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.parquet"


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}{_DAMAGED}")


def shard_files(folder: Path) -> list[Path]:
    """Return the files of the finished shards in a folder."""
    return [path for path in folder.glob("*.parquet") if not path.name.startswith(".")]
