"""The searchable PDF: text is found where it was read, the image is the page's own, files are whole or not there."""

from __future__ import annotations

import errno
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from shutil import which
from typing import Any

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pytest
from fontTools.ttLib import TTFont
from PIL import Image

from ocr_project.domain.errors import StorageError
from ocr_project.domain.types import Box, Label, Page, Recognition, Region, Word
from ocr_project.engine.exports.glyphless import glyphless_font
from ocr_project.engine.exports.searchable_pdf import SearchablePdf
from ocr_project.engine.exports.text_placement import place_words
from ocr_project.engine.transcript.lines import Reading
from ocr_project.storage.atomic import atomic_file
from ocr_project.testing import fakes
from tests.drawing import Sheet, overlap, page_of

POINTS = 72 / 150  # per pixel
TEXT = pdfium.raw.FPDF_PAGEOBJ_TEXT
KOREAN = ("공공데이터의", "제공을")


def word(text: str, x0: float, y0: float, x1: float, line: int = 0) -> Word:
    return Word(text, Box(x0, y0, x1, y0 + 30), 0.9, line)


def reading(words: Sequence[Word], text: str = "", quad: tuple[float, ...] | None = None, **box: Any) -> Reading:
    region = Region("d_00001", 0, Label.TEXT, "text", box.get("box", Box(0, 0, 600, 400)), quad)
    return Reading(region, Recognition("d_00001", 0, text or " ".join(w.text for w in words), words=tuple(words)))


def blank(width: int = 600, height: int = 400, **changes: Any) -> Page:
    return Sheet((width, height)).page(**changes)


def pdf_of(*pages: tuple[Page, Sequence[Reading]], title: str = "문서 1") -> bytes:
    buffer = BytesIO()
    pdf = SearchablePdf(buffer, title)
    for page, readings in pages:
        pdf.add(page, readings)
    pdf.finish()
    return buffer.getvalue()


def text_of(data: bytes, page: int = 0) -> str:
    with pdfium.PdfDocument(data) as document:
        return str(document[page].get_textpage().get_text_range())


def found_at(data: bytes, text: str, height: int) -> Box:
    """Return where a viewer finds a text, in pixels of the page."""
    with pdfium.PdfDocument(data) as document:
        layer = document[0].get_textpage()
        place = layer.search(text).get_next()
        assert place is not None, text
        corners = [layer.get_charbox(n, loose=True) for n in range(place[0], place[0] + place[1])]
    low, high = np.asarray(corners)[:, :2].min(axis=0), np.asarray(corners)[:, 2:].max(axis=0)
    return Box(low[0] / POINTS, height - high[1] / POINTS, high[0] / POINTS, height - low[1] / POINTS)


WORDS = [
    word(KOREAN[0], 40, 50, 200),
    word(KOREAN[1], 215, 50, 290),
    word("Rivers", 40, 120, 130, 1),
    word("и", 150, 120, 165, 1),
    word("реки", 180, 120, 240, 1),
]


def test_text_is_found_in_its_lines_and_words() -> None:
    data = pdf_of((blank(), [reading(WORDS)]))
    assert text_of(data).split("\r\n") == ["공공데이터의 제공을", "Rivers и реки"]


@pytest.mark.parametrize("place", range(len(WORDS)))
def test_each_word_is_found_where_it_was_read(place: int) -> None:
    data = pdf_of((blank(), [reading(WORDS)]))
    assert overlap(found_at(data, WORDS[place].text, 400), WORDS[place].box) > 0.85


@pytest.mark.skipif(which("pdftotext") is None, reason="pdftotext is missing: apt-get install poppler-utils")
def test_another_reader_finds_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_of((blank(), [reading(WORDS)]), (blank(), [])))
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    lines = [" ".join(line.split()) for line in done.stdout.splitlines() if line.strip("\f ")]
    assert lines == ["공공데이터의 제공을", "Rivers и реки"]


def test_the_text_is_there_and_not_seen() -> None:
    sheet = Sheet((600, 400))
    sheet.text((40, 50), "Rivers")
    with pdfium.PdfDocument(pdf_of((sheet.page(), [reading(WORDS)]))) as document:
        shown = document[0].render(scale=150 / 72).to_numpy()[..., :3]
    assert np.abs(shown.astype(int) - sheet.pixels).mean() < 1


