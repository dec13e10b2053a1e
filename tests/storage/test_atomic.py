"""Files and folders that are there whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ocr_project.domain.errors import StorageError
from ocr_project.storage.atomic import (
    atomic_file,
    atomic_folder,
    atomic_json,
    atomic_text,
    partial_of,
    remove_abandoned,
    this_writer,
)
from tests.whole_job import ROOT


def bytes_at(path: Path, text: str) -> None:
    with atomic_file(path) as file:
        file.write(text.encode())


def text_at(path: Path, text: str) -> None:
    with atomic_text(path) as file:
        file.write(text)


def json_at(path: Path, text: str) -> None:
    atomic_json(path, text)


def folder_at(path: Path, text: str) -> None:
    with atomic_folder(path) as draft:
        (draft / "inner").mkdir()
        (draft / "inner" / "file").write_text(text)


WRITERS = {"file": bytes_at, "text": text_at, "json": json_at, "folder": folder_at}
every_writer = pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
Write = Callable[[Path, str], None]


def content(path: Path) -> str:
    return (path / "inner" / "file").read_text() if path.is_dir() else path.read_text().strip('"')


def fails(number: int) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@every_writer
def test_what_is_written_takes_the_place_of_what_was_there(tmp_path: Path, write: Write) -> None:
    path = tmp_path / "made" / "one"
    write(path, "first")
    write(path, "second")
    assert content(path) == "second"
    assert list(path.parent.iterdir()) == [path]


@every_writer
@pytest.mark.parametrize(
    ("number", "says"), [(errno.ENOSPC, "no space left for .* run again"), (errno.EIO, "cannot be written")]
)
def test_a_disk_that_fails_leaves_what_was_there_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Write, number: int, says: str
) -> None:
    write(tmp_path / "one", "first")
    monkeypatch.setattr(os, "fsync", fails(number))
    with pytest.raises(StorageError, match=says):
        write(tmp_path / "one", "second")
    monkeypatch.undo()
    assert content(tmp_path / "one") == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


@every_writer
def test_a_folder_that_cannot_be_is_told_of(tmp_path: Path, write: Write) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"one cannot be written"):
        write(tmp_path / "file" / "one", "text")


@pytest.mark.parametrize("atomic", [atomic_file, atomic_text, atomic_folder])
def test_an_error_of_the_writer_goes_on_and_leaves_what_was_there(
    tmp_path: Path, atomic: Callable[[Path], object]
) -> None:
    with pytest.raises(ZeroDivisionError), atomic(tmp_path / "one"):  # type: ignore[attr-defined]
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full, which is always full")
@pytest.mark.parametrize("write", [bytes_at, text_at])
def test_a_disk_that_is_full_in_the_middle_is_told_of(tmp_path: Path, write: Write) -> None:
    partial_of(tmp_path / "one").symlink_to("/dev/full")
    with pytest.raises(StorageError, match="no space left for"):
        write(tmp_path / "one", "text" * 100_000)
    assert list(tmp_path.iterdir()) == []


def test_many_writers_of_one_file_leave_one_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "ab" / "one.json"
    values = [{"writer": number, "text": "한" * 5_000, "half": "\ud800"} for number in range(32)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda value: atomic_json(path, value, durable=False), values))
    assert json.loads(path.read_bytes()) in values
    assert list(path.parent.iterdir()) == [path]


def test_writers_of_the_same_file_do_not_write_into_each_other(tmp_path: Path) -> None:
    path = tmp_path / "one"
    with atomic_file(path, writer="a") as first:
        first.write(b"first and ")
        with atomic_file(path, writer="b") as second:
            second.write(b"second")
        assert path.read_bytes() == b"second"
        first.write(b"last")
    assert path.read_bytes() == b"first and last"


KILLED = """
import os, signal, sys
from pathlib import Path
from ocr_project.storage.atomic import atomic_file, atomic_folder, this_writer
path = Path(sys.argv[1])
with atomic_file(path / "file", writer=this_writer()) as file, atomic_folder(path / "folder") as draft:
    file.write(b"half"), file.flush()
    (draft / "half").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_never_seen_and_goes_with_the_next_attempt(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], env=environment)
    assert done.returncode == -signal.SIGKILL
    assert len(list(tmp_path.glob(".*.partial"))) == 2
    folder_at(tmp_path / "folder", "whole")
    assert content(tmp_path / "folder") == "whole"
    alive = partial_of(tmp_path / "file", this_writer())
    alive.write_text("of a living process")
    elsewhere = partial_of(tmp_path / "file", "another.machine-1")
    elsewhere.write_text("of a process of another machine")
    remove_abandoned(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"folder", alive.name, elsewhere.name}
