"""Vectors laid out to be searched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ocr_project.domain.errors import StorageError
from ocr_project.domain.types import Embedding, ShardInfo
from ocr_project.storage.id_lines import IdLines
from ocr_project.storage.vector_index import open_index, write_index
from ocr_project.testing.fakes import MemoryShards

VECTORS = np.random.default_rng(0).standard_normal((5, 16)).astype(np.float32)


def rows(first: int, last: int) -> list[Embedding]:
    return [Embedding(f"p{number}", "page", "text", VECTORS[number]) for number in range(first, last)]


def corpus(kind: type[MemoryShards] = MemoryShards) -> MemoryShards:
    parts = {"a": rows(0, 3), "b": rows(3, 5)}
    return kind(
        {name: (ShardInfo(name, "k", name, len(found), items=len(found)), found) for name, found in parts.items()}
    )


class FullDisk(MemoryShards):
    """Its second shard meets a full disk."""

    def read(self, name: str, *, without: Sequence[str] = ()) -> Iterator[Any]:
        if name == "b":
            raise OSError(28, "No space left on device")
        yield from super().read(name)


def test_vectors_and_ids_come_back_in_order(tmp_path: Path) -> None:
    write_index(tmp_path / "index", rows=corpus())
    ids, vectors = open_index(tmp_path / "index")
    assert list(ids) == ["p0", "p1", "p2", "p3", "p4"]
    assert np.array_equal(vectors, VECTORS)


def test_no_vectors_are_an_index_too(tmp_path: Path) -> None:
    write_index(tmp_path / "index", rows=MemoryShards())
    ids, vectors = open_index(tmp_path / "index")
    assert list(ids) == []
    assert len(vectors) == 0


def test_one_that_could_not_be_written_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    write_index(tmp_path / "index", rows=corpus())
    with pytest.raises(StorageError, match="no space left for"):
        write_index(tmp_path / "index", rows=corpus(FullDisk))
    assert [path.name for path in tmp_path.iterdir()] == ["index"]
    assert len(open_index(tmp_path / "index")[0]) == 5


def test_ids_are_found_by_their_places(tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("a\n글\u2028b\n\n", encoding="utf-8")
    ids = IdLines(tmp_path / "ids.txt")
    assert (len(ids), list(ids), ids[-1], ids[:2]) == (3, ["a", "글\u2028b", ""], "", ["a", "글\u2028b"])
    with pytest.raises(IndexError):
        ids[3]
