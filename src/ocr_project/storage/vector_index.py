"""Vectors at rest, laid out to be searched: one `.npy` that can be mapped into memory, and its ids."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.errors import SourceError
from ocr_project.domain.protocols import ShardSource
from ocr_project.storage.atomic import atomic_folder
from ocr_project.storage.id_lines import IdLines

VECTORS, IDS, ORIGIN = "vectors.npy", "ids.txt", "origin.txt"


def write_index(folder: Path, *, rows: ShardSource, origin: str = "") -> None:
    """Write the vectors of all rows, one shard in memory at a time; the folder is replaced as a whole.

    Args:
        folder: To hold `vectors.npy`, shape (n, dimensions), float32, and `ids.txt`, n lines.
        rows: Of `Embedding`.
        origin: What the rows came from, to be asked for later (`origin_of_index`).
    """
    with atomic_folder(folder) as draft:
        _fill(draft, rows)
        (draft / ORIGIN).write_text(origin, encoding="utf-8")


def _fill(folder: Path, rows: ShardSource) -> None:
    names = list(rows.index())
    count = sum(info.items for info in rows.index().values())
    first = next(rows.read(names[0]), None) if names else None
    dimensions = len(first.vector) if first is not None else 0
    header = {"descr": "<f4", "fortran_order": False, "shape": (count, dimensions)}
    # Not through a memory map: on a full disk that ends the process with SIGBUS, without a message
    with (folder / VECTORS).open("wb") as vectors, (folder / IDS).open("w", encoding="utf-8") as ids:
        np.lib.format.write_array_header_1_0(vectors, header)
        for row in (row for name in names for row in rows.read(name)):
            vectors.write(np.asarray(row.vector, "<f4").tobytes())
            ids.write(f"{row.item_id}\n")


def open_index(folder: Path) -> tuple[IdLines, NDArray[np.float32]]:
    """Return the ids and the vectors, mapped into memory.

    Raises:
        SourceError: There is no index yet.
    """
    if not (folder / VECTORS).is_file():
        raise SourceError(f"no index in {folder}: run `kedro run` first")
    ids = IdLines(folder / IDS)
    return ids, np.load(folder / VECTORS, mmap_mode="r" if ids else None)


def origin_of_index(folder: Path) -> str:
    """Return what an index was made from; empty where it does not say."""
    path = folder / ORIGIN
    return path.read_text(encoding="utf-8") if path.is_file() else ""
