"""Drafts, and how they get to where they belong."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ocr_project.storage.scratch import Scratch, put_in_place


def write(path: Path, text: str, *, folder: bool) -> None:
    if folder:
        path.mkdir()
        (path / "inside.txt").write_text(text)
    else:
        path.write_text(text)


def text_of(path: Path) -> str:
    return (path / "inside.txt" if path.is_dir() else path).read_text()


@pytest.mark.parametrize("folder", [True, False])
def test_a_finished_draft_takes_the_place_of_what_was_there(folder: bool, tmp_path: Path) -> None:
    scratch, place = Scratch(tmp_path / "scratch"), tmp_path / "deep" / "place"
    for text in ("first", "second"):
        with scratch.draft("one") as draft:
            write(draft, text, folder=folder)
        put_in_place(draft, place)
        assert text_of(place) == text
        assert not draft.exists()
    assert [path.name for path in place.parent.iterdir()] == ["place"]


@pytest.mark.parametrize("folder", [True, False])
def test_a_draft_that_failed_leaves_nothing_and_changes_nothing(folder: bool, tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "scratch")

    def fail() -> None:
        with scratch.draft("one") as draft:
            write(draft, "half", folder=folder)
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        fail()
    assert list(scratch.folder.iterdir()) == []


def test_what_was_written_in_its_place_stays_there(tmp_path: Path) -> None:
    write(tmp_path / "place", "new", folder=True)
    inode = (tmp_path / "place").stat().st_ino
    put_in_place(tmp_path / "place", tmp_path / "place")
    assert (tmp_path / "place").stat().st_ino == inode


@pytest.mark.parametrize("folder", [True, False])
def test_another_file_system_is_reached_by_a_copy(folder: bool, tmp_path: Path) -> None:
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second file system, /dev/shm")
    scratch = Scratch(memory / f"scratch-{os.getpid()}")
    try:
        with scratch.draft("one") as draft:
            write(draft, "far", folder=folder)
        put_in_place(draft, tmp_path / "place")
        assert text_of(tmp_path / "place") == "far"
        assert not draft.exists()
        assert [path.name for path in tmp_path.iterdir()] == ["place"]
    finally:
        scratch.folder.rmdir()
        scratch.folder.parent.rmdir()


def test_what_killed_processes_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    host = socket.gethostname()
    names = {"dead": f"{host}-{gone.pid}", "alive": f"{host}-{os.getppid()}", "elsewhere": f"elsewhere-{gone.pid}"}
    for name in names.values():
        (tmp_path / name).mkdir()
        (tmp_path / name / "draft").write_text("half")
    Scratch(tmp_path).sweep()
    assert {path.name for path in tmp_path.iterdir()} == {names["alive"], names["elsewhere"]}