def test_words_of_one_letter_are_found() -> None:
    words = [word("I", 40, 50, 48), word("am", 60, 50, 100), word("a", 112, 50, 126), word("man", 140, 50, 200)]
    assert text_of(pdf_of((blank(), [reading(words)]))) == "I am a man"


def test_lines_whose_boxes_touch_are_lines() -> None:
    words = [word("above", 40, 50, 140), word("below", 40, 78, 140, 1)]
    assert text_of(pdf_of((blank(), [reading(words)]))) == "above\r\nbelow"


def test_characters_of_every_kind_come_back() -> None:
    texts = ["①㉮", "<>&()\\", "“따옴표”", "📄𝒳", "–…·"]
    words = [word(text, 20, 20 + 50 * line, 160, line) for line, text in enumerate(texts)]
    assert text_of(pdf_of((blank(), [reading(words)]))).split("\r\n") == texts


def test_more_than_a_hundred_characters_come_back() -> None:
    texts = ["".join(chr(0xAC00 + 40 * line + n) for n in range(40)) for line in range(6)]
    words = [word(text, 20, 20 + 50 * line, 580, line) for line, text in enumerate(texts)]
    assert text_of(pdf_of((blank(), [reading(words)]))).split("\r\n") == texts


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_turned_text_is_found_along_its_lines(quarter: int) -> None:
    corners = {1: (300, 10, 300, 390, 0, 390, 0, 10), 2: (590, 390, 10, 390, 10, 10, 590, 10)}
    corners[3] = (0, 390, 0, 10, 300, 10, 300, 390)
    boxes = {
        1: (Box(100, 20, 130, 180), Box(100, 200, 130, 300)),
        2: (Box(400, 100, 560, 130), Box(250, 100, 380, 130)),
        3: (Box(100, 220, 130, 380), Box(100, 100, 130, 200)),
    }
    words = [Word(text, box) for text, box in zip(("rivers", "stones"), boxes[quarter], strict=True)]
    readings = [reading(words, quad=corners[quarter])]
    assert [placed.quarter for placed in place_words(readings)] == [quarter, quarter]
    data = pdf_of((blank(), readings))
    for one in words:
        assert overlap(found_at(data, one.text, 400), one.box) > 0.8
    with pdfium.PdfDocument(data) as document:
        assert {angle(item) for item in document[0].get_objects() if item.type == TEXT} == {-90 * quarter % 360}


def angle(item: pdfium.PdfObject) -> int:
    """Return which way a text runs, in degrees counterclockwise."""
    matrix = item.get_matrix()
    return round(np.degrees(np.arctan2(matrix.b, matrix.a))) % 360


def test_a_reading_without_words_is_spread_over_its_region() -> None:
    box = Box(50, 100, 550, 300)
    placed = place_words([reading([], "the first line\nthe second", box=box)])
    assert [one.text for one in placed] == ["the first line", "the second"]
    assert [one.box for one in placed] == [Box(50, 100, 550, 200), Box(50, 200, 550, 300)]
    assert text_of(pdf_of((blank(), [reading([], "the first line\nthe second", box=box)]))) == (
        "the first line\r\nthe second"
    )


def test_words_of_a_level_line_share_its_height_and_those_of_a_skewed_one_do_not() -> None:
    level = [Word("a", Box(0, 10, 20, 30)), Word("g", Box(30, 14, 50, 36))]
    assert [placed.box[1::2] for placed in place_words([reading(level)])] == [(10, 36), (10, 36)]
    skewed = [Word("a", Box(0, 10, 20, 30)), Word("g", Box(300, 60, 320, 80))]
    assert [placed.box[1::2] for placed in place_words([reading(skewed)])] == [(10, 30), (60, 80)]


def test_pages_have_the_size_of_the_paper() -> None:
    data = pdf_of((blank(dpi=150.0), []), (blank(dpi=300.0), []), (blank(dpi=0.0), []), (blank(dpi=0.001), []))
    with pdfium.PdfDocument(data) as document:
        sizes = [tuple(round(side) for side in page.get_size()) for page in document]
    assert sizes == [(288, 192), (144, 96), (288, 192), (14400, 9600)]


def test_a_page_that_could_not_be_read_stays_blank_so_that_numbers_hold() -> None:
    failed = fakes.page(1, image=None, width=0, height=0)
    data = pdf_of((failed, []), (blank(), [reading(WORDS[:1])]))
    assert text_of(data, 0) == ""
    assert text_of(data, 1) == KOREAN[0]


