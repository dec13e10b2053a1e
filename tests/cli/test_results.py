"""`kedro results`: what rests of each choice of models, seen and removed."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ocr_project import cli
from ocr_project.cli.errors import EXIT_ERROR
from ocr_project.domain.types import Identity, Page, Region, Shard, ShardInfo, derive_lineage
from ocr_project.storage.lineages import LineageFolder, lineages
from ocr_project.storage.run_lock import RunLock
from ocr_project.testing.fakes import page
from tests.whole_job import SHARDED, copy_project

LOW, HIGH = (derive_lineage("", "ingest", Identity("ingest", "1", {"dpi": dpi})) for dpi in (100, 300))
OTHER = derive_lineage(LOW.name, "layout", Identity("opencv", "1"))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with pages of two resolutions, of which the second is current, and a model that made nothing yet."""
    copy_project(tmp_path)
    pages = tmp_path / SHARDED["pages"]
    for lineage, name in ((LOW, "a"), (HIGH, "b")):
        LineageFolder(pages, Page).open(lineage, {}).keep(
            Shard(ShardInfo(name, lineage.name, name, 7), [page(1, name)], lineage.name)
        )
    LineageFolder(tmp_path / SHARDED["regions"], Region).open(OTHER, {})
    monkeypatch.chdir(tmp_path)
    return pages


def ask(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(cli.cli, ["results", *arguments], input=answer)


def names(pages: Path) -> list[str]:
    return [one.name for one in lineages(pages)]


def test_they_are_listed_by_stage_with_size_time_and_which_is_read(project: Path) -> None:
    lines = ask().output.splitlines()
    start = lines.index("pages")
    current, other = lines[start + 1 : start + 3]
    assert current.split()[:4] == ["*", HIGH.name, "7", "pages,"]
    assert other.split()[:3] == [LOW.name, "7", "pages,"]
    size, made = lineages(project)[1].bytes, lineages(project)[1].made
    assert f"{size / 1e3:,.1f} kB" in other
    assert made is not None
    assert other.endswith(f"{made:%Y-%m-%d %H:%M}")
    assert "nothing made yet" in lines[lines.index("regions") + 1]
    assert "pages_done" not in lines


def test_one_is_removed_when_a_person_says_so(project: Path) -> None:
    refused = ask("remove", LOW.name, answer="n\n")
    assert refused.exit_code == 1
    assert names(project) == [HIGH.name, LOW.name]
    done = ask("remove", LOW.name, answer="y\n")
    assert done.exit_code == 0, done.output
    assert names(project) == [HIGH.name]


def test_one_is_removed_without_a_question(project: Path) -> None:
    done = ask("remove", f"pages/{LOW.name}", "--yes")
    assert done.exit_code == 0, done.output
    assert "Remove it?" not in done.output
    assert names(project) == [HIGH.name]


def test_what_is_read_now_stays_whatever_is_said(project: Path) -> None:
    done = ask("remove", HIGH.name, "--yes")
    assert done.exit_code == EXIT_ERROR
    assert "is what is read now" in done.output
    assert names(project) == [HIGH.name, LOW.name]


def test_a_misspelt_name_is_offered_the_nearest(project: Path) -> None:
    done = ask("remove", LOW.name[:-1], "--yes")
    assert done.exit_code == EXIT_ERROR
    assert f"`{LOW.name}`" in done.output


def test_nothing_is_removed_beside_a_run(project: Path) -> None:
    lock = RunLock(project.parents[1])
    lock.take()
    try:
        done = ask("remove", LOW.name, "--yes")
    finally:
        lock.release()
    assert done.exit_code == EXIT_ERROR
    assert "FolderBusy" in done.output
    assert names(project) == [HIGH.name, LOW.name]
