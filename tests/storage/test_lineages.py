"""Results of different models are stored side by side."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from kedro.io import DatasetError

from ocr_project.datasets import LineageFolder, ShardedParquet, ShardFolder
from ocr_project.domain.errors import StorageError
from ocr_project.domain.types import Identity, Lineage, Made, Page, Prune, Shard, ShardInfo, derive_lineage
from ocr_project.storage.atomic import partial_of, this_writer
from ocr_project.storage.lineages import lineages, previous, remove
from ocr_project.testing.fakes import identity, page

ENG, KOR = (derive_lineage("opencv-0a1b2c3d", "recognition", identity(languages=name)) for name in ("eng", "kor"))


def shard(name: str, lineage: Lineage, key: str = "") -> Shard:
    info = ShardInfo(name, key or f"{name} by {lineage.name}", name, 1)
    return Shard(info, [page(1, name, text_layer=lineage.name)], lineage.name)


def keys(lineage: Lineage, *names: str) -> dict[str, str]:
    return {name: f"{name} by {lineage.name}" for name in names}


def opened(root: Path, lineage: Lineage, *names: str) -> LineageFolder:
    return LineageFolder(root, Page).open(lineage, keys(lineage, *names))


def fill(root: Path, lineage: Lineage, *names: str) -> LineageFolder:
    folder = opened(root, lineage, *names)
    for name in names:
        folder.write(shard(name, lineage))
    return folder


def fill_flat(root: Path, lineage: Lineage, *names: str) -> None:
    """Write shards as they rested before there were lineages."""
    for name in names:
        ShardFolder(root, Page).write(shard(name, lineage))


def seen(root: Path) -> set[str]:
    """Return whose rows a reader sees."""
    return {row.text_layer for row in LineageFolder(root, Page).rows()}


def test_a_lineage_is_named_by_backend_and_what_came_before_not_by_the_corpus() -> None:
    made = derive_lineage("", "layout", Identity("opencv", "5", {"turn": True}))
    assert made == derive_lineage("", "layout", Identity("opencv", "5", {"turn": True}))
    assert made.name.startswith("opencv-")
    assert len(made.name) == len("opencv-") + 8
    others = [
        derive_lineage("ingest-00000000", "layout", Identity("opencv", "5", {"turn": True})),
        derive_lineage("", "testset_layout", Identity("opencv", "5", {"turn": True})),
        derive_lineage("", "layout", Identity("opencv", "6", {"turn": True})),
        derive_lineage("", "layout", Identity("opencv", "5", {"turn": False})),
    ]
    assert len({made.name, *(other.name for other in others)}) == 5
    model = derive_lineage("", "recognition", Identity("vllm", "1", {"model": "zai-org/GLM-OCR: v/1"}))
    assert "/" not in model.name
    glm = derive_lineage("", "recognition", Identity("vllm", "1", {"model": "zai-org/GLM-OCR"}))
    assert glm.name.rpartition("-")[0] == "vllm-GLM_OCR"


def test_a_second_model_leaves_the_first_and_the_first_is_found_again(tmp_path: Path) -> None:
    fill(tmp_path, ENG, "a", "b")
    assert fill(tmp_path, KOR, "a", "b").index().keys() == {"a", "b"}
    assert seen(tmp_path) == {KOR.name}
    assert {info.key for info in opened(tmp_path, ENG).index().values()} == set(keys(ENG, "a", "b").values())
    assert seen(tmp_path) == {ENG.name}


def test_a_new_lineage_begins_empty(tmp_path: Path) -> None:
    fill(tmp_path, ENG, "a")
    assert opened(tmp_path, KOR, "a").index() == {}
    assert seen(tmp_path) == set()


def test_a_reader_keeps_its_lineage_although_another_run_begins(tmp_path: Path) -> None:
    fill(tmp_path, ENG, "a")
    reader = LineageFolder(tmp_path, Page)
    fill(tmp_path, KOR, "a", "b")
    assert [row.text_layer for row in reader.rows()] == [ENG.name]


def test_a_shard_is_kept_where_it_belongs_whatever_is_current(tmp_path: Path) -> None:
    dataset = ShardedParquet(filepath=str(tmp_path), row="Page")
    dataset.load().open(ENG, {})
    fill(tmp_path, KOR, "a", "b")
    dataset.load().keep(shard("a", ENG))
    dataset.load().keep(Prune(("b",), ENG.name))
    assert LineageFolder(tmp_path, Page, ENG.name).index().keys() == {"a"}
    assert dataset.load().index().keys() == {"a", "b"}
    dataset.load().keep(Prune(("b",), KOR.name))
    assert dataset.load().index().keys() == {"a"}


def test_saving_only_sees_to_it_that_what_was_made_is_there(tmp_path: Path) -> None:
    dataset = ShardedParquet(filepath=str(tmp_path / "pages"), row="Page")
    dataset.save(Made(dataset.load().place))
    assert not (tmp_path / "pages").exists()
    with pytest.raises(DatasetError, match="is stored in"):
        dataset.save(Made(str(tmp_path / "other")))


def test_a_shard_that_names_no_lineage_goes_to_the_current_one(tmp_path: Path) -> None:
    dataset = ShardedParquet(filepath=str(tmp_path), row="Page")
    fill(tmp_path, ENG, "a")
    dataset.load().keep(Shard(ShardInfo("b", "k", "b", 1), [page(1, "b")]))
    assert dataset.load().index().keys() == {"a", "b"}


def test_shards_from_before_there_were_lineages_are_read_and_then_taken_over(tmp_path: Path) -> None:
    fill_flat(tmp_path, ENG, "a", "b")
    assert seen(tmp_path) == {ENG.name}
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.parquet")}
    folder = opened(tmp_path, ENG, "a", "b", "c")
    assert folder.index().keys() == {"a", "b"}
    assert {path.name: path.stat().st_mtime_ns for path in folder.folder.glob("*.parquet")} == before
    assert not list(tmp_path.glob("*.parquet"))


def test_shards_from_before_wait_for_the_model_that_made_them(tmp_path: Path) -> None:
    fill_flat(tmp_path, ENG, "a", "b")
    assert opened(tmp_path, KOR, "a", "b").index() == {}
    assert [(stored.name, stored.shards) for stored in lineages(tmp_path)] == [(KOR.name, 0), ("unsorted", 2)]
    assert opened(tmp_path, ENG, "a", "b").index().keys() == {"a", "b"}


@pytest.mark.parametrize("moved", [0, 1, 2])
def test_a_kill_while_shards_are_taken_over_costs_nothing(tmp_path: Path, moved: int) -> None:
    fill_flat(tmp_path, ENG, "a", "b")
    partial_of(tmp_path / "c.parquet").write_bytes(b"of a version that knew no writers")
    (tmp_path / ENG.name).mkdir()  # what a kill after `moved` shards leaves
    for name in ("a", "b")[:moved]:
        (tmp_path / f"{name}.parquet").rename(tmp_path / ENG.name / f"{name}.parquet")
    assert opened(tmp_path, ENG, "a", "b").index().keys() == {"a", "b"}
    assert seen(tmp_path) == {ENG.name}
    assert {path.name for path in tmp_path.iterdir()} == {"current.json", ENG.name}


def test_results_named_after_a_source_from_before_are_taken_over_and_not_made_again(tmp_path: Path) -> None:
    """A stage that was run alone over flat shards knew no lineage of its source."""
    sourceless = derive_lineage("", "recognition", identity(languages="eng"))
    folder = opened(tmp_path, sourceless, "a")
    folder.write(shard("a", ENG))
    assert opened(tmp_path, ENG, "a").index().keys() == {"a"}
    assert [stored.name for stored in lineages(tmp_path)] == [ENG.name]


def test_a_shard_of_another_key_is_not_taken_over(tmp_path: Path) -> None:
    fill(tmp_path, KOR, "a")
    ShardFolder(tmp_path, Page).write(shard("a", ENG, "of another source"))
    assert opened(tmp_path, ENG, "a").index() == {}
    assert LineageFolder(tmp_path, Page, KOR.name).index().keys() == {"a"}


def test_what_rests_is_listed_with_what_it_was_made_by(tmp_path: Path) -> None:
    fill(tmp_path, ENG, "a", "b")
    fill(tmp_path, KOR, "a")
    first, second = lineages(tmp_path)
    assert (first.lineage, first.shards, first.is_current) == (KOR, 1, True)
    assert (second.lineage, second.shards, second.is_current) == (ENG, 2, False)
    assert second.bytes == sum(path.stat().st_size for path in (tmp_path / ENG.name).glob("*.parquet"))
    assert lineages(tmp_path / "nothing") == []


def test_a_lineage_is_removed_by_name_but_not_the_current_one(tmp_path: Path) -> None:
    fill_flat(tmp_path, ENG, "a")
    for lineage in (ENG, KOR):
        fill(tmp_path, lineage, "b")
    with pytest.raises(StorageError, match="is the current one"):
        remove(tmp_path, KOR.name)
    with pytest.raises(StorageError, match=f"no results 'other'; there are {KOR.name}, {ENG.name}, unsorted"):
        remove(tmp_path, "other")
    remove(tmp_path, ENG.name)
    remove(tmp_path, "unsorted")
    assert {path.name for path in tmp_path.iterdir()} == {"current.json", KOR.name}
    assert seen(tmp_path) == {KOR.name}


def test_a_removal_that_was_killed_leaves_no_results_and_is_swept_away(tmp_path: Path) -> None:
    fill(tmp_path, ENG, "a")
    fill(tmp_path, KOR, "a")
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    writer = f"{this_writer().rpartition('-')[0]}-{ended.pid}"
    (tmp_path / ENG.name).rename(partial_of(tmp_path / ENG.name, writer))
    assert [stored.name for stored in lineages(tmp_path)] == [KOR.name]
    opened(tmp_path, KOR, "a")
    assert {path.name for path in tmp_path.iterdir()} == {"current.json", KOR.name}


def test_a_pointer_that_cannot_be_read_says_what_to_do(tmp_path: Path) -> None:
    fill(tmp_path, ENG, "a")
    (tmp_path / "current.json").write_text("{")
    with pytest.raises(StorageError, match=r"current\.json cannot be read .*; delete it and run again"):
        LineageFolder(tmp_path, Page)


def test_what_was_current_before_is_known_until_it_is_removed(tmp_path: Path) -> None:
    fill(tmp_path, ENG, "a")
    assert previous(tmp_path) == ""
    fill(tmp_path, KOR, "a")
    fill(tmp_path, KOR, "a")  # once more, which changes nothing
    assert previous(tmp_path) == ENG.name
    fill(tmp_path, ENG, "a")
    assert previous(tmp_path) == KOR.name
    remove(tmp_path, KOR.name)
    assert previous(tmp_path) == ""
    assert previous(tmp_path / "none") == ""
