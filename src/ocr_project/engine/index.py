"""Vectors at rest, laid out to be searched: one `.npy` that can be mapped into memory, and its ids."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.errors import SourceError
from ocr_project.domain.protocols import ShardSource

VECTORS, IDS = "vectors.npy", "ids.txt"


def write_index(folder: Path, *, rows: ShardSource) -> None:
    """Write the vectors of all rows, one shard in memory at a time; the folder is replaced as a whole.

    Args:
        folder: To hold `vectors.npy`, shape (n, dimensions), float32, and `ids.txt`, n lines.
        rows: Of `Embedding`.
    """
    names = list(rows.index())
    count = sum(info.items for info in rows.index().values())
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    first = next(rows.read(names[0]), None) if names else None
    dimensions = len(first.vector) if first is not None else 0
    vectors = np.lib.format.open_memmap(partial / VECTORS, mode="w+", dtype=np.float32, shape=(count, dimensions))
    with (partial / IDS).open("w", encoding="utf-8") as ids:
        for position, row in enumerate(row for name in names for row in rows.read(name)):
            vectors[position] = row.vector
            ids.write(f"{row.item_id}\n")
        ids.flush()
        os.fsync(ids.fileno())
    vectors.flush()
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def open_index(folder: Path) -> tuple[list[str], NDArray[np.float32]]:
    """Return the ids and the vectors, mapped into memory.

    Raises:
        SourceError: There is no index yet.
    """
    if not (folder / VECTORS).is_file():
        raise SourceError(f"no index in {folder}: run `kedro run` first")
    ids = (folder / IDS).read_text(encoding="utf-8").splitlines()
    return ids, np.load(folder / VECTORS, mmap_mode="r" if ids else None)
