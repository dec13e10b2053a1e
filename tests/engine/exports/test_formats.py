"""The files for other programs: text, HTML, tables, docling's documents."""

from __future__ import annotations

import csv
from dataclasses import replace
from io import BytesIO, StringIO
from xml.etree import ElementTree

import openpyxl
import pytest
from docling_core.types.doc.document import DoclingDocument

from ocr_project.domain.options import TranscriptOptions
from ocr_project.domain.types import Box, Label, Recognition, Region, Status, TextFormat, Word
from ocr_project.engine.exports.formats import further_files
from ocr_project.engine.exports.placed_words import AltoFile, HocrFile
from ocr_project.engine.exports.plan import ChosenExports, Export
from ocr_project.engine.transcript import assemble, readings
from ocr_project.testing import fakes

TABLE = (
    "<table><tr><th colspan='2'>Gauge</th><th>=1+1</th></tr>"
    "<tr><td rowspan='2'>Alder</td><td>98.1</td><td>007</td></tr><tr><td>12</td><td>가</td></tr></table>"
)
GRID = [["Gauge", "", "=1+1"], ["Alder", "98.1", "007"], ["", "12", "가"]]
EVERYTHING = ChosenExports(text=True, html=True, hocr=True, alto=True, csv=True, xlsx=True, docling=True, doctags=True)
PARTS = (
    (Label.TITLE, "Tides & <script>alert(1)</script>", TextFormat.TEXT),
    (Label.SECTION_HEADER, "Summary", TextFormat.TEXT),
    (Label.TEXT, "Water\nrises.", TextFormat.TEXT),
    (Label.TABLE, TABLE, TextFormat.HTML),
    (Label.PAGE_NUMBER, "1", TextFormat.TEXT),
    (Label.SEAL, "", TextFormat.TEXT),
)


@pytest.fixture
def files() -> dict[str, bytes]:
    """Files of a document of two pages, of which the second failed."""
    opened: dict[str, BytesIO] = {}
    page = replace(fakes.page(1, "d"), width=600, height=800)
    boxes = [Box(10, 20 * index, 90, 20 * index + 15) for index in range(len(PARTS))]
    regions = [
        Region(page.page_id, index, part[0], "", box)
        for index, (part, box) in enumerate(zip(PARTS, boxes, strict=True))
    ]
    found = [Recognition(page.page_id, index, text, format) for index, (_, text, format) in enumerate(PARTS)]
    failed = replace(fakes.page(2, "d"), status=Status.FAILED, reason="broken <page>")
    writers = list(
        further_files(Export("d", "d.pdf", "d", "d"), EVERYTHING, lambda path: opened.setdefault(path, BytesIO()))
    )
    for one, its_regions, its_found in ((page, regions, found), (failed, [], [])):
        read = readings(one, its_regions, its_found)
        for writer in writers:
            writer.add(one, read, assemble(one, its_regions, its_found, TranscriptOptions()), [])
    for writer in writers:
        writer.finish()
    return {path: file.getvalue() for path, file in opened.items()}


def test_text_has_a_form_feed_after_each_page(files: dict[str, bytes]) -> None:
    first, second, end = files["text/d.txt"].decode().split("\f")
    assert first.startswith("Tides & <script>alert(1)</script>\nSummary\nWater\nrises.\n")
    assert (second, end) == ("", "")


def test_html_shows_what_was_read_and_runs_nothing(files: dict[str, bytes]) -> None:
    text = files["html/d.html"].decode()
    assert "<h2>Summary</h2>" in text
    assert "<table>" in text
    assert "가" in text
    assert "<script" not in text
    assert '<section id="page2">\n<p><em>not read: broken &lt;page&gt;' in text


