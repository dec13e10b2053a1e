"""A node that makes a table makes it once, and again as soon as anything differs that it is made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from ocr_project.domain.options import SearchOptions
from ocr_project.domain.types import Query, Shard, ShardInfo
from ocr_project.engine.running import once as module
from ocr_project.engine.running.once import fingerprint, folder_once, once
from ocr_project.storage.earlier import Earlier
from ocr_project.storage.scratch import Scratch
from ocr_project.storage.shard_folder import ShardFolder

INFO = ShardInfo("a", "key", "a#00001", 1, "transcript", "{}", items=1, made=1.0, process="here-1")


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path / "scratch")


@pytest.fixture
def earlier(tmp_path: Path, scratch: Scratch) -> Earlier:
    return Earlier(tmp_path / "earlier", scratch)


def shards(folder: Path, info: ShardInfo = INFO) -> ShardFolder:
    made = ShardFolder(folder, Query)
    made.write(Shard(info, [Query("q", "text")]))
    return made


class Counted:
    """Makes a table, and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> pd.DataFrame:
        self.times += 1
        return pd.DataFrame({"times": [self.times]})


def test_the_same_sources_are_looked_at_once(earlier: Earlier, tmp_path: Path) -> None:
    made = Counted()
    for _ in range(2):
        found = once(earlier, "node", (shards(tmp_path / "t"), SearchOptions()), made)
        assert list(found["times"]) == [1]
    assert made.times == 1


def test_without_a_place_for_results_it_is_always_made() -> None:
    made = Counted()
    assert [once(None, "node", (), made)["times"][0] for _ in range(2)] == [1, 2]


def test_several_results_stay_several(earlier: Earlier) -> None:
    for _ in range(2):
        table, measured = once(earlier, "node", (), lambda: (pd.DataFrame({"a": [1]}), {"seconds": 1.0}))
        assert list(table["a"]) == [1]
        assert measured == {"seconds": 1.0}


@pytest.mark.parametrize(
    "changed",
    [
        {"key": "other"},
        {"left": "some failed"},
        {"made": 2.0},  # by a model that reads another time otherwise
        {"process": "there-2"},
        {"items": 2},
        {"order": "b#00001"},
    ],
)
def test_another_footer_is_another_source(tmp_path: Path, changed: dict[str, object]) -> None:
    one = shards(tmp_path / "one")
    other = shards(tmp_path / "other", replace(INFO, **changed))  # type: ignore[arg-type]
    assert fingerprint(one) != fingerprint(other)


def test_a_shard_more_or_less_is_another_source(tmp_path: Path) -> None:
    one = shards(tmp_path / "one")
    alone = fingerprint(one)
    one.write(Shard(replace(INFO, name="b"), []))
    assert fingerprint(one) != alone
    (tmp_path / "one" / "b.parquet").unlink()
    assert fingerprint(one) == alone


def frame(**changed: object) -> pd.DataFrame:
    table = pd.DataFrame({"page_id": ["a", "b"], "text": ["one", "two"], "rate": [0.5, None]})
    for column, values in changed.items():
        table[column] = values
    return table


@pytest.mark.parametrize(
    "other",
    [
        lambda: frame(text=["one", "three"]),
        lambda: frame(rate=[0.5, 0.0]),
        lambda: frame().rename(columns={"text": "said"}),
        lambda: frame().iloc[::-1],
        lambda: frame().iloc[:1],
        lambda: frame(rate=["0.5", "1"]),
    ],
)
def test_another_table_is_another_source(other: Callable[[], pd.DataFrame]) -> None:
    assert fingerprint(frame()) == fingerprint(frame())
    assert fingerprint(frame()) != fingerprint(other())


def test_what_a_table_was_made_from_is_part_of_it() -> None:
    stamped = frame()
    stamped.attrs["made_from"] = {"pages": "abc"}
    assert fingerprint(stamped) != fingerprint(frame())


def test_options_values_and_their_places_are_part_of_it() -> None:
    options = SearchOptions()
    found = {
        fingerprint(options),
        fingerprint(options.model_copy(update={"depth": options.depth + 1})),
        fingerprint("ab", "c"),
        fingerprint("a", "bc"),
        fingerprint(("ab", "c")),
        fingerprint({"a": frame()}),
        fingerprint({"b": frame()}),
        fingerprint((frame(), frame(text=["x", "y"]))),
        fingerprint((frame(text=["x", "y"]), frame())),
    }
    assert len(found) == 9


def test_another_program_is_another_source(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint("a")
    monkeypatch.setattr(module, "_program", lambda: "other code")
    assert fingerprint("a") != before


def test_a_folder_stays_in_its_place_while_nothing_changes(tmp_path: Path, scratch: Scratch) -> None:
    place = tmp_path / "index"
    filled: list[Path] = []

    def fill(folder: Path) -> None:
        folder.mkdir()
        (folder / "ids.txt").write_text("a\n", encoding="utf-8")
        filled.append(folder)

    draft = folder_once(place, scratch, ("source",), fill)
    assert draft != place
    draft.rename(place)
    assert folder_once(place, scratch, ("source",), fill) == place
    assert len(filled) == 1
    (place / "ids.txt").write_text("a\nb\n", encoding="utf-8")  # not what was written
    assert folder_once(place, scratch, ("source",), fill) != place
    assert folder_once(place, scratch, ("other",), fill) != place
    assert len(filled) == 3
