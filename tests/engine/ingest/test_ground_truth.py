"""References beside documents, and questions, as other people hand them over."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocr_project.domain.errors import SourceError
from ocr_project.domain.options import BenchmarkOptions
from ocr_project.domain.types import Document, Reference
from ocr_project.engine.ingest import read_queries
from ocr_project.engine.ingest.ground_truth import find_references
from ocr_project.testing.fakes import page


def references(root: Path, path: str, options: BenchmarkOptions | None = None) -> list[Reference]:
    document = Document("d", path, "", "application/pdf", 1, 1, str(root / path))
    pages = [page(path=path)]
    return list(find_references({"d": document}, pages, options or BenchmarkOptions()))


def test_a_reference_beside_its_document_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.gt.txt").write_text("가나\n", "utf-8-sig")
    assert references(tmp_path, "a.pdf") == [Reference("d_00001", "가나\n", "gold")]


def test_the_longest_name_of_a_document_has_no_reference(tmp_path: Path) -> None:
    name = f"{'가' * 82}.pdf"
    assert len(name.encode()) == 250
    assert references(tmp_path, name) == []
    assert references(tmp_path, name, BenchmarkOptions(reference=tmp_path)) == []


def test_a_reference_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.gt.txt").write_bytes("가나".encode("cp949"))
    with pytest.raises(SourceError, match=r"a\.gt\.txt is not UTF-8"):
        references(tmp_path, "a.pdf")


@pytest.mark.parametrize("given", [True, False])
def test_no_reference_comes_through_a_link_out_of_its_folder(given: bool, tmp_path: Path) -> None:
    root = tmp_path / "source"
    (root / "group").mkdir(parents=True)
    (tmp_path / "secret").write_text("root:x:0")
    (root / "group/a.gt.txt").symlink_to(tmp_path / "secret")
    (root / "b.gt.txt").write_text("b")
    (root / "group/b.gt.txt").symlink_to("../b.gt.txt")
    options = BenchmarkOptions(reference=root) if given else BenchmarkOptions()
    assert references(root, "group/a.pdf", options) == []
    assert [found.text for found in references(root, "group/b.pdf", options)] == ["b"]


def test_questions_in_another_encoding_are_named_and_links_are_not_followed(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "queries.csv").write_bytes("query_id,query\n1,과징금은?\n".encode("cp949"))
    with pytest.raises(SourceError, match=r"queries\.csv is not UTF-8"):
        read_queries(None, str(source))
    (tmp_path / "elsewhere.csv").write_text("query_id,query\n1,a\n")
    (source / "queries.csv").unlink()
    (source / "queries.csv").symlink_to(tmp_path / "elsewhere.csv")
    assert read_queries(None, str(source)) == []
    assert [query.text for query in read_queries(source / "queries.csv", str(source))] == ["a"]
