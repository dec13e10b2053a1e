"""A tiny corpus in the exact form of SDS-KoPub-VDR: listed by its ids, read row by row, asked by its questions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ocr_project.domain.errors import SourceError
from ocr_project.domain.options import IngestOptions, TextLayer
from ocr_project.domain.types import Document, Page, Qrel, Query, Status
from ocr_project.engine.ingest import kopub, open_source
from ocr_project.engine.ingest.kopub import KoPubSource, is_kopub, kopub_questions
from tests.nasty import image_bytes

# HF's Image feature at rest, and the columns of the three configurations
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
CORPUS = pa.schema([("id", pa.string()), ("image", IMAGE), ("text", pa.string()), ("ocr", pa.string())])
QUESTIONS = pa.schema(
    [
        ("id", pa.string()),
        ("query", pa.string()),
        ("answer", pa.string()),
        ("type", pa.string()),
        ("domain", pa.string()),
        ("ground_truth", pa.list_(pa.int64())),
    ]
)
ANNOTATIONS = pa.schema([("file_id", pa.string()), ("page_indices", pa.list_(pa.int64()))])
IDS = [*(f"통계/연보_2023_{n}" for n in range(1, 6)), *(f"법령/개인정보_{n}" for n in range(1, 4)), "단독_1"]
TEXT = "제1조(목적) 이 법은 개인정보의 처리 및 보호에 관한 사항을 정한다.\r\n"


def corpus_row(index: int) -> dict[str, Any]:
    text = f"{TEXT}{index}" if index else None
    return {
        "id": IDS[index],
        "image": {"bytes": image_bytes("PNG", seed=index), "path": None},
        "text": text,
        "ocr": "",
    }


def write_corpus(root: Path, rows: list[dict[str, Any]] | None = None, *, below: str = "") -> Path:
    """Write nine pages of three documents over two files of row groups of two; the first straddles the files."""
    rows = rows if rows is not None else [corpus_row(index) for index in range(len(IDS))]
    questions = [
        {"id": "q1", "query": "목적은?", "answer": "a", "type": "text", "domain": "법률", "ground_truth": [5, 0, 5]},
        {"id": "q2", "query": "그림은?", "answer": "b", "type": "visual", "domain": "통계", "ground_truth": [8, 99]},
    ]
    tables = {
        "SDS-KoPub-corpus/test-00000-of-00002.parquet": (CORPUS, rows[:3]),
        "SDS-KoPub-corpus/test-00001-of-00002.parquet": (CORPUS, rows[3:]),
        "SDS-KoPub-QA/test-00000-of-00001.parquet": (QUESTIONS, questions),
        "SDS-KoPub-annotations/test-00000-of-00001.parquet": (ANNOTATIONS, [{"file_id": "f", "page_indices": [0]}]),
    }
    for name, (schema, content) in tables.items():
        path = root / below / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(content, schema), path, row_group_size=2)
    return root


def open_corpus(root: Path, **options: Any) -> KoPubSource:
    source = open_source(IngestOptions(source=str(root), **options), default_root=root)
    assert isinstance(source, KoPubSource)
    return source


def pages_of(source: KoPubSource, document: Document) -> list[Page]:
    return list(source.pages(document, 1, document.pages))


@pytest.mark.parametrize("below", ["", "data"])
def test_a_folder_of_the_configurations_is_the_corpus(tmp_path: Path, below: str) -> None:
    assert not is_kopub(tmp_path)
    source = open_corpus(write_corpus(tmp_path, below=below))
    documents = list(source.documents())
    assert [(d.path, d.group, d.pages) for d in documents] == [
        ("단독", "", 1),
        ("법령/개인정보", "법령", 3),
        ("통계/연보_2023", "통계", 5),
    ]
    assert {d.status for d in documents} == {Status.OK}


def test_listing_reads_no_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    columns: list[str] = []
    real = kopub._Parquet.read
    monkeypatch.setattr(kopub._Parquet, "read", lambda self, names: columns.extend(names) or real(self, names))
    monkeypatch.setattr(kopub._Parquet, "read_group", lambda *_: pytest.fail("a row group was read"))
    assert len(list(open_corpus(write_corpus(tmp_path)).documents())) == 3
    assert columns == ["id"]


def test_pages_are_the_rows_in_order(tmp_path: Path) -> None:
    source = open_corpus(write_corpus(tmp_path))
    by_path = {document.path: document for document in source.documents()}
    pages = pages_of(source, by_path["통계/연보_2023"])
    assert [page.image for page in pages] == [image_bytes("PNG", seed=seed) for seed in range(5)]
    assert [page.number for page in pages] == [1, 2, 3, 4, 5]
    assert pages[0].text_layer is None
    assert not pages[0].text_layer_healthy
    assert pages[1].text_layer == TEXT.replace("\r\n", "\n") + "1"
    assert pages[1].text_layer_healthy
    assert pages[1].text_layer_words == ()
    (third,) = source.pages(by_path["법령/개인정보"], 3, 3)
    assert third.image == image_bytes("PNG", seed=7)


def test_the_text_layer_follows_the_option(tmp_path: Path) -> None:
    write_corpus(tmp_path)
    for layer, kept in ((TextLayer.OFF, False), (TextLayer.PREFER, True)):
        source = open_corpus(tmp_path, text_layer=layer, include=("법령/*",))
        (document,) = source.documents()
        pages = pages_of(source, document)
        assert [bool(page.text_layer) for page in pages] == [kept] * 3
        # Words without places may be of what is not seen: they are a ground truth at the most.
        assert not any(page.text_layer_preferred for page in pages)


def test_at_most_two_row_groups_are_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[int] = []
    real = kopub._Parquet.read_group
    monkeypatch.setattr(kopub._Parquet, "read_group", lambda self, i, names: reads.append(i) or real(self, i, names))
    source = open_corpus(write_corpus(tmp_path))
    for document in source.documents():
        for number in range(1, document.pages + 1):
            list(source.pages(document, number, number))
            assert len(source._groups) <= 2
    assert len(reads) <= 7  # five row groups, and the seams


def test_threads_see_what_one_thread_sees(tmp_path: Path) -> None:
    source = open_corpus(write_corpus(tmp_path))
    documents = list(source.documents()) * 8
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda document: [p.image for p in pages_of(source, document)], documents))
    assert found == [[p.image for p in pages_of(source, document)] for document in documents]


def test_ids_stay_when_the_folder_moves_and_change_with_the_images(tmp_path: Path) -> None:
    def ids(root: Path) -> dict[str, str]:
        return {document.path: document.doc_id for document in open_corpus(root).documents()}

    here, there, other = (tmp_path / name for name in ("here", "there", "other"))
    rows = [corpus_row(index) for index in range(len(IDS))]
    rows[0]["image"]["bytes"] = image_bytes("PNG", "L")
    assert ids(write_corpus(here)) == ids(write_corpus(there))
    changed = ids(write_corpus(other, rows))
    assert changed["통계/연보_2023"] != ids(here)["통계/연보_2023"]
    assert changed["법령/개인정보"] == ids(here)["법령/개인정보"]
    assert len(set(changed.values())) == 3


def test_rows_without_a_readable_image_fail_alone(tmp_path: Path) -> None:
    rows = [corpus_row(index) for index in range(len(IDS))]
    rows[5]["image"] = None
    rows[6]["image"]["bytes"] = rows[6]["image"]["bytes"][:100]
    source = open_corpus(write_corpus(tmp_path, rows), include=("법령/*",))
    (document,) = source.documents()
    reasons = [page.reason for page in pages_of(source, document)]
    assert reasons[0].startswith("broken: the row has no image")
    assert reasons[1].startswith("broken: the image is damaged")
    assert reasons[2] == ""


def test_a_damaged_row_group_fails_page_by_page(tmp_path: Path) -> None:
    write_corpus(tmp_path)
    source = open_corpus(tmp_path)
    documents = list(source.documents())
    (tmp_path / "SDS-KoPub-corpus/test-00001-of-00002.parquet").write_bytes(b"PAR1" + bytes(5000) + b"PAR1")
    pages = [page for document in documents for page in pages_of(source, document)]
    assert [page.status for page in pages].count(Status.OK) == 3
    assert all("download the Parquet file again" in page.reason for page in pages if page.status is Status.FAILED)


def test_questions_point_to_pages(tmp_path: Path) -> None:
    write_corpus(tmp_path)
    ids = {document.path: document.doc_id for document in open_corpus(tmp_path).documents()}
    queries, qrels = kopub_questions(str(tmp_path))
    assert queries == [Query("q1", "목적은?", "text", "법률"), Query("q2", "그림은?", "visual", "통계")]
    assert qrels == [
        Qrel("q1", f"{ids['법령/개인정보']}_00001", 1),
        Qrel("q1", f"{ids['통계/연보_2023']}_00001", 1),
        Qrel("q2", f"{ids['단독']}_00001", 1),
    ]


@pytest.mark.parametrize("value", [[1, 2], "[1, 2]", ["1", "2"]])
def test_rows_are_read_however_they_are_written(value: object) -> None:
    assert kopub._row_numbers(value) == [1, 2]
    assert kopub._row_numbers(3) == [3]
    assert kopub._row_numbers(None) == []


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    write_corpus(tmp_path)
    with pytest.raises(SourceError, match="match nothing/"):
        list(open_corpus(tmp_path, include=("nothing/*",)).documents())
    (tmp_path / "SDS-KoPub-QA/test-00000-of-00001.parquet").unlink()
    with pytest.raises(SourceError, match="no Parquet files of SDS-KoPub-QA"):
        kopub_questions(str(tmp_path))
    for path in (tmp_path / "SDS-KoPub-corpus").iterdir():
        path.write_bytes(b"")
    with pytest.raises(SourceError, match="are the files whole"):
        list(open_corpus(tmp_path).documents())


@pytest.mark.parametrize("kind", [ConnectionError, type("ConnectError", (Exception,), {})])
def test_the_hub_without_a_network_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise kind("Temporary failure in name resolution")

    monkeypatch.setattr("huggingface_hub.HfFileSystem.find", refuse)
    monkeypatch.setattr("huggingface_hub.HfFileSystem.info", refuse)
    source = open_source(IngestOptions(source="hf://datasets/owner/name@main"), default_root=tmp_path)
    with pytest.raises(SourceError, match="is the network there"):
        list(source.documents())


def test_the_hub_is_read_through_the_same_door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Hub is played by a local folder: paths, file system and streams are those of the real one's fsspec."""
    import fsspec

    write_corpus(tmp_path / "datasets/owner/name@main")
    folder = fsspec.filesystem("dir", path=str(tmp_path), target_protocol="file")
    monkeypatch.setattr("huggingface_hub.HfFileSystem", lambda: folder)
    source = open_source(IngestOptions(source="hf://datasets/owner/name@main"), default_root=tmp_path)
    documents = list(source.documents())
    assert sum(document.pages for document in documents) == 9
    page = next(iter(source.pages(documents[0], 1, 1)))
    assert (page.width, page.height) == (60, 40)
    assert len(kopub_questions("hf://datasets/owner/name@main")[1]) == 3
