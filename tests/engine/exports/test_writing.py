"""The exports of a small corpus: their files, their layout, and that nothing is written twice or left over."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pytest

from ocr_project.domain import corpus as domain
from ocr_project.domain.options import TranscriptOptions
from ocr_project.domain.types import (
    Box,
    Identity,
    Label,
    Page,
    Recognition,
    Region,
    ShardInfo,
    Status,
    Transcript,
    Word,
)
from ocr_project.engine.exports import ChosenExports, export_documents
from ocr_project.engine.imaging.pixels import decode
from ocr_project.engine.transcript import assemble
from ocr_project.testing import fakes
from tests.drawing import Sheet

OPTIONS = TranscriptOptions()
WANTED = ChosenExports()
PICTURE = Box(20, 60, 90, 120)
WORDS = (Word("rivers", Box(10, 10, 60, 30), 0.9, 0), Word("stones", Box(70, 10, 120, 30), 0.9, 0))
ROWS = ("pages", "regions", "recognitions", "transcripts")


class Corpus:
    """Four folders of shards in memory, one document a shard."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self.folders = {name: fakes.MemoryShards() for name in ROWS}
        self.reads: list[str] = []
        for doc_id, group in groupby(pages, key=lambda page: page.doc_id):
            self.put(doc_id, list(group))

    def put(self, doc_id: str, pages: list[Page], key: str = "1") -> None:
        readings = [_reading(page) for page in pages]
        rows: dict[str, list[Any]] = {
            "pages": pages,
            "regions": [region for regions, _ in readings for region in regions],
            "recognitions": [found for _, recognitions in readings for found in recognitions],
            "transcripts": [assemble(page, *reading, OPTIONS) for page, reading in zip(pages, readings, strict=True)],
        }
        for name, items in rows.items():
            info = ShardInfo(doc_id, f"{name} {key}", pages[0].path, len(pages))
            self.folders[name].shards[doc_id] = (info, items)

    def export(self, folder: Path, wanted: ChosenExports = WANTED) -> None:
        pages = _Counted(self.folders["pages"].shards, self.reads)
        corpus = domain.Corpus(**{**self.folders, "pages": pages})
        export_documents(folder, corpus=corpus, wanted=wanted, documents={})


class _Counted(fakes.MemoryShards):
    """Notes which shards were read with their images."""

    def __init__(self, shards: dict[str, Any], reads: list[str]) -> None:
        super().__init__()
        self.shards, self._reads = shards, reads

    def read(self, name: str, *, without: Sequence[str] = ()) -> Iterator[Any]:
        if "image" not in without:
            self._reads.append(name)
        for page in super().read(name):
            yield replace(page, image=None) if "image" in without else page


def _reading(page: Page) -> tuple[list[Region], list[Recognition]]:
    """Return a line of two words, and a picture, on every page that has an image."""
    if page.image is None:
        region = Region(page.page_id, 0, Label.PAGE, "page", Box(0, 0, 0, 0), status=Status.SKIPPED)
        return [region], [Recognition(page.page_id, 0, "", status=Status.SKIPPED, reason=page.reason)]
    regions = [
        Region(page.page_id, 0, Label.TEXT, "paragraph", Box(5, 5, 125, 35), score=0.98765),
        Region(page.page_id, 1, Label.PICTURE, "figure", PICTURE),
    ]
    read = Recognition(page.page_id, 0, "rivers stones", words=WORDS)
    return regions, [read, Recognition(page.page_id, 1, "", status=Status.SKIPPED, attempts=0)]


def sheet() -> Sheet:
    drawn = Sheet((200, 160))
    drawn.draw.rectangle((20, 60, 89, 119), fill=90)
    return drawn


def pages_of(doc_id: str, path: str, count: int = 1, **changes: Any) -> list[Page]:
    return [sheet().page(number=number + 1, doc_id=doc_id, path=path, **changes) for number in range(count)]


@pytest.fixture
def corpus() -> Corpus:
    failed = fakes.page(
        2, "a", path="law/first.pdf", status=Status.FAILED, reason="broken: page --> 2", width=0, height=0
    )
    return Corpus([*pages_of("a", "law/first.pdf"), failed, *pages_of("b", "second 2024.12.png", 2)])


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def stamps(folder: Path) -> dict[str, int]:
    return {name: (folder / name).stat().st_mtime_ns for name in files(folder)}


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "ocr_results.jsonl").read_bytes().splitlines()]


