"""What failed by circumstance is done again by the next run; what failed because of the document is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ocr_project.domain.causes import Cause, cause_of
from ocr_project.domain.options import Retry, RuntimeOptions
from ocr_project.domain.types import Box, Label, Page, Prune, Recognition, Region, ShardInfo, Status
from ocr_project.engine.running.plan import pending
from ocr_project.engine.running.stream import stream
from ocr_project.storage.lineages import LineageFolder
from ocr_project.testing.fakes import MemoryShards, identity, page

QUIET = RuntimeOptions(progress=False, workers=1)
AWAY, LOOP = "server: 503, starting", "loop: the model repeats itself"


@pytest.fixture
def source() -> MemoryShards:
    names = ("a", "b")
    shards = {name: (ShardInfo(name, f"key {name}", name, 2), [page(1, name), page(2, name)]) for name in names}
    return MemoryShards(shards)


def run(source: MemoryShards, folder: Path, reason_of: Callable[[Page], str], retry: Retry) -> list[str]:
    """Read what is pending as a run would do; return the names of the shards that were made."""

    def read(batch: Sequence[Page]) -> list[Recognition]:
        reasons = [(item, reason_of(item)) for item in batch]
        return [
            Recognition(item.page_id, 0, "", status=Status.FAILED if said else Status.OK, reason=said)
            for item, said in reasons
        ]

    plan = pending(source, LineageFolder(folder, Recognition), "recognition", identity(), retry)
    made = []
    for shard in stream(plan, source.read, read, QUIET):
        assert not isinstance(shard, Prune)
        LineageFolder(folder, Recognition, shard.lineage).write(shard)
        made.append(shard.info.name)
    return made


def keys_below(folder: Path) -> dict[str, str]:
    below = pending(LineageFolder(folder, Recognition), MemoryShards(), "transcript", identity())
    return {info.name: info.key for info in below.todo}


def nothing(_: Page) -> str:
    return ""


def first_of_a(reason: str) -> Callable[[Page], str]:
    return lambda item: reason if item.page_id == "a_00001" else ""


def test_a_shard_with_rows_that_a_server_failed_is_done_again_and_ends_as_a_fresh_one(
    source: MemoryShards, tmp_path: Path
) -> None:
    run(source, tmp_path / "fresh", nothing, Retry.CIRCUMSTANCE)
    assert run(source, tmp_path / "one", first_of_a(AWAY), Retry.CIRCUMSTANCE) == ["a", "b"]
    failed = keys_below(tmp_path / "one")
    fresh = keys_below(tmp_path / "fresh")

    assert run(source, tmp_path / "one", nothing, Retry.CIRCUMSTANCE) == ["a"]

    assert failed["a"] != fresh["a"], "or what was made of the failure would be taken for what is made of the text"
    assert failed["b"] == fresh["b"]
    assert keys_below(tmp_path / "one") == fresh
    assert run(source, tmp_path / "one", nothing, Retry.CIRCUMSTANCE) == []


def test_what_fails_again_leaves_the_stages_below_alone(source: MemoryShards, tmp_path: Path) -> None:
    run(source, tmp_path, first_of_a(AWAY), Retry.CIRCUMSTANCE)
    before = keys_below(tmp_path)

    assert run(source, tmp_path, first_of_a(AWAY), Retry.CIRCUMSTANCE) == ["a"]
    assert keys_below(tmp_path) == before


@pytest.mark.parametrize(
    ("reason", "retry", "again"),
    [
        (LOOP, Retry.CIRCUMSTANCE, []),
        (LOOP, Retry.FAILED, ["a"]),
        (AWAY, Retry.NONE, []),
        (AWAY, Retry.FAILED, ["a"]),
    ],
)
def test_the_option_says_what_is_done_again(
    source: MemoryShards, tmp_path: Path, reason: str, retry: Retry, again: list[str]
) -> None:
    run(source, tmp_path, first_of_a(reason), Retry.CIRCUMSTANCE)

    assert run(source, tmp_path, nothing, retry) == again


def test_a_document_s_failure_that_is_mended_on_demand_reaches_the_stages_below(
    source: MemoryShards, tmp_path: Path
) -> None:
    run(source, tmp_path, first_of_a(LOOP), Retry.CIRCUMSTANCE)
    before = keys_below(tmp_path)

    run(source, tmp_path, nothing, Retry.FAILED)

    assert keys_below(tmp_path)["a"] != before["a"]


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("server: 404, Not Found", Cause.CIRCUMSTANCE),
        ("server: 401, Unauthorized", Cause.CIRCUMSTANCE),
        ("server: 429, too many requests", Cause.CIRCUMSTANCE),
        ("server: 500, engine is unwell; nor is it in the answer for the whole page", Cause.CIRCUMSTANCE),
        ("server: http://h is not there (refused)", Cause.CIRCUMSTANCE),
        ("timeout: http://h did not answer in time", Cause.CIRCUMSTANCE),
        ("connection: lost to http://h (ServerDisconnectedError)", Cause.CIRCUMSTANCE),
        ("protocol: the answer is not what was asked for (KeyError)", Cause.CIRCUMSTANCE),
        ("killed: the process was killed from outside", Cause.CIRCUMSTANCE),
        ("away: page 1 of the PDF cannot be read", Cause.CIRCUMSTANCE),
        ("server: 400, the prompt is too long", Cause.DOCUMENT),
        ("server: 413, too large", Cause.DOCUMENT),
        (LOOP, Cause.DOCUMENT),
        ("broken: the PDF has no pages; export it again", Cause.DOCUMENT),
        ("too_large: 200 megapixels", Cause.DOCUMENT),
        ("", Cause.DOCUMENT),
    ],
)
def test_each_reason_has_its_cause(reason: str, cause: Cause) -> None:
    assert cause_of(reason) is cause


def test_rows_of_every_kind_can_be_looked_into(tmp_path: Path) -> None:
    """Boxes and labels are read back, the large columns are not."""
    source = MemoryShards({"a": (ShardInfo("a", "key a", "a", 1), [page(1, "a")])})
    region = Region("a_00001", 0, Label.PAGE, "page", Box(0, 0, 1, 1), status=Status.FAILED, reason="killed: x")

    plan = pending(source, LineageFolder(tmp_path, Region), "layout", identity())
    for shard in stream(plan, source.read, lambda batch: [region for _ in batch], QUIET):
        assert not isinstance(shard, Prune)
        LineageFolder(tmp_path, Region, shard.lineage).write(shard)

    assert len(pending(source, LineageFolder(tmp_path, Region), "layout", identity()).todo) == 1
