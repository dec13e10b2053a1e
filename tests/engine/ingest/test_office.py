"""HWP and office files: kinds, locks, the document's own text, and what is said where a program is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ocr_project.domain.options import BenchmarkOptions, IngestOptions, TextLayer
from ocr_project.domain.types import Document, Page, Status
from ocr_project.engine.ingest import ingest_identity, office_kinds, open_source
from ocr_project.engine.ingest.ground_truth import find_references
from ocr_project.engine.ingest.partition import partition
from tests.engine.ingest.office_files import hwp_head, write_docx, write_hwpx

LINES = ["제12조(과징금) 2024. 8. 15. 부과", "4·19민주묘지 안내, Section 3", "영업정지 처분을 받은 자는"]


def listed(root: Path, options: IngestOptions | None = None) -> tuple[Document, list[Page]]:
    source = open_source((options or IngestOptions()).model_copy(update={"source": str(root)}), default_root=root)
    (document,) = source.documents()
    return document, list(source.pages(document, 1, document.pages)) if document.status is Status.OK else []


def test_the_text_of_hwpx_is_the_documents_own_and_preferred(tmp_path: Path) -> None:
    write_hwpx(tmp_path / "no suffix", LINES)
    document, (page,) = listed(tmp_path)
    assert document.media_type == office_kinds.HWPX
    assert page.text_layer == "\n".join(LINES)
    assert page.text_layer_healthy
    assert page.text_layer_preferred
    assert [word.text for word in page.text_layer_words] == " ".join(LINES).split()
    assert all(0 < word.box.x0 < word.box.x1 < page.width for word in page.text_layer_words)


def test_hwpx_is_ground_truth_where_it_is_read_by_ocr(tmp_path: Path) -> None:
    write_hwpx(tmp_path / "a.hwpx", LINES)
    document, pages = listed(tmp_path, IngestOptions(office_text_layer=TextLayer.REFERENCE))
    (found,) = find_references({document.doc_id: document}, pages, BenchmarkOptions(silver=True))
    assert (found.text, found.kind) == ("\n".join(LINES), "silver")
    document, (page,) = listed(tmp_path, IngestOptions(office_text_layer=TextLayer.OFF))
    assert page.text_layer is None


@pytest.mark.parametrize(("flags", "why"), [(0b11, "needs a password"), (0b101, "locked for distribution")])
def test_locked_hwp_says_so(flags: int, why: str, tmp_path: Path) -> None:
    (tmp_path / "a.hwp").write_bytes(hwp_head(flags))
    document, _ = listed(tmp_path)
    assert (document.media_type, document.status) == (office_kinds.HWP, Status.FAILED)
    assert document.reason.startswith("encrypted: the HWP file")
    assert why in document.reason


def test_hwpx_with_a_password_says_so(tmp_path: Path) -> None:
    write_hwpx(tmp_path / "a.hwpx", LINES, manifest="<odf:manifest><odf:encryption-data/></odf:manifest>")
    document, _ = listed(tmp_path)
    assert document.reason == "encrypted: the HWP file needs a password; save a copy without one"


def test_damaged_hwp_is_a_row(tmp_path: Path) -> None:
    (tmp_path / "a.hwp").write_bytes(hwp_head(1))
    document, _ = listed(tmp_path)
    assert document.status is Status.FAILED
    assert document.reason.startswith("broken: the HWP file cannot be read")


def test_hwp_that_takes_too_long_is_a_row(tmp_path: Path) -> None:
    write_hwpx(tmp_path / "a.hwpx", LINES)
    document, _ = listed(tmp_path, IngestOptions(office_seconds=1e-6))
    assert "was not read within ingest.office_seconds (1e-06)" in document.reason


def test_hwpx_without_the_extra_says_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_hwpx(tmp_path / "a.hwpx", LINES)
    monkeypatch.setitem(sys.modules, "rhwp", None)
    document, _ = listed(tmp_path)
    assert document.status is Status.SKIPPED
    assert document.reason.endswith("with the extra `hwp`: bash scripts/setup.sh .venv --extra hwp")


def test_an_ole_file_of_another_program_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.doc").write_bytes(hwp_head(1)[:1024])
    assert office_kinds.media_type(tmp_path / "a.doc") is None


def test_docx_without_libreoffice_says_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_docx(tmp_path / "a.docx", "minutes")
    monkeypatch.setenv("PATH", "")
    document, _ = listed(tmp_path)
    assert document.status is Status.SKIPPED
    assert "apt-get install libreoffice-writer-nogui" in document.reason


def test_pages_are_counted_and_limited_and_keep_their_own_text(tmp_path: Path) -> None:
    write_hwpx(
        tmp_path / "a.hwpx", [f"{number}쪽의 본문: 영업정지 처분 {number}" for number in (1, 2, 3)], breaks=(1, 2)
    )
    source = open_source(IngestOptions(source=str(tmp_path)), default_root=tmp_path)
    (document,) = source.documents()
    assert document.pages == 3
    pages = [page for first, last in ((1, 1), (2, 3)) for page in source.pages(document, first, last)]
    assert [page.text_layer for page in pages] == [
        f"{number}쪽의 본문: 영업정지 처분 {number}" for number in (1, 2, 3)
    ]
    assert [
        (s.first, s.last) for slices in partition([document], limit=2, shard_pages=32).values() for s in slices
    ] == [(1, 2)]


def test_only_another_choice_of_layer_makes_other_pages() -> None:
    usual = ingest_identity(IngestOptions())
    assert usual != ingest_identity(IngestOptions(office_text_layer=TextLayer.REFERENCE))
    assert usual == ingest_identity(IngestOptions(office_seconds=9))