ALL = [
    ".manifest.json",
    "crops/a_00001_001.png",
    "crops/b_00001_001.png",
    "crops/b_00002_001.png",
    "markdown/law/first.md",
    "markdown/second 2024.12.md",
    "ocr_results.jsonl",
    "pdf/law/first.pdf",
    "pdf/second 2024.12.pdf",
]


def test_every_document_has_its_files(corpus: Corpus, tmp_path: Path) -> None:
    corpus.export(tmp_path)
    assert files(tmp_path) == ALL


def test_markdown_marks_its_pages_and_links_to_crops_that_are_there(corpus: Corpus, tmp_path: Path) -> None:
    corpus.export(tmp_path)
    text = (tmp_path / "markdown/law/first.md").read_text()
    assert text == (
        "<!-- page 1 -->\n\nrivers stones\n\n![picture](../../crops/a_00001_001.png)\n\n"
        "<!-- page 2 -->\n\n<!-- not read: broken: page - -&gt; 2 -->\n\n"
    )
    assert (tmp_path / "markdown/law/../../crops/a_00001_001.png").is_file()
    assert "(../crops/b_00002_001.png)" in (tmp_path / "markdown/second 2024.12.md").read_text()


def test_crops_show_what_the_page_shows(corpus: Corpus, tmp_path: Path) -> None:
    corpus.export(tmp_path)
    pixels = decode((tmp_path / "crops/b_00001_001.png").read_bytes())
    assert pixels.shape == (60, 70, 3)
    assert np.unique(pixels).tolist() == [90]


def test_the_lines_have_the_layout_of_the_seeds(corpus: Corpus, tmp_path: Path) -> None:
    corpus.export(tmp_path)
    rows = lines(tmp_path)
    assert [row["page_id"] for row in rows] == ["law/first_1", "law/first_2", "second 2024.12_1", "second 2024.12_2"]
    assert [row["page_idx"] for row in rows] == [0, 1, 2, 3]
    assert rows[0]["regions"][0] == {
        "index": 0,
        "label": "text",
        "native_label": "paragraph",
        "bbox_2d": [25, 31, 625, 219],
        "content": "rivers stones",
        "kind": "text",
        "bbox": [5, 5, 125, 35],
        "score": 0.9877,
        "format": "text",
        "status": "ok",
        "confidence": None,  # the shards do not say which recognizer this was
        "lines": [],
        "doubtful": [],
    }
    assert rows[0]["confidence"] is None
    assert rows[0]["image_crops"] == [
        {
            "path": "crops/a_00001_001.png",
            "bbox": [100, 375, 450, 750],
            "label": "image",
            "native_label": "figure",
            "index": 1,
            "saved": True,
        }
    ]
    assert rows[0]["markdown"].startswith("rivers stones\n\n![picture](crops/")
    assert (rows[0]["path"], rows[0]["text"], rows[0]["status"]) == ("law/first.pdf", "rivers stones", "ok")
    assert "error" not in rows[0]


def test_the_lines_say_how_much_of_them_is_right(corpus: Corpus, tmp_path: Path) -> None:
    info, rows = corpus.folders["recognitions"].shards["a"]
    identity = Identity("tesseract", "1").canonical()
    corpus.folders["recognitions"].shards["a"] = (replace(info, identity=identity), rows)
    corpus.export(tmp_path)
    page = lines(tmp_path)[0]
    assert 0.9 < page["confidence"] < 1
    region = page["regions"][0]
    assert region["confidence"] == page["confidence"]
    same = region["confidence"]  # both words are as sure
    assert region["lines"] == [{"bbox": [10.0, 10.0, 120.0, 30.0], "confidence": same, "words": [same, same]}]
    assert region["doubtful"] == []
    assert page["regions"][1]["confidence"] is None  # a picture


def test_a_failed_page_has_its_line_with_the_error(corpus: Corpus, tmp_path: Path) -> None:
    corpus.export(tmp_path)
    row = lines(tmp_path)[1]
    assert (row["error"], row["status"]) == ("broken: page --> 2", "skipped")
    assert row["regions"][0]["bbox_2d"] == [0, 0, 0, 0]


