"""Shards at rest."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ocr_project.datasets import ShardFolder
from ocr_project.domain.errors import StorageError
from ocr_project.domain.types import Box, Page, Prune, Score, Shard, ShardInfo, Word
from ocr_project.storage.atomic import partial_of, this_writer
from ocr_project.testing.fakes import page


def shard(name: str, *numbers: int, order: str = "") -> Shard:
    return Shard(ShardInfo(name, f"key {name}", order or name, len(numbers)), [page(n, name) for n in numbers])


@pytest.fixture
def folder(tmp_path: Path) -> ShardFolder:
    return ShardFolder(tmp_path / "pages", Page)


def test_an_empty_folder_has_an_empty_index(folder: ShardFolder) -> None:
    assert folder.index() == {}


def test_rows_come_back_as_they_went_in(folder: ShardFolder) -> None:
    words = (Word("한글", Box(1, 2, 3, 4), 0.5, 2),)
    written = page(1, text_layer="한글\n둘", text_layer_words=words, image=b"\x89PNG", text_layer_healthy=True)
    folder.write(Shard(ShardInfo("a", "k", "a", 1), [written]))
    assert list(folder.read("a")) == [written]


def test_the_index_is_in_the_order_of_the_corpus(folder: ShardFolder) -> None:
    folder.write(shard("z", 1, order="1"))
    folder.write(shard("a", 1, order="2"))
    assert list(folder.index()) == ["z", "a"]


def test_columns_left_unread_take_their_default(folder: ShardFolder) -> None:
    folder.write(Shard(ShardInfo("a", "k", "a", 1), [page(1, image=b"123", text_layer="x")]))
    (row,) = folder.read("a", without=("image", "text_layer"))
    assert row.image is None
    assert row.text_layer is None


def test_one_page_is_found_without_the_rest(folder: ShardFolder) -> None:
    folder.write(shard("a", *range(1, 200)))
    assert [row.number for row in folder.find("a", "a_00150")] == [150]


def test_a_shard_of_an_earlier_version_lacks_a_column(folder: ShardFolder) -> None:
    folder.write(shard("a", 1, 2))
    path = folder.folder / "a.parquet"
    table = pq.read_table(path)
    pq.write_table(table.drop_columns(["given", "question"]), path)
    assert folder.find("a", "a_00002") == [page(2, "a")]
    assert list(folder.read("a")) == [page(1, "a"), page(2, "a")]


def test_a_damaged_shard_counts_as_missing(folder: ShardFolder, caplog: pytest.LogCaptureFixture) -> None:
    folder.write(shard("a", 1))
    folder.write(shard("b", 1))
    path = folder.folder / "a.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    assert list(folder.index()) == ["b"]
    assert "made again" in caplog.text


def test_a_half_written_shard_is_not_seen(folder: ShardFolder) -> None:
    folder.write(shard("a", 1))
    (folder.folder / ".b.parquet.partial").write_bytes(b"PAR1")
    assert list(folder.index()) == ["a"]


def test_a_full_disk_is_said_plainly_and_leaves_the_old_shard(
    folder: ShardFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write(shard("a", 1))

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match=r"no space left .* run again"):
        folder.write(shard("a", 1, 2))
    monkeypatch.undo()
    assert folder.index()["a"].pages == 1
    assert [path.name for path in folder.folder.iterdir()] == ["a.parquet"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full, which is always full")
def test_a_disk_that_is_full_while_pages_are_written_leaves_nothing_half_written(folder: ShardFolder) -> None:
    folder.write(shard("a", 1))
    partial_of(folder.folder / "b.parquet", this_writer()).symlink_to("/dev/full")
    pages = [page(number, "b", image=os.urandom(100_000)) for number in range(1, 5)]
    with pytest.raises(StorageError, match=r"no space left for .*b\.parquet: free some and run again"):
        folder.write(Shard(ShardInfo("b", "k", "b", 4), pages))
    assert [path.name for path in folder.folder.iterdir()] == ["a.parquet"]
    folder.write(Shard(ShardInfo("b", "k", "b", 4), pages))
    assert list(folder.index()) == ["a", "b"]


def test_pruning_forgets_only_what_is_named(folder: ShardFolder) -> None:
    folder.write(shard("a", 1))
    folder.write(shard("b", 1))
    folder.prune(Prune(("a", "never there")))
    assert list(folder.index()) == ["b"]


def test_scores_of_a_shard_with_the_old_names_are_read(tmp_path: Path) -> None:
    folder, score = ShardFolder(tmp_path / "scored", Score), Score("p", "d", "", "cer", 1.0, 10.0)
    folder.write(Shard(ShardInfo("a", "k", "a", 1), [score]))
    path = folder.folder / "a.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["numerator", "denominator"]), path)
    assert list(folder.read("a")) == [score]
