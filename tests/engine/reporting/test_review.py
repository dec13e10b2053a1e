"""What a person should look at: found, ordered, shown with its image, and gone once a reference is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ocr_project.domain.corpus import Corpus
from ocr_project.domain.options import BenchmarkOptions, RuntimeOptions, TranscriptOptions
from ocr_project.domain.schemas import to_frame
from ocr_project.domain.types import (
    Box,
    Document,
    Identity,
    Label,
    Page,
    Recognition,
    Reference,
    Region,
    ShardInfo,
    Status,
    Word,
)
from ocr_project.engine.imaging.pixels import encode
from ocr_project.engine.ingest.line_corrections import box_key
from ocr_project.engine.reporting.review import review_pages, without_lines, worst_first
from ocr_project.engine.transcript import assemble
from ocr_project.pipelines.benchmark.review import review_readings
from ocr_project.storage.scratch import Scratch
from ocr_project.storage.table_file import TableFile
from ocr_project.testing.fakes import MemoryShards, page

TESSERACT = Identity("tesseract", "1").canonical()
Made = tuple[Page, Sequence[Region], Sequence[Recognition]]


def drawn(number: int, *lines: tuple[str, float], doc_id: str = "d", **changes: Any) -> Made:
    """Return a page of one region, a word a line, each as sure as it says."""
    image = encode(np.full((140, 100, 3), 230, np.uint8))
    made = page(number, doc_id, image=image, **changes)
    region = Region(made.page_id, 0, Label.TEXT, "text", Box(10, 10, 90, 130))
    words = tuple(
        Word(text, Box(12, 12 + 20 * line, 80, 26 + 20 * line), sure, line) for line, (text, sure) in enumerate(lines)
    )
    text = "\n".join(text for text, _ in lines)
    return made, [region], [Recognition(made.page_id, 0, text, words=words, confidence=0.5)]


def corpus(*made: Made, identity: str = TESSERACT) -> Corpus:
    rows: dict[str, list[Any]] = {
        "pages": [page_ for page_, _, _ in made],
        "regions": [region for _, regions, _ in made for region in regions],
        "recognitions": [row for _, _, found in made for row in found],
        "transcripts": [assemble(*one, TranscriptOptions()) for one in made],
    }
    info = ShardInfo("d_00001", "key", "d.pdf#1", len(made), identity=identity)
    return Corpus(**{name: MemoryShards({"d_00001": (info, items)}) for name, items in rows.items()})


def unread(made: Made, status: Status, reason: str) -> Made:
    return made[0], made[1], [replace(made[2][0], text="", words=(), status=status, reason=reason)]


def test_lines_in_doubt_come_worst_first() -> None:
    few, many = (
        drawn(1, ("개인정보", 0.96), ("eee", 0.0)),
        drawn(2, ("wees wee eee", 0.1), ("x.", 0.2), ("보호법", 0.96)),
    )
    rows = worst_first(review_pages(corpus(few, many), settled=()))
    assert [(row.number, len(row.doubts)) for row in rows] == [(2, 2), (1, 1)]
    worst, second = rows[0].doubts
    assert (worst.text, worst.line, worst.box) == ("wees wee eee", 0, Box(12, 12, 80, 26))
    assert (worst.expected_errors or 0) > (second.expected_errors or 0) > 0
    assert "probably no text" in worst.reason
    assert "about 1 of 1 characters" not in second.reason
    assert rows[0].confidence is not None


def test_a_page_with_lines_that_are_no_text_says_so_and_lists_each_once() -> None:
    page_, regions, found = drawn(1, ("개인정보", 0.96), ("wees wee eee", 0.02), ("x", 0.0))
    noisy = assemble(page_, regions, found, TranscriptOptions(), TESSERACT)
    assert noisy.status is Status.OK
    assert noisy.reason.startswith("1 line is probably no text")
    assert "“wees wee eee”" in noisy.reason
    assert "wees" in noisy.text
    assert assemble(page_, regions, found, TranscriptOptions()).reason == ""  # what a confidence is worth is not known
    known = corpus((page_, regions, found))
    index = known.transcripts.index()["d_00001"]
    listed = replace(known, transcripts=MemoryShards({"d_00001": (index, [noisy])}))
    (row,) = review_pages(listed, settled=())
    assert [(doubt.region, doubt.line) for doubt in row.doubts] == [(0, 1), (0, 2)]


def test_what_was_not_read_comes_before_what_was_read_badly() -> None:
    bad, failed = drawn(1, ("eee eee", 0.0)), unread(drawn(2, ("", 0.0)), Status.FAILED, "too_large: 1 x 1")
    empty = unread(drawn(3, ("", 0.0)), Status.EMPTY, "no text found")
    rows = worst_first(review_pages(corpus(bad, failed, empty), settled=()))
    assert [row.number for row in rows] == [2, 3, 1]
    reasons = {row.number: row.doubts[0].reason for row in rows}
    assert reasons[2] == "too_large: 1 x 1"
    assert "no text found" in reasons[3]
    assert rows[0].doubts[0].confidence is None


def test_a_page_that_failed_is_one_row_with_its_reason() -> None:
    lost = drawn(1, status=Status.FAILED, reason="broken: no trailer")
    lost = lost[0], lost[1], [replace(lost[2][0], status=Status.SKIPPED, reason="broken: no trailer")]
    (row,) = review_pages(corpus(lost), settled=())
    assert [(doubt.region, doubt.reason) for doubt in row.doubts] == [(-1, "broken: no trailer")]


@pytest.mark.parametrize("identity", ["", Identity("vllm", "1").canonical()])
def test_a_recognizer_without_confidence_is_open_not_doubtful(identity: str) -> None:
    (row,) = review_pages(corpus(drawn(1, ("eee", 0.0)), identity=identity), settled=())
    assert (row.known, row.confidence, list(row.doubts)) == (False, None, [])


def test_a_preferred_text_layer_is_open() -> None:
    made = drawn(1, ("eee", 0.0), text_layer="eee", text_layer_preferred=True)
    (row,) = review_pages(corpus(made), settled=())
    assert (row.known, row.confidence, list(row.doubts)) == (False, None, [])


def test_a_page_with_a_reference_is_settled() -> None:
    (row,) = review_pages(corpus(drawn(1, ("eee", 0.0))), settled={"d_00001"})
    assert list(row.doubts) == []
    assert row.confidence is not None


def test_a_line_that_was_corrected_alone_is_no_doubt_any_more() -> None:
    (row,) = review_pages(corpus(drawn(1, ("eee", 0.0), ("wees", 0.0))), settled=())
    assert {doubt.text for doubt in row.doubts} == {"eee", "wees"}
    (first,) = (doubt for doubt in row.doubts if doubt.text == "eee")
    assert {doubt.text for doubt in without_lines(row, {box_key(first.box)}).doubts} == {"wees"}
    assert without_lines(row, ()) is row


@pytest.fixture
def written(tmp_path: Path) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    made = corpus(drawn(1, ("<b>eee", 0.0)), drawn(2, ("wees", 0.1)), drawn(3, ("읽음", 0.99)))
    documents = to_frame([Document("d", "law/d.pdf", "law", "application/pdf", 3, 1, "/x/law/d.pdf")], Document)
    references = TableFile.written(tmp_path / "r.parquet", [Reference("d_00002", "읽은 글", "gold")], Reference, {})
    places, pages, path = review_readings(
        Scratch(tmp_path),
        *(made.pages, made.regions, made.recognitions, made.transcripts, documents, references),
        BenchmarkOptions(),
        RuntimeOptions(workers=1),
    )
    return pd.read_parquet(places.path), pd.read_parquet(pages.path), path.read_text("utf-8")


def test_the_table_says_where_a_correction_belongs(written: tuple[pd.DataFrame, pd.DataFrame, str]) -> None:
    places, pages, _ = written
    assert places[["page", "text", "correction"]].to_dict("records") == [
        {"page": 1, "text": "<b>eee", "correction": "law/d.p001.gt.txt"}
    ]
    assert pages["places"].tolist() == [1, 0, 0]
    assert pages["confidence"].notna().all()


def test_the_page_shows_images_and_texts_and_escapes(written: tuple[pd.DataFrame, pd.DataFrame, str]) -> None:
    _, _, shown = written
    assert shown.count('src="data:image/jpeg;base64,') == 1
    assert "&lt;b&gt;eee" in shown
    assert "<b>eee" not in shown
    assert "law/d.p001.gt.txt" in shown
    assert "http" not in shown.replace("http-equiv", "").replace("http://www.w3.org", "")


def test_an_empty_table_keeps_its_columns(tmp_path: Path) -> None:
    made = corpus(drawn(1, ("읽음", 0.99)))
    documents = to_frame([Document("d", "d.png", "", "image/png", 1, 1, "/x/d.png")], Document)
    none = TableFile.written(tmp_path / "references.parquet", [], Reference, {})
    places, pages, path = review_readings(
        Scratch(tmp_path),
        *(made.pages, made.regions, made.recognitions, made.transcripts, documents, none),
        BenchmarkOptions(),
        RuntimeOptions(workers=1),
    )
    assert len(places) == 0
    assert {"document", "page", "confidence", "reason", "correction"} <= set(pd.read_parquet(places.path).columns)
    assert "Nothing is in doubt." in path.read_text("utf-8")
    assert len(pages) == 1
