"""Files that are there whole or not at all."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ocr_project.domain.errors import StorageError
from ocr_project.storage.atomic import save_json


def test_many_writers_of_one_file_leave_one_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "ab" / "one.json"
    values = [{"writer": number, "text": "한" * 5_000, "half": "\ud800"} for number in range(32)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda value: save_json(path, value), values))
    assert json.loads(path.read_bytes()) in values
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_cannot_be_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"one\.json cannot be written"):
        save_json(tmp_path / "file" / "one.json", {})


def test_nothing_is_left_of_a_write_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StorageError, match="no space left for"):
        save_json(tmp_path / "one.json", {})
    assert list(tmp_path.iterdir()) == []
