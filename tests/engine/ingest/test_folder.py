"""A folder of nasty files: a row for each, with a reason, and the rest untouched."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ocr_project.domain.causes import Cause, cause_of
from ocr_project.domain.errors import OptionError, SourceError
from ocr_project.domain.options import IngestOptions
from ocr_project.domain.types import Document, Page, Status
from ocr_project.engine.imaging.pixels import page_pixels
from ocr_project.engine.ingest import open_source, pdf
from ocr_project.engine.running.worker_process import Child
from tests.nasty import NASTY, NFD_NAME, Nasty, image_bytes, pdf_bytes

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data"


def documents_of(root: Path, **options: object) -> list[Document]:
    return list(open_source(IngestOptions(source=str(root), **options), default_root=root).documents())


def pages_of(root: Path, document: Document, **options: object) -> list[Page]:
    source = open_source(IngestOptions(source=str(root), **options), default_root=root)
    return list(source.pages(document, 1, document.pages))


@pytest.fixture(scope="module")
def nasty_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parent") / "nasty"
    folder.mkdir()
    for nasty in NASTY:
        nasty.write(folder)
    return folder


@pytest.fixture(scope="module")
def rows(nasty_folder: Path) -> dict[str, Document]:
    return {document.path: document for document in documents_of(nasty_folder)}


def by_name(rows: dict[str, Document], nasty: Nasty) -> Document | None:
    return rows.get(unicodedata.normalize("NFC", nasty.name))


@pytest.mark.parametrize("nasty", NASTY, ids=lambda nasty: nasty.name)
def test_a_nasty_file_is_a_row_with_its_reason(nasty: Nasty, rows: dict[str, Document], nasty_folder: Path) -> None:
    document = by_name(rows, nasty)
    if nasty.status is None:
        assert document is None
        return
    assert document is not None
    assert (document.status, document.reason[: len(nasty.reason)]) == (nasty.status, nasty.reason)
    if document.status is Status.OK:
        pages = pages_of(nasty_folder, document)
        assert [page.reason[: len(want)] for page, want in zip(pages, nasty.pages, strict=True)] == list(nasty.pages)
        for page, want in zip(pages, nasty.pages, strict=True):
            assert page.status is (Status.FAILED if want else Status.OK)
            assert (page.image is None) == bool(want)


def test_nothing_is_listed_that_is_not_in_the_folder(rows: dict[str, Document]) -> None:
    assert set(rows) == {unicodedata.normalize("NFC", nasty.name) for nasty in NASTY if nasty.status is not None}


def test_a_document_is_known_by_its_bytes_and_found_by_its_real_name(
    nasty_folder: Path, rows: dict[str, Document]
) -> None:
    document = rows[unicodedata.normalize("NFC", NFD_NAME)]
    data = (nasty_folder / NFD_NAME).read_bytes()
    assert document.doc_id == hashlib.sha256(data).hexdigest()[:16]
    assert document.bytes == len(data)
    assert Path(document.source).read_bytes() == data
    assert document.path != NFD_NAME
    assert unicodedata.is_normalized("NFC", document.path)


def test_ids_tell_documents_apart_but_for_duplicates(rows: dict[str, Document]) -> None:
    ids = [document.doc_id for document in rows.values() if document.status is Status.OK]
    assert len(ids) == len(set(ids))
    assert rows["zz/copy.pdf"].doc_id == rows["no suffix"].doc_id
    assert rows["zz/copy.pdf"].pages == 1


@pytest.mark.parametrize("link", ["a link.png", "z link.png"])
def test_a_link_beside_its_file_is_no_document_whichever_is_first(tmp_path: Path, link: str) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m/file.png").write_bytes(image_bytes("PNG", seed=1))
    (tmp_path / link).symlink_to("m/file.png")
    found = {document.path: (document.status, document.reason) for document in documents_of(tmp_path)}
    assert found == {"m/file.png": (Status.OK, ""), link: (Status.SKIPPED, "a link to m/file.png")}
    only = documents_of(tmp_path, include=(link,))
    assert [(document.path, document.status) for document in only] == [(link, Status.OK)]


def test_order_is_that_of_shards_and_the_group_is_the_first_folder(tmp_path: Path) -> None:
    for name in ("b/z.png", "a.png", "b/c/a.png", "b (2)/a.png", "b.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(image_bytes("PNG", seed=len(name)))
    documents = documents_of(tmp_path)
    assert [f"{d.path}#00001" for d in documents] == sorted(f"{d.path}#00001" for d in documents)
    assert {d.path: d.group for d in documents}["b/c/a.png"] == "b"
    assert {d.path: d.group for d in documents}["a.png"] == ""


def test_include_takes_and_leaves(tmp_path: Path) -> None:
    for name in ("top.png", "a/one.png", "a/b/two.png", "c/three.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(image_bytes("PNG", seed=len(name)))

    def taken(*patterns: str) -> list[str]:
        return [document.path for document in documents_of(tmp_path, include=patterns)]

    assert taken("**/*") == ["a/b/two.png", "a/one.png", "c/three.png", "top.png"]
    assert taken("*.png") == ["top.png"]
    assert taken("a/**/*.png", "c/?hree.*") == ["a/b/two.png", "a/one.png", "c/three.png"]
    assert taken("[!a]/*") == ["c/three.png"]
    with pytest.raises(SourceError, match=r"match x\*"):
        taken("x*")
    with pytest.raises(OptionError, match=r"\[z-a\]"):
        taken("[z-a]")


def test_a_missing_or_empty_source_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"ingest\.source="):
        documents_of(tmp_path / "missing")
    (tmp_path / "reference.gt.txt").write_text("text")
    with pytest.raises(SourceError, match="put files there"):
        documents_of(tmp_path)


def test_without_a_source_it_is_the_projects_own_folder_or_the_samples(tmp_path: Path) -> None:
    own, samples = tmp_path / "data/01_raw/documents", tmp_path / "samples/documents"
    for folder in (own, samples):
        folder.mkdir(parents=True)
    (samples / "sample.png").write_bytes(image_bytes("PNG"))
    (own / ".gitkeep").touch()
    (own / "README.md").write_text("Put documents here.")

    def names() -> list[str]:
        return [document.path for document in open_source(IngestOptions(), default_root=tmp_path).documents()]

    assert names() == ["sample.png"]
    (own / "mine.png").write_bytes(image_bytes("PNG"))
    assert names() == ["mine.png"]


def test_a_single_file_is_a_source(tmp_path: Path) -> None:
    (tmp_path / "one.pdf").write_bytes(pdf_bytes(2))
    (tmp_path / "other.pdf").write_bytes(pdf_bytes(3))
    (document,) = documents_of(tmp_path / "one.pdf")
    assert (document.path, document.pages) == ("one.pdf", 2)


def test_a_name_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/b\xff.pdf", "wb") as file:  # noqa: PTH123 - pathlib has no bytes
        file.write(pdf_bytes())
    (document,) = documents_of(tmp_path)
    assert document.reason.startswith("broken: the name of the file is not valid UTF-8")
    document.path.encode()
    document.source.encode()


def test_two_names_that_are_one_in_nfc_are_not_mixed_up(tmp_path: Path) -> None:
    (tmp_path / NFD_NAME).write_bytes(pdf_bytes(mark="nfd"))
    (tmp_path / unicodedata.normalize("NFC", NFD_NAME)).write_bytes(pdf_bytes(mark="nfc"))
    first, second = documents_of(tmp_path)
    assert (first.status, second.status) == (Status.OK, Status.FAILED)
    assert "same name" in second.reason


def test_a_document_that_is_gone_fails_page_by_page(tmp_path: Path) -> None:
    for name, data in (("a.pdf", pdf_bytes(3)), ("b.png", image_bytes("PNG"))):
        (tmp_path / name).write_bytes(data)
    source = open_source(IngestOptions(source=str(tmp_path)), default_root=tmp_path)
    for document in list(source.documents()):
        Path(document.source).unlink()
        pages = list(source.pages(document, 1, document.pages))
        assert len(pages) == document.pages
        assert all(page.status is Status.FAILED and page.reason.startswith("away: ") for page in pages)


def test_a_pdf_is_opened_once_for_a_slice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf_bytes(6))
    (document,) = documents_of(tmp_path)
    opened, asked = [], []
    real, send = pdf._open, Child.send
    monkeypatch.setattr(Child, "send", lambda child, question: asked.append(question) or send(child, question))
    source = open_source(IngestOptions(source=str(tmp_path)), default_root=tmp_path)
    assert [page.number for page in source.pages(document, 2, 5)] == [2, 3, 4, 5]
    assert asked[1:] == [None] * 3, "one question for the slice, then page after page of the same file"
    assert asked[0].pages == (2, 5)
    monkeypatch.setattr(pdf, "_open", lambda path: opened.append(path) or real(path))
    assert len(list(pdf.read_pages(tmp_path / "a.pdf", 2, 5, IngestOptions()))) == 4
    assert len(opened) == 1


def test_threads_see_what_one_thread_sees(nasty_folder: Path, rows: dict[str, Document]) -> None:
    source = open_source(IngestOptions(source=str(nasty_folder)), default_root=nasty_folder)
    good = [document for document in rows.values() if document.status is Status.OK] * 3

    def images(document: Document) -> list[bytes | None]:
        next(iter(source.pages(document, 1, document.pages)))  # a reader that is left in the middle
        return [page.image for page in source.pages(document, 1, document.pages)]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(images, good)) == [images(document) for document in good]


def test_every_page_says_how_long_it_took(nasty_folder: Path, rows: dict[str, Document]) -> None:
    (page,) = pages_of(nasty_folder, rows["png named.pdf"])
    assert page.media_type == "image/png"
    assert page.seconds > 0
    assert page_pixels(page).shape == (page.height, page.width, 3)
    assert page.page_id == f"{page.doc_id}_00001"


@pytest.mark.shared
def test_every_file_of_the_shared_folder_of_many_kinds_has_a_row() -> None:
    folder = SHARED / "cases" / "12-files-that-are-left-out-without-a-word" / "input"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    rows = {document.path: document for document in documents_of(folder)}
    assert set(rows) == {path.name for path in folder.iterdir()}
    for name, document in rows.items():
        is_image = name.endswith((".png", ".avif", ".j2k", ".ppm", ".tga"))
        assert document.status is (Status.OK if is_image or document.reason.startswith("dup") else Status.SKIPPED)
        assert is_image or "are not read" in document.reason


@pytest.mark.shared
def test_the_shared_tiff_of_twelve_bits_has_white_paper() -> None:
    folder = SHARED / "cases" / "11-twelve-bit-tiff-becomes-a-blank-page"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    (document,) = documents_of(folder / "input.tif")
    (page,) = pages_of(folder / "input.tif", document)
    pixels = page_pixels(page)
    assert (int(pixels.max()) > 220, int(pixels.min()) < 40) == (True, True)


@pytest.mark.parametrize("name", ["a.pdf", "a.png"])
def test_pages_of_a_file_that_was_replaced_are_not_kept_under_the_hash_of_the_one_before(
    name: str, tmp_path: Path
) -> None:
    """Between the listing of the source and the rendering of its pages; of the same size, too."""
    path = tmp_path / name
    before = pdf_bytes() if name == "a.pdf" else image_bytes("PNG")
    path.write_bytes(before)
    (document,) = documents_of(tmp_path)
    assert [page.status for page in pages_of(tmp_path, document)] == [Status.OK] * document.pages

    path.write_bytes(before + b"\n")
    (page, *_) = pages_of(tmp_path, document)
    assert (page.status, page.image) == (Status.FAILED, None)
    assert page.reason == "away: the file was replaced while the run was at work; run again"
    assert cause_of(page.reason) is Cause.CIRCUMSTANCE


def test_a_file_that_is_replaced_between_two_of_its_pages_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_bytes(pages=3))
    (document,) = documents_of(tmp_path)
    source = open_source(IngestOptions(source=str(tmp_path)), default_root=tmp_path)
    pages = source.pages(document, 1, 3)
    assert next(pages).status is Status.OK
    path.write_bytes(pdf_bytes(pages=3) + b"\n")
    assert {page.reason for page in pages} == {"away: the file was replaced while the run was at work; run again"}