def test_hocr_and_alto_say_where_lines_are_and_no_more_than_is_known(files: dict[str, bytes]) -> None:
    hocr, alto = (
        ElementTree.fromstring(files[path].decode().partition("?>")[2]) for path in ("hocr/d.hocr", "alto/d.xml")
    )
    words = [(one.text, one.get("title")) for one in hocr.iter() if one.get("class") == "ocrx_word"]
    assert words[:4] == [
        ("Tides & <script>alert(1)</script>", "bbox 10 0 90 15"),
        ("Summary", "bbox 10 20 90 35"),
        ("Water", "bbox 10 40 90 48"),
        ("rises.", "bbox 10 48 90 55"),
    ]
    strings = [one for one in alto.iter() if one.tag.endswith("String")]
    assert [one.get("CONTENT") for one in strings] == [text for text, _ in words]
    assert {key: strings[1].get(key) for key in ("HPOS", "VPOS", "WIDTH", "HEIGHT", "WC")} == {
        "HPOS": "10", "VPOS": "20", "WIDTH": "80", "HEIGHT": "15", "WC": None,
    }  # fmt: skip
    pages = [one for one in alto.iter() if one.tag.endswith("Page")]
    assert [(one.get("PHYSICAL_IMG_NR"), one.get("WIDTH")) for one in pages] == [
        ("1", "600"),
        ("2", str(pages[1].get("WIDTH"))),
    ]


def test_hocr_and_alto_have_the_words_and_what_the_recognizer_says_of_them() -> None:
    page = replace(fakes.page(3, "d"), width=600, height=800, dpi=200)
    region = Region(page.page_id, 0, Label.TEXT, "", Box(10.4, 20, 90, 60))
    words = (
        *(Word("둘째\x0b", Box(12, 40, 30, 52), 0.5, 1), Word("첫", Box(12, 22, 30, 34), 0.914, 0)),
        *(Word("줄", Box(34, 23, 50, 33), 1.0, 0), Word(" ", Box(60, 20, 70, 30), 1.0, 0)),
    )
    found = [Recognition(page.page_id, 0, "첫 줄\n둘째", words=words)]
    written = {}
    for name, made in (("hocr", HocrFile), ("alto", AltoFile)):
        file = BytesIO()
        writer = made(file, 'a "b"')
        writer.add(page, readings(page, [region], found), assemble(page, [region], found, TranscriptOptions()), [])
        writer.finish()
        written[name] = file.getvalue().decode()
    assert (
        '<div class="ocr_page" id="page_3" title="bbox 0 0 600 800; ppageno 2; scan_res 200 200">' in written["hocr"]
    )
    assert '<span class="ocr_line" id="line_3_1_1" title="bbox 12 22 50 34">' in written["hocr"]
    assert 'title="bbox 12 22 30 34; x_wconf 91">첫</span> <span' in written["hocr"]
    assert ">둘째</span>" in written["hocr"]
    assert 'HPOS="34" VPOS="23" WIDTH="16" HEIGHT="10" WC="1.00" CONTENT="줄"/></TextLine>' in written["alto"]
    assert "<fileName>a &quot;b&quot;</fileName>" in written["alto"]


def test_csv_has_a_cell_in_its_place_and_computes_nothing(files: dict[str, bytes]) -> None:
    text = files["tables/d/page1_table1.csv"].decode("utf-8-sig")
    read = list(csv.reader(StringIO(text)))
    assert read == [[cell.replace("=1+1", "'=1+1") for cell in row] for row in GRID]


def test_a_workbook_has_numbers_where_they_are_beyond_doubt(files: dict[str, bytes]) -> None:
    book = openpyxl.load_workbook(BytesIO(files["tables/d.xlsx"]))
    assert book.sheetnames == ["page 1 table 1"]
    rows = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
    assert rows == [["Gauge", None, "=1+1"], ["Alder", 98.1, "007"], [None, 12, "가"]]
    assert book.worksheets[0]["C1"].data_type == "s"


def test_docling_takes_what_is_written_for_it(files: dict[str, bytes]) -> None:
    document = DoclingDocument.model_validate_json(files["docling/d.json"])
    assert {number: page.size.width for number, page in document.pages.items()}[1] == 600
    assert [item.label.value for item in document.texts] == ["title", "section_header", "text", "page_footer"]
    (table,) = document.tables
    assert [cell.text for cell in table.data.grid[0]] == ["Gauge", "Gauge", "=1+1"]
    assert document.texts[1].prov[0].bbox.t == 20
    assert len(document.pictures) == 1
    assert files["docling/d.doctags.txt"].startswith(b"<doctag>")