def test_a_lone_surrogate_does_not_lose_the_line(tmp_path: Path) -> None:
    word = Word("a\ud800b", Box(5, 150, 60, 170))
    layer = {"text_layer_words": (word,), "text_layer_preferred": True}
    Corpus(pages_of("a", "a.pdf", **layer)).export(tmp_path)
    assert lines(tmp_path)[0]["text"] == "rivers stones\na?b"
    assert "a?b" in (tmp_path / "markdown/a.md").read_text()


@pytest.mark.parametrize(
    ("option", "gone"),
    [
        ("markdown", ("markdown",)),
        ("crops", ("crops",)),
        ("jsonl", ("ocr_results.jsonl",)),
        ("searchable_pdf", ("pdf",)),
    ],
)
def test_each_export_is_an_option(corpus: Corpus, tmp_path: Path, option: str, gone: tuple[str, ...]) -> None:
    corpus.export(tmp_path)
    without = ChosenExports(**{option: False})
    corpus.export(tmp_path, without)
    assert files(tmp_path) == [name for name in ALL if not name.startswith(gone)]
    if option == "crops":
        assert lines(tmp_path)[0]["image_crops"][0]["saved"] is False
        texts = "".join(path.read_text(encoding="utf-8") for path in tmp_path.glob("markdown/**/*.md"))
        assert "its crop is not saved -->" in texts
        assert "](" not in texts
    corpus.export(tmp_path)
    assert files(tmp_path) == ALL


def test_a_second_export_writes_nothing_and_reads_no_image(corpus: Corpus, tmp_path: Path) -> None:
    corpus.export(tmp_path)
    before = stamps(tmp_path)
    corpus.reads.clear()
    corpus.export(tmp_path)
    assert stamps(tmp_path) == before
    assert corpus.reads == []


def test_of_a_corpus_that_did_not_change_no_row_is_read(corpus: Corpus, tmp_path: Path) -> None:
    corpus.export(tmp_path)
    before = stamps(tmp_path)
    for name in ROWS:
        for shard, (info, _) in corpus.folders[name].shards.items():
            corpus.folders[name].shards[shard] = (info, [])
    corpus.export(tmp_path)
    assert stamps(tmp_path) == before


def test_exports_that_are_no_longer_wanted_go(corpus: Corpus, tmp_path: Path) -> None:
    corpus.export(tmp_path)
    corpus.export(tmp_path, replace(WANTED, jsonl=False))
    assert files(tmp_path) == [name for name in ALL if name != "ocr_results.jsonl"]
    corpus.export(tmp_path)
    assert files(tmp_path) == ALL


def test_only_a_changed_document_is_written_again(corpus: Corpus, tmp_path: Path) -> None:
    corpus.export(tmp_path)
    before = stamps(tmp_path)
    corpus.reads.clear()
    corpus.put("b", pages_of("b", "second 2024.12.png"), key="2")
    corpus.export(tmp_path)
    after = stamps(tmp_path)
    assert set(before) - set(after) == {"crops/b_00002_001.png"}
    assert {name for name in after if after[name] == before[name]} == {name for name in ALL if "first" in name} | {
        "crops/a_00001_001.png"
    }
    assert corpus.reads == ["b"]
    assert len(lines(tmp_path)) == 3


def test_a_file_that_was_lost_is_written_again(corpus: Corpus, tmp_path: Path) -> None:
    corpus.export(tmp_path)
    before = stamps(tmp_path)
    (tmp_path / "crops/a_00001_001.png").unlink()
    (tmp_path / "ocr_results.jsonl").unlink()
    corpus.export(tmp_path)
    assert files(tmp_path) == ALL
    assert (tmp_path / "pdf/second 2024.12.pdf").stat().st_mtime_ns == before["pdf/second 2024.12.pdf"]


def test_what_left_the_corpus_leaves_the_exports_with_its_folders(corpus: Corpus, tmp_path: Path) -> None:
    corpus.export(tmp_path)
    (tmp_path / "markdown/notes of mine.md").write_text("kept")
    for name in ROWS:
        del corpus.folders[name].shards["a"]
    corpus.export(tmp_path)
    kept = [name for name in ALL if "law/" not in name and "/a_" not in name]
    assert files(tmp_path) == sorted([*kept, "markdown/notes of mine.md"])
    assert not (tmp_path / "markdown/law").exists()
    assert [row["page_idx"] for row in lines(tmp_path)] == [0, 1]


