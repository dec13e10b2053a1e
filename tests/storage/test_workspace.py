"""Which documents are read together, and where what was read of them is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocr_project.domain.errors import SourceError
from ocr_project.engine.ingest.selection import Selection
from ocr_project.storage.workspace import latest, shipped_conf, workspaces


@pytest.fixture
def documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "documents"
    (folder / "below").mkdir(parents=True)
    for name in ("a.pdf", "b[1]*.pdf", "below/c.pdf"):
        (folder / name).touch()
    return folder


def test_a_file_a_folder_and_files_of_a_folder_are_each_one_set(documents: Path) -> None:
    one, whole = workspaces([str(documents / "a.pdf"), str(documents)])[::-1]
    assert (one.source, one.names) == (documents / "a.pdf", ())
    assert (whole.source, whole.names) == (documents, ())
    (both,) = workspaces([str(documents / "b[1]*.pdf"), str(documents / "a.pdf")])
    assert (both.source, both.names) == (documents, ("a.pdf", "b[1]*.pdf"))
    assert len({one.folder, whole.folder, both.folder}) == 3
    assert both.folder.is_relative_to(documents.parent / "cache/ocr_project")


def test_the_same_files_are_the_same_set_in_any_order(documents: Path) -> None:
    names = [str(documents / "a.pdf"), str(documents / "b[1]*.pdf")]
    assert workspaces(names) == workspaces(names[::-1])


def test_of_named_files_no_other_is_taken(documents: Path) -> None:
    (both,) = workspaces([str(documents / "b[1]*.pdf"), str(documents / "a.pdf")])
    taken = Selection(both.ingest()["include"])
    assert [name for name in ("a.pdf", "b[1]*.pdf", "b1.pdf", "below/c.pdf") if taken.takes(name)] == list(both.names)


def test_what_was_read_last_and_how_is_known(documents: Path) -> None:
    with pytest.raises(SourceError, match="nothing was read yet"):
        latest()
    (one,) = workspaces([str(documents / "a.pdf")])
    with pytest.raises(SourceError, match="was not read yet"):
        one.settings()
    one.folder.mkdir(parents=True)
    one.remember("h200", {"ingest": {"dpi": 300}})
    assert latest() == [one]
    assert one.settings() == ("h200", {"ingest": {"dpi": 300}})


def test_a_file_that_is_not_there_is_said(documents: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        workspaces([str(documents / "gone.pdf")])


def test_the_configuration_of_a_checkout_is_its_own() -> None:
    assert (shipped_conf() / "base/catalog.yml").is_file()
