"""Vectors as plain NumPy files with their ids, under the names that the project's predecessors gave them.

A name in `NAMES` is an array of shape (n, dimensions) in `<name>.npy`, its ids line by line in `<name>.ids.txt`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np

from ocr_project.domain.types import Embedding
from ocr_project.storage.atomic import atomic_folder

# By kind and modality. The first three are the seeds' own; the seeds embed no regions.
NAMES: Mapping[tuple[str, str], str] = {
    ("page", "image"): "corpus_images",
    ("page", "text"): "corpus_ocr_text",
    ("query", "text"): "queries",
    ("region", "image"): "region_images",
    ("region", "text"): "region_ocr_text",
}


def write_vector_files(
    folder: Path, *, sets: Mapping[tuple[str, str], Callable[[], Iterable[Embedding]]], dtype: str
) -> None:
    """Write the arrays of a corpus, one row in memory at a time; the folder is replaced as a whole.

    Args:
        folder: To hold a pair of files for each set that is not empty.
        sets: Rows by kind and modality, a key of `NAMES`; called once each.
        dtype: `float32` or `float16`.
    """
    with atomic_folder(folder) as draft:
        for key, rows in sets.items():
            _write(draft / NAMES[key], rows(), np.dtype(dtype).newbyteorder("<"))


def _write(base: Path, rows: Iterable[Embedding], dtype: np.dtype[np.floating]) -> None:
    """Write one pair of files; the header, whose size does not change, is written again once the rows are counted."""
    array, ids = base.with_name(f"{base.name}.npy"), base.with_name(f"{base.name}.ids.txt")
    count = dimensions = 0
    with array.open("wb") as vectors, ids.open("w", encoding="utf-8") as names:
        _header(vectors, dtype, 0, 0)
        start = vectors.tell()
        for row in rows:
            dimensions = dimensions or len(row.vector)
            vectors.write(np.asarray(row.vector, dtype).tobytes())
            names.write(f"{row.item_id}\n")
            count += 1
        vectors.seek(0)
        _header(vectors, dtype, count, dimensions)
        assert vectors.tell() == start
    if not count:
        array.unlink()
        ids.unlink()


def _header(file: object, dtype: np.dtype[np.floating], count: int, dimensions: int) -> None:
    # NumPy pads its header so that the count may grow in place (numpy.lib.format, GROWTH_AXIS_MAX_DIGITS)
    shape = {"descr": dtype.str, "fortran_order": False, "shape": (count, dimensions)}
    np.lib.format.write_array_header_1_0(file, shape)  # type: ignore[arg-type]