def test_a_run_that_was_stopped_goes_on_where_it_was(corpus: Corpus, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    corpus.export(whole)
    broken = corpus.folders["recognitions"].shards["b"]
    corpus.folders["recognitions"].shards["b"] = (broken[0], broken[1][:3])
    with pytest.raises(ValueError, match="recognition"):
        corpus.export(tmp_path / "resumed")
    left = files(tmp_path / "resumed")
    assert "pdf/law/first.pdf" in left
    assert "ocr_results.jsonl" not in left
    assert not [name for name in left if "second" in name or ".partial" in name]
    first = (tmp_path / "resumed/pdf/law/first.pdf").stat().st_mtime_ns
    corpus.folders["recognitions"].shards["b"] = broken
    corpus.export(tmp_path / "resumed")
    assert (tmp_path / "resumed/pdf/law/first.pdf").stat().st_mtime_ns == first
    for name in ALL:
        assert (tmp_path / "resumed" / name).read_bytes() == (whole / name).read_bytes(), name


def test_what_a_killed_run_left_half_written_is_removed(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "pdf/law").mkdir(parents=True)
    (tmp_path / "pdf/law/.first.pdf.partial").write_bytes(b"half")
    corpus.export(tmp_path)
    assert files(tmp_path) == ALL


def test_a_damaged_manifest_means_that_all_is_written_again(
    corpus: Corpus, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    corpus.export(tmp_path)
    (tmp_path / ".manifest.json").write_text('{"documents": [')
    with caplog.at_level(logging.WARNING):
        corpus.export(tmp_path)
    assert "everything is exported again" in caplog.text
    assert files(tmp_path) == ALL
    assert json.loads((tmp_path / ".manifest.json").read_text())["documents"].keys() == {"law/first", "second 2024.12"}


def test_documents_that_would_have_one_name_are_told_apart(tmp_path: Path) -> None:
    names = [("a", "report.pdf"), ("b", "report.png"), ("c", "Report.jpg"), ("d", "../../out.pdf")]
    Corpus([page for doc_id, path in names for page in pages_of(doc_id, path)]).export(tmp_path / "exports")
    assert files(tmp_path / "exports/markdown") == ["Report.jpg.md", "out.md", "report.pdf.md", "report.png.md"]
    assert [path.name for path in tmp_path.iterdir()] == ["exports"]
    assert [row["page_id"] for row in lines(tmp_path / "exports")] == [
        "report.pdf_1",
        "report.png_1",
        "Report_1",
        "../../out_1",
    ]


def test_a_name_too_long_for_a_disk_is_cut(tmp_path: Path) -> None:
    Corpus(pages_of("a", "보고서" * 40 + ".pdf")).export(tmp_path)
    (name,) = files(tmp_path / "markdown")
    assert len(name.encode()) < 230
    assert name.endswith("_a.md")


def test_a_document_of_which_nothing_could_be_read_has_no_pdf(tmp_path: Path) -> None:
    failed = fakes.page(1, "a", width=0, height=0, status=Status.FAILED, reason="broken: cut off")
    Corpus([failed]).export(tmp_path)
    assert files(tmp_path) == [".manifest.json", "markdown/a.md", "ocr_results.jsonl"]


def test_a_page_whose_image_is_damaged_stays_blank_and_the_rest_is_there(tmp_path: Path) -> None:
    first, second = pages_of("a", "a.pdf", 2)
    Corpus([replace(first, image=b"junk"), second]).export(tmp_path)
    assert files(tmp_path / "crops") == ["a_00002_001.png"]
    assert [row["image_crops"][0]["saved"] for row in lines(tmp_path)] == [False, True]
    with pdfium.PdfDocument(tmp_path / "pdf/a.pdf") as document:
        assert [page.get_textpage().get_text_bounded() for page in document] == ["", "rivers stones"]


def test_pages_without_a_transcript_wait(corpus: Corpus, tmp_path: Path) -> None:
    transcripts = corpus.folders["transcripts"].shards
    later: tuple[ShardInfo, list[Transcript]] = transcripts.pop("b")
    corpus.export(tmp_path)
    assert len(lines(tmp_path)) == 2
    transcripts["b"] = later
    corpus.export(tmp_path)
    assert files(tmp_path) == ALL
