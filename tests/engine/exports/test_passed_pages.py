"""Pages that carry their own text go into the searchable PDF as they are."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pikepdf
import pypdfium2 as pdfium
import pytest
from pikepdf import Array, Dictionary, Name, String

from ocr_project.domain.types import Box, Document, Label, Page, Recognition, Region, Word
from ocr_project.engine.exports.passed_pages import PdfExport
from ocr_project.engine.transcript.lines import Reading
from tests.drawing import Sheet
from tests.nasty import saved

DPI = 144
TYPED = Word("Ferry", Box(60, 80, 120, 104), 1.0, 0)
STAMP = Word("PAID", Box(200, 300, 280, 330), 0.9, 1)
WORDS = (TYPED, STAMP)


def source_pdf(folder: Path, *, pages: int = 1, **entries: object) -> Document:
    """Write a PDF of typed pages of 300 x 200 points."""
    pdf = pikepdf.new()
    for number in range(1, pages + 1):
        page = pdf.add_blank_page(page_size=(300, 200)).obj
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        page.Resources = Dictionary(Font=Dictionary(F1=pdf.make_indirect(font)))
        page.Contents = pdf.make_stream(f"BT /F1 12 Tf 30 150 Td (Ferry {number}) Tj ET".encode())
        for name, value in entries.items():
            page[f"/{name}"] = value
    path = folder / "ferry.pdf"
    path.write_bytes(saved(pdf))
    doc_id = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    return Document(doc_id, "ferry.pdf", "", "application/pdf", pages, 1, str(path))


def page_row(number: int = 1, size: tuple[int, int] = (600, 400), **changes: object) -> Page:
    values = {"number": number, "dpi": float(DPI), "text_layer_preferred": True, "text_layer_words": (TYPED,)}
    return Sheet(size).page(**{**values, **changes})


def read_as(words: Sequence[Word], attempts: int = 1) -> list[Reading]:
    text = " ".join(word.text for word in words)
    region = Region("d_00001", 0, Label.TEXT, "text", Box(0, 0, 600, 400))
    return [Reading(region, Recognition("d_00001", 0, text, words=tuple(words), attempts=attempts))]


def exported(document: Document | None, *pages: tuple[Page, list[Reading]]) -> bytes:
    file = BytesIO()
    export = PdfExport(file, "ferry.pdf", document)
    for page, readings in pages:
        export.add(page, readings)
    export.finish()
    export.close()
    return file.getvalue()


def texts_of(data: bytes) -> list[str]:
    with pdfium.PdfDocument(data) as opened:
        return [page.get_textpage().get_text_bounded().replace("\r\n", "\n") for page in opened]


def has_image(data: bytes, number: int) -> bool:
    with pikepdf.open(BytesIO(data)) as opened:
        return bool(opened.pages[number].get_images())


def test_a_page_of_typed_text_is_taken_over_and_nothing_is_added(tmp_path: Path) -> None:
    data = exported(source_pdf(tmp_path), (page_row(), read_as([TYPED], attempts=0)))
    assert texts_of(data) == ["Ferry 1"]
    assert not has_image(data, 0)
    with pikepdf.open(BytesIO(data)) as opened:
        assert str(opened.docinfo["/Title"]) == "ferry.pdf"


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, [20, 10, 280, 190]])
def test_what_was_read_besides_is_laid_over_its_place(tmp_path: Path, rotate: int, crop: list[int] | None) -> None:
    entries: dict[str, object] = {"Rotate": rotate} | ({"CropBox": Array(crop)} if crop else {})
    document = source_pdf(tmp_path, **entries)
    width, height = (260, 180) if crop else (300, 200)
    size = (width * 2, height * 2) if rotate % 180 == 0 else (height * 2, width * 2)
    word = Word("PAID", Box(100, 200, 180, 230), 0.9, 1)
    data = exported(document, (page_row(size=size), read_as([TYPED, word])))
    with pdfium.PdfDocument(data) as opened:
        page = opened[0]
        assert tuple(2 * side for side in page.get_size()) == size
        textpage = page.get_textpage()
        assert textpage.get_text_range().split() == ["Ferry", "1", "PAID"]
        start = textpage.get_text_range().index("PAID")
        corners = [textpage.get_charbox(at, loose=True) for at in (start, start + 3)]
        boxes = [_on_image(page, corner, size) for corner in corners]
    assert min(box[0] for box in boxes) == pytest.approx(100, abs=3)
    assert max(box[2] for box in boxes) == pytest.approx(180, abs=3)
    assert min(box[1] for box in boxes) == pytest.approx(200, abs=6)
    assert max(box[3] for box in boxes) == pytest.approx(230, abs=6)


def _on_image(page: pdfium.PdfPage, box: tuple[float, ...], size: tuple[int, int]) -> tuple[float, ...]:
    """Return x0, y0, x1, y1 in pixels of the page as it is shown."""
    to_bitmap = pdfium.PdfPosConv(page, (0, 0, *size, 0)).to_bitmap
    left, bottom, right, top = box
    (x0, y0), (x1, y1) = to_bitmap(left, bottom), to_bitmap(right, top)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def test_a_page_in_reference_mode_is_taken_over_without_what_was_read(tmp_path: Path) -> None:
    page = page_row(text_layer_preferred=False, text_layer_healthy=True)
    data = exported(source_pdf(tmp_path), (page, read_as([Word("Fcrry", TYPED.box, 0.5, 0)])))
    assert texts_of(data) == ["Ferry 1"]


def test_pages_that_were_read_stand_among_them_as_images(tmp_path: Path) -> None:
    document = source_pdf(tmp_path, pages=3)
    scan = page_row(2, text_layer_preferred=False, text_layer_words=())
    data = exported(document, (page_row(1), []), (scan, read_as([STAMP])), (page_row(3), []))
    assert texts_of(data) == ["Ferry 1", "PAID", "Ferry 3"]
    assert [has_image(data, number) for number in range(3)] == [False, True, False]


def test_pages_of_a_document_without_text_are_all_images(tmp_path: Path) -> None:
    scan = page_row(text_layer_preferred=False, text_layer_words=())
    data = exported(source_pdf(tmp_path), (scan, read_as([STAMP])))
    assert (texts_of(data), has_image(data, 0)) == (["PAID"], True)


@pytest.mark.parametrize("loss", ["changed", "gone", "cut"])
def test_a_file_that_is_not_the_one_that_was_read_is_not_taken(tmp_path: Path, loss: str) -> None:
    document = source_pdf(tmp_path)
    path = Path(document.source)
    data = path.read_bytes()
    path.unlink()
    if loss != "gone":
        path.write_bytes(data + b"\n" if loss == "changed" else data[:200])
    found = exported(document, (page_row(), read_as(WORDS)))
    assert (texts_of(found), has_image(found, 0)) == (["Ferry\nPAID"], True)


def test_fields_of_a_form_keep_what_is_typed_into_them(tmp_path: Path) -> None:
    document = source_pdf(tmp_path)
    with pikepdf.open(document.source, allow_overwriting_input=True) as pdf:
        page = pdf.pages[0].obj
        field = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("pier"), V=String("Pier 4"), F=4,
                DA=String("/F1 12 Tf 0 g"), Rect=Array([150, 100, 250, 120]),
            )
        )  # fmt: skip
        page.Annots = Array([field])
        pdf.Root.AcroForm = Dictionary(Fields=Array([field]), DR=page.Resources, NeedAppearances=True)
        Path(document.source).write_bytes(saved(pdf))
    doc_id = hashlib.sha256(Path(document.source).read_bytes()).hexdigest()[:16]
    data = exported(Document(doc_id, "a", "", "application/pdf", 1, 1, document.source), (page_row(), []))
    with pikepdf.open(BytesIO(data)) as opened:
        (field,) = opened.Root.AcroForm.Fields
        assert (str(field.V), field.objgen) == ("Pier 4", opened.pages[0].obj.Annots[0].objgen)
