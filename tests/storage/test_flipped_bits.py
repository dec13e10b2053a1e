"""A bit that flips on the disk is noticed, and the shard that it is in is made again."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocr_project.domain.errors import StorageError
from ocr_project.domain.types import Page, Shard, ShardInfo
from ocr_project.storage.shard_folder import ShardFolder
from ocr_project.testing.fakes import page

MARK = b"the bytes of an image, which no one looks into"


@pytest.fixture
def folder(tmp_path: Path) -> ShardFolder:
    folder = ShardFolder(tmp_path / "pages", Page)
    folder.write(shard())
    return folder


def shard() -> Shard:
    rows = [page(number, "a", image=MARK) for number in (1, 2)]
    return Shard(ShardInfo("a", "key", "a", 2), rows)


def flip(folder: ShardFolder) -> Path:
    path = folder.folder / "a.parquet"
    content = bytearray(path.read_bytes())
    content[content.index(MARK)] ^= 1
    path.write_bytes(content)
    return path


def test_a_flipped_bit_is_noticed_and_the_shard_is_missing_from_then_on(folder: ShardFolder) -> None:
    path = flip(folder)

    with pytest.raises(StorageError, match=r"a\.parquet is damaged .*run all stages again"):
        list(folder.read("a"))

    assert folder.index() == {}
    assert not path.exists()


def test_one_page_is_not_found_in_what_is_damaged(folder: ShardFolder) -> None:
    flip(folder)

    with pytest.raises(StorageError, match="is damaged"):
        folder.find("a", "a_00001")
    assert folder.index() == {}


def test_what_was_set_aside_goes_when_the_shard_is_made_again(folder: ShardFolder) -> None:
    flip(folder)
    with pytest.raises(StorageError):
        list(folder.read("a"))
    assert [path.name for path in folder.folder.iterdir()] == [".a.parquet.damaged"]

    folder.write(shard())

    assert [path.name for path in folder.folder.iterdir()] == ["a.parquet"]
    assert [row.image for row in folder.read("a")] == [MARK, MARK]


def test_a_shard_that_is_not_there_is_no_damage(folder: ShardFolder) -> None:
    (folder.folder / "a.parquet").unlink()

    with pytest.raises(StorageError, match="No such file"):
        list(folder.read("a"))
    assert list(folder.folder.iterdir()) == []
