"""A run over one folder does not take the place of another one without a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocr_project.checks.preflight import check_replacement
from ocr_project.domain.errors import SourceError
from ocr_project.domain.options import IngestOptions
from ocr_project.domain.types import Document, Status
from ocr_project.engine.ingest.replacement import documents_going, folder_of


def held(folder: Path, path: str, content: bytes = b"some bytes", status: Status = Status.OK) -> Document:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(content)
    return Document("0" * 16, path, "", "application/pdf", 3, len(content), str(folder / path), status)


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    return tmp_path / "samples" / "documents"


def test_another_folder_is_refused_with_what_would_go(tmp_path: Path, samples: Path) -> None:
    one = [held(tmp_path / "one", "a.pdf"), held(tmp_path / "one", "below/b.pdf")]
    held(tmp_path / "two", "c.pdf")
    with pytest.raises(SourceError, match=r"2 documents \(6 pages\) of .*one; .*ingest\.replace=true"):
        check_replacement(one, str(tmp_path / "two"), IngestOptions(), samples)
    check_replacement(one, str(tmp_path / "two"), IngestOptions(replace=True), samples)


def test_one_file_of_the_folder_would_remove_the_others(tmp_path: Path, samples: Path) -> None:
    both = [held(tmp_path / "one", "a.pdf"), held(tmp_path / "one", "b.pdf")]
    assert documents_going(both, str(tmp_path / "one" / "a.pdf"), samples) == both[1:]


def test_the_same_folder_may_lose_files(tmp_path: Path, samples: Path) -> None:
    one = [held(tmp_path / "one", "a.pdf")]
    (tmp_path / "one" / "a.pdf").unlink()
    assert documents_going(one, str(tmp_path / "one"), samples) == []


def test_a_folder_above_holds_all_of_it(tmp_path: Path, samples: Path) -> None:
    assert documents_going([held(tmp_path / "one" / "below", "a.pdf")], str(tmp_path / "one"), samples) == []


def test_a_folder_with_a_longer_name_is_another(tmp_path: Path, samples: Path) -> None:
    one = [held(tmp_path / "one", "a.pdf")]
    (tmp_path / "on").mkdir()
    assert documents_going(one, str(tmp_path / "on"), samples) == one


def test_a_folder_that_was_moved_is_the_same(tmp_path: Path, samples: Path) -> None:
    one = [held(tmp_path / "one", "below/a.pdf")]
    (tmp_path / "one").rename(tmp_path / "moved")
    assert documents_going(one, str(tmp_path / "moved"), samples) == []
    (tmp_path / "moved" / "below" / "a.pdf").write_bytes(b"another document")
    assert documents_going(one, str(tmp_path / "moved"), samples) == one


def test_samples_and_documents_that_were_never_read_may_go(tmp_path: Path, samples: Path) -> None:
    sample = held(samples, "a.pdf")
    broken = held(tmp_path / "one", "b.pdf", status=Status.FAILED)
    assert documents_going([sample, broken], str(tmp_path / "two"), samples) == []


def test_rows_of_a_dataset_stay_with_their_dataset(samples: Path) -> None:
    row = Document("0" * 16, "a", "", "application/pdf", 3, 1, "hf://datasets/me/mine#0-4")
    assert documents_going([row], "hf://datasets/me/mine", samples) == []
    assert documents_going([row], "hf://datasets/me/other", samples) == [row]
    assert folder_of(row) == "hf://datasets/me/mine"
