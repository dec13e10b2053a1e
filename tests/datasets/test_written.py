"""What nodes wrote, and run records, as Kedro's catalog sees them."""

from __future__ import annotations

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
    for text in ("first", "second"):
        version = Version(None, generate_timestamp())
        page = Written(filepath=str(place), version=version)
        page.save(draft(tmp_path, text))
        assert page.path == place / str(version.save) / "page.html"
    assert page.root == place
    assert len(list(place.iterdir())) == 2
    assert Written(filepath=str(place), version=Version(None, None)).load().read_text() == "second"


def test_a_run_is_kept_and_read_again(tmp_path: Path) -> None:
    kept = KeptRun(filepath=str(tmp_path / "benchmark_run"), version=Version(None, generate_timestamp()))
    record = two_records.record("hasty")
    kept.save(record)
    assert kept.load().run == record.run
    with pytest.raises(Exception, match="is not the record of a testsets run") as caught:
        KeptRun(filepath=str(tmp_path / "nowhere")).load()
    assert isinstance(caught.value.__cause__, OptionError)


def test_the_checkout_is_the_project_with_its_commit(tmp_path: Path) -> None:
    assert Checkout(filepath=str(tmp_path)).load().root == tmp_path
    assert Checkout(filepath=str(tmp_path)).load().commit == ""
    with pytest.raises(Exception, match="is read-only: it cannot be saved"):
        Checkout(filepath=str(tmp_path)).save("anything")  # type: ignore[arg-type]


def test_what_options_name_is_looked_up_when_it_is_loaded() -> None:
    asked: list[int] = []
    named: NamedByOption[str] = NamedByOption(option="ingest.source")
    with pytest.raises(Exception, match=r"ingest\.source is resolved by the project's hooks"):
        named.load()
    named.bind(lambda: asked.append(1) or "here")
    assert asked == []
    assert (named.load(), asked) == ("here", [1])