def encoded(mode: str, kind: str, **options: Any) -> tuple[Page, Image.Image]:
    image = Image.fromarray(np.tile(np.arange(0, 240, 2, dtype=np.uint8), (40, 1))).convert("RGB").convert(mode)
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return fakes.page(image=buffer.getvalue(), width=120, height=40, dpi=72.0), image.convert("RGB")


@pytest.mark.parametrize(
    ("mode", "kind", "kept"),
    [("RGB", "JPEG", True), ("L", "JPEG", True), ("RGB", "PNG", True), ("L", "PNG", True), ("P", "PNG", False)],
)
def test_the_image_is_embedded_as_it_is_where_pdf_can_say_it(mode: str, kind: str, kept: bool) -> None:
    page, image = encoded(mode, kind)
    data = pdf_of((page, []))
    if kind == "JPEG":
        assert (page.image in data) == kept
    with pdfium.PdfDocument(data) as document:
        shown = document[0].render(scale=1).to_numpy()[..., 2::-1]
    assert np.abs(shown.astype(int) - np.asarray(image)).mean() < 4
    with pikepdf.open(BytesIO(data)) as checked:
        assert checked.check_pdf_syntax() == [] if hasattr(checked, "check_pdf_syntax") else checked.check() == []


def test_the_same_pages_give_the_same_bytes() -> None:
    pages = [(blank(), [reading(WORDS)])]
    assert pdf_of(*pages) == pdf_of(*pages)


def test_more_characters_than_two_bytes_can_number_are_found_up_to_there(caplog: pytest.LogCaptureFixture) -> None:
    every = [chr(code) for code in range(0x20000, 0x20000 + 66_000)]
    pages = [
        (blank(), [reading([word("".join(every[start : start + 60]), 10, 10, 590)])]) for start in range(0, 66_000, 60)
    ]
    data = pdf_of(*pages)
    assert sum("different characters" in message for message in caplog.messages) == 1
    assert text_of(data, 0).strip() == "".join(every[:60])
    assert text_of(data, 1_000).strip() == "".join(every[60_000:60_060])
    assert set(text_of(data, len(pages) - 1).strip()) == {"\ufffd"}


def test_the_title_is_unicode() -> None:
    with pdfium.PdfDocument(pdf_of((blank(), []), title="보고서 (1).pdf")) as document:
        assert document.get_metadata_value("Title") == "보고서 (1).pdf"


def test_the_font_is_one_that_a_strict_reader_takes() -> None:
    font = TTFont(BytesIO(glyphless_font()), checkChecksums=2)
    assert font["maxp"].numGlyphs == 2
    assert {font["hmtx"][name] for name in font.getGlyphOrder()} == {(500, 0)}


def test_a_file_appears_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.bin"
    with atomic_file(path) as file:
        file.write(b"whole")
        assert not path.exists()
    assert path.read_bytes() == b"whole"
    assert [entry.name for entry in path.parent.iterdir()] == ["a.bin"]


def _stopped(path: Path) -> None:
    with atomic_file(path) as file:
        file.write(b"half")
        raise RuntimeError("stop")


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"before")
    with pytest.raises(RuntimeError, match="stop"):
        _stopped(path)
    assert path.read_bytes() == b"before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


@pytest.mark.parametrize(("code", "says"), [(errno.ENOSPC, "no space left for"), (errno.EROFS, "cannot be written")])
def test_a_disk_that_refuses_is_named(tmp_path: Path, code: int, says: str) -> None:
    with pytest.raises(StorageError, match=says), atomic_file(tmp_path / "a.bin"):
        raise OSError(code, "refused")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "pdf").write_bytes(b"")
    with pytest.raises(StorageError, match=r"a\.pdf cannot be written"), atomic_file(tmp_path / "pdf" / "a.pdf"):
        pass


def test_a_page_with_more_pixels_than_paper_keeps_its_words_in_place() -> None:
    page = replace(page_of(np.full((400, 600, 3), 255, np.uint8)), dpi=1.0)
    with pdfium.PdfDocument(pdf_of((page, [reading(WORDS[:1])]))) as document:
        width, height = document[0].get_size()
        layer = document[0].get_textpage()
        left, _, _, top = layer.get_charbox(0, loose=True)
    assert max(width, height) == pytest.approx(14400, abs=1)
    assert left / width == pytest.approx(40 / 600, abs=0.01)
    assert 1 - top / height == pytest.approx(50 / 400, abs=0.01)
