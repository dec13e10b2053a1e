"""What comes into a person's folder, what goes, and what is never touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from ocr_project.cli.delivery import deliver
from ocr_project.cli.standalone import standalone
from ocr_project.storage.workspace import Workspace, known, workspaces


def write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / "markdown").mkdir(parents=True, exist_ok=True)
        (folder / "markdown" / f"{name}.md").write_text(text)


def test_files_of_gone_documents_go_and_a_persons_own_stay(tmp_path: Path) -> None:
    exports, out, record = tmp_path / "exports", tmp_path / "out", tmp_path / "record.json"
    write(exports, kept="a", gone="b", changed="c")
    assert deliver(exports, out, ["markdown"], record) == (3, [])
    write(out, own="mine", changed="c, corrected")
    for name in ("gone", "changed"):
        (exports / "markdown" / f"{name}.md").unlink()
    assert deliver(exports, out, ["text"], record) == (0, [])  # another format says nothing of this one
    assert deliver(exports, out, ["markdown"], record) == (1, [Path("markdown/gone.md")])
    assert sorted(path.stem for path in out.rglob("*.md")) == ["changed", "kept", "own"]
    assert deliver(exports, out, ["markdown"], record) == (1, [])


@pytest.fixture
def read_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Workspace]:
    """Two sets of documents that were read."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    found = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        found += workspaces([str(tmp_path / name)])
        found[-1].remember("base", {})
    return found


def test_the_cache_is_listed_and_emptied_by_name(read_before: list[Workspace]) -> None:
    one, two = read_before
    listed = CliRunner().invoke(standalone, ["clean"])
    assert all(str(workspace.source) in listed.output for workspace in read_before)
    one.source.rmdir()  # what is kept of a folder that is gone can be removed
    done = CliRunner().invoke(standalone, ["clean", str(one.source)])
    assert done.exit_code == 0, done.output
    assert [workspace.source for workspace in known()] == [two.source]
    wrong = CliRunner().invoke(standalone, ["clean", str(one.source)])
    assert wrong.exit_code == 2
    assert "nothing is kept of" in wrong.output
    assert CliRunner().invoke(standalone, ["clean", "--all"]).exit_code == 0
    assert known() == []
    assert "The cache is empty." in CliRunner().invoke(standalone, ["clean"]).output
