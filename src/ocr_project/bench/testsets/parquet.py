"""Sets that lie in Parquet files, as the Hub keeps them: a row an item, read one row group at a time."""

from __future__ import annotations

import hashlib
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from ocr_project.bench.testsets.card import Card
from ocr_project.bench.testsets.damage import named
from ocr_project.bench.testsets.item import Item
from ocr_project.domain.errors import SourceError

Row: TypeAlias = Mapping[str, Any]

_GROUPS_HELD = 2  # two workers at the seam of two row groups


@dataclass(frozen=True, slots=True)
class _Group:
    path: Path
    index: int
    start: int


class ParquetSet:
    """Rows of several Parquet files, seen as one table."""

    def __init__(self, card: Card, paths: Sequence[Path], make: Callable[[int, Row], Item], image: str) -> None:
        """Read the footers.

        Args:
            card: Of the set.
            paths: In the order of the set.
            make: Makes an item of its index and row; the row lacks the image where it was not wanted.
            image: Column of the image.

        Raises:
            SourceError: A file is damaged, or lacks the column of the image.
        """
        self.card = card
        self._make = make
        self._image = image
        self._lock = threading.Lock()  # pyarrow's files are not for two threads
        self._held: OrderedDict[int, pa.Table] = OrderedDict()
        self._groups: list[_Group] = []
        self._rows = 0
        digest = hashlib.sha256()
        for path in paths:
            footer = self._footer(path)
            digest.update(f"{path.name}:{path.stat().st_size}:{footer.num_rows}".encode())
            for index in range(footer.num_row_groups):
                self._groups.append(_Group(path, index, self._rows))
                self._rows += footer.row_group(index).num_rows
        self._starts = [group.start for group in self._groups]
        self.fingerprint = digest.hexdigest()

    def __len__(self) -> int:
        return self._rows

    def read(self, indices: Sequence[int], *, images: bool = True) -> list[Item]:
        rows = self._with_images if images else self._without_images
        return [self._item(index, row) for index, row in rows(indices)]

    def _item(self, index: int, row: Row) -> Item:
        with named(f"item {index} of the set {self.card.name}"):
            return self._make(index, row)

    def _with_images(self, indices: Sequence[int]) -> Iterator[tuple[int, Row]]:
        for index in indices:
            place = bisect_right(self._starts, index) - 1
            with self._lock:
                if place not in self._held:
                    self._held[place] = self._load(place, images=True)
                    while len(self._held) > _GROUPS_HELD:
                        self._held.popitem(last=False)
                rows = self._held[place]
            yield index, rows.slice(index - self._starts[place], 1).to_pylist()[0]

    def _without_images(self, indices: Sequence[int]) -> Iterator[tuple[int, Row]]:
        held, rows = -1, pa.table({})
        for index in indices:
            place = bisect_right(self._starts, index) - 1
            if place != held:
                held, rows = place, self._load(place, images=False)
            yield index, rows.slice(index - self._starts[place], 1).to_pylist()[0]

    def _load(self, place: int, *, images: bool) -> pa.Table:
        group = self._groups[place]
        try:
            with pq.ParquetFile(group.path) as file:
                names = [name for name in file.schema_arrow.names if images or name != self._image]
                return file.read_row_group(group.index, columns=names, use_threads=False)
        except (OSError, pa.ArrowException) as error:
            raise SourceError(f"{group.path} cannot be read ({error}); get it again") from error

    def _footer(self, path: Path) -> pq.FileMetaData:
        try:
            with pq.ParquetFile(path) as file:
                names = file.schema_arrow.names
                footer = file.metadata
        except (OSError, pa.ArrowException) as error:
            raise SourceError(f"{path} cannot be read ({error}); get it again") from error
        if self._image not in names:
            raise SourceError(f"{path} has no column {self._image!r}; it has {', '.join(names)}")
        return footer


def image_bytes(value: Any) -> bytes | None:
    """Return the bytes of an image column: the Hub's struct of bytes and path, or plain bytes."""
    found = value.get("bytes") if isinstance(value, Mapping) else value
    return bytes(found) if found else None


def parquet_files(root: Path, *patterns: str) -> list[Path]:
    """Return the Parquet files of the first pattern that has any, by name: the split is in the name.

    Raises:
        SourceError: There are none.
    """
    for pattern in patterns:
        if found := sorted(root.glob(pattern)):
            return found
    raise SourceError(f"{root} has no {patterns[0]}")
