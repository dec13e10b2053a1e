"""Footers are read once as long as the file is the same, and never later than that."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from pyarrow import parquet

from ocr_project.domain.types import Embedding, Shard, ShardInfo
from ocr_project.storage.footers import read_footer
from ocr_project.storage.shard_folder import ShardFolder


def written(folder: Path, key: str, age: float) -> Path:
    ShardFolder(folder, Embedding).write(Shard(ShardInfo("a", key, "a", 1), []))
    path = folder / "a.parquet"
    then = time.time() - age
    os.utime(path, (then, then))
    return path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return the files whose schema was read."""
    seen: list[Path] = []
    read = parquet.read_schema

    def noted(path: Path) -> object:
        seen.append(path)
        return read(path)

    monkeypatch.setattr("pyarrow.parquet.read_schema", noted)
    return seen


def test_a_file_that_is_the_same_is_opened_once(tmp_path: Path, opened: list[Path]) -> None:
    path = written(tmp_path, "first", age=60)
    first, second = read_footer(path), read_footer(path)
    assert first is not None
    assert first == second
    assert opened == [path]


def test_another_file_of_the_same_name_size_and_time_is_seen(tmp_path: Path) -> None:
    path = written(tmp_path, "first", age=60)
    before = path.stat()
    assert read_footer(path) is not None
    written(tmp_path, "other", age=60)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    found = read_footer(path)
    assert found is not None
    assert found.key == "other"


def test_a_file_changed_a_moment_ago_is_read_each_time(tmp_path: Path, opened: list[Path]) -> None:
    path = written(tmp_path, "first", age=0)
    assert read_footer(path) == read_footer(path)
    assert opened == [path, path]


def test_a_file_that_was_damaged_is_not_remembered(tmp_path: Path) -> None:
    path = written(tmp_path, "first", age=60)
    assert read_footer(path) is not None
    path.write_bytes(b"PAR1")
    assert read_footer(path) is None
    written(tmp_path, "again", age=60)
    found = read_footer(path)
    assert found is not None
    assert found.key == "again"
