"""Lines that are there whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocr_project.domain.errors import StorageError
from ocr_project.storage.journal import Journal, read_journal


def test_what_was_added_is_read_in_its_order(tmp_path: Path) -> None:
    path = tmp_path / "run" / "answers.jsonl"
    with Journal(path) as journal:
        journal.add({"page": "a", "text": "가\ud800\n"})
    with Journal(path) as journal:
        journal.add({"page": "b"})
        journal.close()
    assert read_journal(path) == [{"page": "a", "text": "가\ud800\n"}, {"page": "b"}]
    assert read_journal(tmp_path / "none") == []


def test_half_a_line_is_forgotten_and_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_bytes(b'{"page": "a"}\n{"page": "b", "te')
    assert read_journal(path) == [{"page": "a"}]
    with Journal(path) as journal:
        journal.add({"page": "c"})
    assert read_journal(path) == [{"page": "a"}, {"page": "c"}]


def test_a_damaged_line_is_not_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_bytes(b'{"page": "a"}\n{"pa\x00}\n{"page": "c"}\n')
    with pytest.raises(StorageError, match="line 2 is damaged"):
        read_journal(path)
