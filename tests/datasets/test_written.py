"""What nodes wrote, and run records, as Kedro's catalog sees them."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from kedro.io import Version
from kedro.io.core import generate_timestamp

from ocr_project.datasets import Checkout, KeptRun, NamedByOption, ScratchFolder, Written
from ocr_project.domain.errors import OptionError
from tests import two_records


def draft(folder: Path, text: str) -> Path:
    with ScratchFolder(filepath=str(folder / "scratch")).load().draft("page.html") as path:
        path.write_text(text)
    return path


def test_a_draft_is_moved_and_loads_as_its_path(tmp_path: Path) -> None:
    page = Written(filepath=str(tmp_path / "deep" / "page.html"))
    assert not page.exists()
    page.save(draft(tmp_path, "new"))
    assert page.exists()
    assert page.load() == page.path == page.root == tmp_path / "deep" / "page.html"
    assert page.load().read_text() == "new"


def test_versions_rest_side_by_side_and_the_newest_is_loaded(tmp_path: Path) -> None:
    place = tmp_path / "page.html"
    for text, day in (("first", 1), ("second", 2)):  # by the clock, both may be of one millisecond
        version = Version(None, f"2026-01-0{day}T00.00.00.000Z")
        page = Written(filepath=str(place), version=version)
        page.save(draft(tmp_path, text))
        assert page.path == place / str(version.save) / "page.html"
    assert page.root == place
    assert len(list(place.iterdir())) == 2
    assert Written(filepath=str(place), version=Version(None, None)).load().read_text() == "second"


def test_with_a_clock_set_back_a_run_loads_what_it_saved(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    place, future = tmp_path / "page.html", "2031-01-01T00.00.00.000Z"
    Written(filepath=str(place), version=Version(None, future)).save(draft(tmp_path, "of 2031"))
    now = generate_timestamp()
    page = Written(filepath=str(place), version=Version(None, now))
    assert page.load().read_text() == "of 2031"  # the newest, as long as this run has none
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        page.save(draft(tmp_path, "of today"))
    assert (page.load().read_text(), page.path.parent.name) == ("of today", now)
    assert [future in message and "clock" in message for message in caplog.messages] == [True]
    assert Written(filepath=str(place), version=Version(future, None)).load().read_text() == "of 2031"


def test_what_killed_runs_left_in_their_versions_is_removed(tmp_path: Path) -> None:
    place = tmp_path / "page.html"
    killed, mixed = place / "2024-01-01T00.00.00.000Z", place / "2024-01-02T00.00.00.000Z"
    for folder in (killed, mixed):
        folder.mkdir(parents=True)
        (folder / ".page.html.abcdefgh").write_text("half")
    (killed / ".page.html.partial").mkdir()
    (mixed / "page.html").write_text("whole")
    (mixed / "notes.txt").write_text("a person's")
    page = Written(filepath=str(place), version=Version(None, generate_timestamp()))
    page.save(draft(tmp_path, "new"))
    left = {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}
    assert left == {f"{mixed.name}/page.html", f"{mixed.name}/notes.txt", f"{page.path.parent.name}/page.html"}
    assert not killed.exists()


def test_a_run_is_kept_and_read_again(tmp_path: Path) -> None:
    kept = KeptRun(filepath=str(tmp_path / "benchmark_run"), version=Version(None, generate_timestamp()))
    record = two_records.record("hasty")
    kept.save(record)
    assert kept.load().run == record.run
    with pytest.raises(Exception, match="is not the record of a testsets run") as caught:
        KeptRun(filepath=str(tmp_path / "nowhere")).load()
    assert isinstance(caught.value.__cause__, OptionError)


def test_the_checkout_is_the_project_with_its_commit(tmp_path: Path) -> None:
    found = Checkout(filepath=str(tmp_path), data="corpora/a").load()
    assert (found.root, found.data, found.commit) == (tmp_path, tmp_path / "corpora/a", "")
    with pytest.raises(Exception, match="is read-only: it cannot be saved"):
        Checkout(filepath=str(tmp_path), data="data").save("anything")  # type: ignore[arg-type]


def test_what_options_name_is_looked_up_when_it_is_loaded() -> None:
    asked: list[int] = []
    named: NamedByOption[str] = NamedByOption(option="ingest.source")
    with pytest.raises(Exception, match=r"ingest\.source is resolved by the project's hooks"):
        named.load()
    named.bind(lambda: asked.append(1) or "here")
    assert asked == []
    assert (named.load(), asked) == ("here", [1])
