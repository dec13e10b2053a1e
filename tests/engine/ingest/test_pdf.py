"""PDF pages to images and text: the right size, the right way up, and words where their ink is."""

from __future__ import annotations

import math
import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2
import pytest
from PIL import Image
from rapidfuzz.distance import Levenshtein

from ocr_project.domain.errors import DocumentError, TooLarge
from ocr_project.domain.options import IngestOptions, TextLayer
from ocr_project.engine.imaging.pixels import decode
from ocr_project.engine.ingest import ingest_identity, open_source
from ocr_project.engine.ingest.pdf import count_pages, read_pages
from ocr_project.engine.ingest.rendered_page import Picture
from tests.nasty import pdf_bytes, saved

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data"
OPTIONS = IngestOptions(dpi=144)
SCAN_TEXT = "This text was read by another OCR"


def only_page(path: Path, data: bytes, options: IngestOptions = OPTIONS) -> Picture:
    path.write_bytes(data)
    (answer,) = read_pages(path, 1, 1, options)
    assert isinstance(answer, Picture), answer
    return answer


def changed(data: bytes, **entries: object) -> bytes:
    with pikepdf.open(BytesIO(data)) as document:
        for name, value in entries.items():
            document.pages[0][f"/{name}"] = value
        return saved(document)


def smooth(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Return a picture like a scan: no two neighbours equal, and no edges."""
    x, y = np.meshgrid(np.linspace(0, 3, width), np.linspace(0, 3, height))
    return Image.fromarray(np.uint8(120 + 60 * np.sin(x) + 60 * np.cos(y + x))).convert(mode)


def scan_bytes(
    size: tuple[int, int] = (400, 600), *, over: str = "", text: str = "", mode: str = "RGB", **image: object
) -> tuple[bytes, bytes]:
    """Return a PDF of one JPEG over the whole page (2 x 3 inches), and that JPEG.

    Args:
        over: Content drawn before the image.
        text: Content drawn after it.
        image: Entries of the image's dictionary.
    """
    buffer = BytesIO()
    smooth(*size, mode).save(buffer, "JPEG", quality=90)
    with pikepdf.open(BytesIO(pdf_bytes(size=(144, 216)))) as document:
        page = document.pages[0]
        stream = pikepdf.Stream(document, buffer.getvalue())
        spaces = {"L": pikepdf.Name.DeviceGray, "RGB": pikepdf.Name.DeviceRGB, "CMYK": pikepdf.Name.DeviceCMYK}
        entries = {"Width": size[0], "Height": size[1], "BitsPerComponent": 8, "ColorSpace": spaces[mode], **image}
        stream.stream_dict = pikepdf.Dictionary(
            Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Filter=pikepdf.Name.DCTDecode, **entries
        )
        page.Resources.XObject = pikepdf.Dictionary(Im1=document.make_indirect(stream))
        page.Contents = document.make_stream(f"{over} q 144 0 0 216 0 0 cm /Im1 Do Q {text}".encode())
        return saved(document), buffer.getvalue()


def invisible(text: str) -> str:
    return f"BT 3 Tr /F1 8 Tf 5 100 Td ({text}) Tj ET"


def test_size_follows_the_resolution(tmp_path: Path) -> None:
    picture = only_page(tmp_path / "a.pdf", pdf_bytes(size=(200, 100)))
    assert (picture.width, picture.height, picture.dpi) == (400, 200, 144)
    assert decode(picture.image).shape == (200, 400, 3)
    assert picture.media_type == "image/png"


@pytest.mark.parametrize(("unit", "inches"), [(4, 4.0), (0.5, 0.5), (0, 1.0), (-3, 1.0), (pikepdf.Name.None_, 1.0)])
def test_a_unit_may_be_more_than_a_point(tmp_path: Path, unit: object, inches: float) -> None:
    """PDF 1.7, table 30: large plans are drawn in units of several points."""
    data = changed(pdf_bytes(size=(72, 108)), UserUnit=unit)
    picture = only_page(tmp_path / "a.pdf", data)
    assert (picture.width, picture.height, picture.dpi) == (144 * inches, 216 * inches, 144)


def test_a_scan_in_large_units_is_as_coarse_as_it_is(tmp_path: Path) -> None:
    data, jpeg = scan_bytes()
    assert only_page(tmp_path / "scan.pdf", data).image == jpeg  # 200 dpi
    large = only_page(tmp_path / "large.pdf", changed(data, UserUnit=3))
    assert (large.image != jpeg, large.dpi, large.width) == (True, 144, 2 * 3 * 144)


@pytest.mark.parametrize("points", [(612, 792), (595.276, 841.89), (100.3, 7.7), (792, 612)])
def test_a_size_may_be_asked_for_in_place_of_a_resolution(tmp_path: Path, points: tuple[float, float]) -> None:
    picture = only_page(tmp_path / "a.pdf", pdf_bytes(size=points), IngestOptions(longest_side=1288))
    assert max(picture.width, picture.height) == 1288
    assert min(picture.width, picture.height) == math.ceil(1288 * min(points) / max(points))
    assert picture.dpi == pytest.approx(1288 * 72 / max(points))


def test_of_a_size_that_is_asked_for_scans_are_rendered_too(tmp_path: Path) -> None:
    data, _ = scan_bytes()
    picture = only_page(tmp_path / "a.pdf", data, IngestOptions(longest_side=300))
    assert (picture.width, picture.height) == (200, 300)


def test_a_size_is_part_of_the_identity_where_it_is_asked_for() -> None:
    identity = ingest_identity(IngestOptions(dpi=144))
    assert "longest_side" not in identity.settings, "pages of before keep their keys"
    sized = ingest_identity(IngestOptions(dpi=144, longest_side=300))
    assert sized == ingest_identity(IngestOptions(dpi=200, longest_side=300)), "the resolution does not count then"
    assert sized != identity


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, [30, 20, 190, 90]])
def test_words_lie_on_their_ink(tmp_path: Path, rotate: int, crop: list[int] | None) -> None:
    entries = {"Rotate": rotate} | ({"CropBox": pikepdf.Array(crop)} if crop else {})
    data = changed(pdf_bytes(text="Words far apart"), **entries)
    picture = only_page(tmp_path / "a.pdf", data)
    width, height = ((160, 70) if crop else (200, 100))[:: -1 if rotate in (90, 270) else 1]
    assert (picture.width, picture.height) == (2 * width, 2 * height)
    words = picture.words if crop is None else picture.words[1:]  # the first is cropped away in part
    assert [word.text for word in words] == ["Words", "far", "apart"][-len(words) :]
    dark = decode(picture.image)[..., 0] < 128
    for word in words:
        x0, y0, x1, y1 = (round(edge) for edge in word.box)
        assert dark[y0:y1, x0:x1].mean() > 0.1
        dark[max(0, y0 - 2) : y1 + 2, max(0, x0 - 2) : x1 + 2] = False
    if crop is None:
        assert not dark.any()


def test_lines_and_text_are_in_content_order(tmp_path: Path) -> None:
    picture = only_page(tmp_path / "a.pdf", pdf_bytes(text="below) Tj 0 20 Td (above it) Tj 0 -60 Td (last"))
    assert picture.text is not None
    assert picture.text.split("\n") == ["below", "above it", "last"]
    assert [(word.text, word.line) for word in picture.words] == [("below", 0), ("above", 1), ("it", 1), ("last", 2)]


def test_a_hyphen_at_the_end_of_a_line_is_a_hyphen(tmp_path: Path) -> None:
    picture = only_page(tmp_path / "a.pdf", pdf_bytes(text="an exam-) Tj 0 -12 Td (ple of it"))
    assert picture.text is not None
    assert "exam-" in picture.text
    assert not re.search(r"[\x00-\x08\ufffe]", picture.text)


@pytest.mark.parametrize("layer", TextLayer)
def test_the_text_layer_is_kept_or_preferred_by_option(tmp_path: Path, layer: TextLayer) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf_bytes())
    source = open_source(IngestOptions(source=str(tmp_path), text_layer=layer), default_root=tmp_path)
    (page,) = source.pages(next(iter(source.documents())), 1, 1)
    kept = layer is not TextLayer.OFF
    assert (page.text_layer is not None, bool(page.text_layer_words), page.text_layer_healthy) == (kept, kept, kept)
    assert page.text_layer_preferred == (layer is TextLayer.PREFER)


def test_annotations_and_form_fields_are_drawn(tmp_path: Path) -> None:
    with pikepdf.open(BytesIO(pdf_bytes())) as document:
        black = document.make_stream(b"0 g 0 0 20 20 re f", Subtype=pikepdf.Name.Form, BBox=[0, 0, 20, 20])
        black.Type = pikepdf.Name.XObject
        looks = pikepdf.Dictionary(N=black)
        stamp = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Stamp, Rect=[0, 0, 20, 20], AP=looks)
        field = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Widget,
            FT=pikepdf.Name.Tx,
            T="field",
            Rect=[180, 0, 200, 20],
            AP=looks,
            F=4,
        )
        fields = [document.make_indirect(annotation) for annotation in (stamp, field)]
        document.pages[0].Annots = pikepdf.Array(fields)
        document.Root.AcroForm = document.make_indirect(pikepdf.Dictionary(Fields=pikepdf.Array(fields[1:])))
        pixels = decode(only_page(tmp_path / "a.pdf", saved(document)).image)
    assert pixels[-10, 10].max() < 10
    assert pixels[-10, -10].max() < 250


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_scan_is_taken_byte_for_byte(tmp_path: Path, mode: str) -> None:
    data, jpeg = scan_bytes(mode=mode)
    picture = only_page(tmp_path / "a.pdf", data)
    assert picture.image == jpeg
    assert (picture.width, picture.height, picture.dpi) == (400, 600, 200)


def test_the_text_over_a_scan_is_kept_but_not_healthy(tmp_path: Path) -> None:
    data, jpeg = scan_bytes(text=invisible(SCAN_TEXT))
    picture = only_page(tmp_path / "a.pdf", data)
    assert (picture.image, picture.text, picture.healthy) == (jpeg, SCAN_TEXT, False)
    word = picture.words[0]
    assert word.box.x0 == pytest.approx(5 / 144 * 400, abs=4)
    assert word.box.y1 == pytest.approx((216 - 100) / 216 * 600, abs=4)


@pytest.mark.parametrize(
    ("size", "options"),
    [
        ((400, 600), {"text": "BT /F1 8 Tf 5 100 Td (Downloaded from here) Tj ET"}),
        ((400, 600), {"text": "0 g 0 0 30 30 re f"}),
        ((400, 600), {"Decode": [1, 0, 1, 0, 1, 0]}),
        ((400, 600), {"mode": "CMYK"}),
        ((80, 120), {}),  # 40 dpi
        ((2000, 3000), {}),  # 1,000 dpi
    ],
    ids=["visible text", "drawing over it", "inverted", "cmyk", "coarse", "fine"],
)
def test_a_scan_that_is_not_plainly_the_page_is_rendered(
    tmp_path: Path, size: tuple[int, int], options: dict[str, object]
) -> None:
    data, jpeg = scan_bytes(size, **options)
    picture = only_page(tmp_path / "a.pdf", data)
    assert picture.image != jpeg
    assert (picture.width, picture.height, picture.dpi, picture.media_type) == (288, 432, 144, "image/jpeg")


def test_a_turned_or_cropped_scan_is_rendered(tmp_path: Path) -> None:
    data, jpeg = scan_bytes()
    turned = only_page(tmp_path / "a.pdf", changed(data, Rotate=90))
    assert (turned.width, turned.height) == (432, 288)
    cropped = only_page(tmp_path / "b.pdf", changed(data, CropBox=pikepdf.Array([20, 20, 120, 180])))
    assert (cropped.width, cropped.height) == (200, 320)
    assert jpeg not in (turned.image, cropped.image)


def test_a_scan_on_a_sheet_of_nonsensical_size_is_taken_as_it_is(tmp_path: Path) -> None:
    data, jpeg = scan_bytes((1440, 2160))
    with pikepdf.open(BytesIO(data)) as document:
        page = document.pages[0]
        page.MediaBox = pikepdf.Array([0, 0, 1440, 2160])  # one point a pixel, as careless programs write it
        page.Contents = document.make_stream(b"q 1440 0 0 2160 0 0 cm /Im1 Do Q")
        picture = only_page(tmp_path / "a.pdf", saved(document))
    assert (picture.image, picture.dpi) == (jpeg, 0)


def test_text_that_an_image_is_painted_over_is_not_healthy(tmp_path: Path) -> None:
    visible = f"BT /F1 8 Tf 5 100 Td ({SCAN_TEXT}) Tj ET"
    over, _ = scan_bytes(over=visible)
    under, _ = scan_bytes(text=visible)
    assert not only_page(tmp_path / "over.pdf", over).healthy
    assert only_page(tmp_path / "under.pdf", under).healthy


def test_white_text_is_not_healthy(tmp_path: Path) -> None:
    assert only_page(tmp_path / "a.pdf", pdf_bytes(text="Quite enough letters to count")).healthy
    with pikepdf.open(BytesIO(pdf_bytes())) as document:
        document.pages[0].Contents = document.make_stream(
            b"1 g BT /F1 9 Tf 10 50 Td (Hidden, not to be seen at all) Tj ET"
        )
        assert not only_page(tmp_path / "c.pdf", saved(document)).healthy


def test_too_large_says_which_resolution_would_fit(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_bytes(size=(2000, 3000)))
    options = IngestOptions(dpi=300, max_pixels=10_000_000)
    (error,) = read_pages(path, 1, 1, options)
    assert isinstance(error, TooLarge)
    fitting = re.search(r"ingest\.dpi of (\d+) would fit", error.reason)
    assert fitting is not None
    (answer,) = read_pages(path, 1, 1, options.model_copy(update={"dpi": int(fitting[1])}))
    assert isinstance(answer, Picture)
    assert 9_000_000 < answer.width * answer.height <= 10_000_000


def test_a_page_that_no_resolution_would_fit_is_not_sent_to_one(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_bytes(size=(14_000, 14_000)))
    (error,) = read_pages(path, 1, 1, IngestOptions(max_pixels=5_000))
    assert isinstance(error, TooLarge)
    assert "even the least ingest.dpi (36) does not fit" in error.reason
    (error,) = read_pages(path, 1, 1, IngestOptions(max_pixels=49_100_000))
    assert isinstance(error, TooLarge)
    assert "ingest.dpi of 36 would fit" in error.reason


def test_slices_give_what_the_whole_gives(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_bytes(5))
    assert count_pages(path, OPTIONS) == 5
    whole = list(read_pages(path, 1, 5, OPTIONS))
    assert [*read_pages(path, 1, 2, OPTIONS), *read_pages(path, 3, 5, OPTIONS)] == whole
    assert len({answer.image for answer in whole if isinstance(answer, Picture)}) == 5
    assert isinstance(next(read_pages(path, 6, 6, OPTIONS)), DocumentError)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["ko_law/law_icn_rule", "en_usgov/us_001", "ru_docs/ru_order"])
def test_real_text_layers_are_healthy_and_say_what_the_reference_says(name: str) -> None:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"the real documents are not at {folder}")
    path = folder / f"{folder.name}.pdf"
    for number, answer in enumerate(read_pages(path, 1, count_pages(path, OPTIONS), OPTIONS), start=1):
        assert isinstance(answer, Picture)
        assert answer.healthy
        assert answer.text is not None
        reference = sorted(folder.glob("p*.gt.txt"))[number - 1].read_text()
        ours, theirs = ("".join(sorted(text.split())) for text in (answer.text, reference))
        assert Levenshtein.normalized_distance(sorted(ours), sorted(theirs)) < 0.01
        assert "".join(answer.text.split()) == "".join(word.text for word in answer.words)


def test_a_padded_file_that_claims_more_pages_than_it_has_is_counted(tmp_path: Path) -> None:
    """PDFium believes `/Count`; 60,000 pages would be 59,999 failures."""
    path = tmp_path / "claims.pdf"
    with pikepdf.open(BytesIO(pdf_bytes(2))) as document:
        buffer = BytesIO()
        document.save(buffer, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    claimed = buffer.getvalue().replace(b"/Count 2 ", b"/Count 60000 ")
    head, rest = claimed.split(b"\n", 1)
    path.write_bytes(head + b"\n%" + b"x" * 1_000_000 + b"\n" + rest)
    assert path.stat().st_size > 60_000 * 16
    assert len(pypdfium2.PdfDocument(path)) == 60_000

    assert count_pages(path, IngestOptions()) == 2


def test_a_cover_sheet_of_a_portfolio_names_the_files_that_are_not_read(tmp_path: Path) -> None:
    with pikepdf.open(BytesIO(pdf_bytes(text="Open this in a viewer of portfolios"))) as document:
        for name in ("d.xls", "c.pdf", "b.pdf", "a.pdf"):
            document.attachments[name] = pikepdf.AttachedFileSpec(document, b"x", filename=name)
        attached = saved(document)
        document.Root.Collection = pikepdf.Dictionary(View=pikepdf.Name.D)
        portfolio = saved(document)
    assert only_page(tmp_path / "a.pdf", attached).note == ""
    note = only_page(tmp_path / "b.pdf", portfolio).note
    assert "the files in it (4: a.pdf, b.pdf, c.pdf, …) are not read" in note


def test_lam_and_alef_of_one_sign_stay_in_order(tmp_path: Path) -> None:
    """PDFium turns right-to-left text around letter by letter, and one sign may be two letters."""
    signs = b"<41> <06440627> <42> <0643> <43> <06CC> <44> <0644> <45> <0627>"
    with pikepdf.open(BytesIO(pdf_bytes(text="CAB CAB CAB DECB CDEB"))) as document:
        document.pages[0].Resources.Font.F1.ToUnicode = document.make_stream(
            b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap 1 begincodespacerange <00> <FF>"
            b" endcodespacerange 5 beginbfchar " + signs + b" endbfchar endcmap end end"
        )
        text = only_page(tmp_path / "a.pdf", saved(document)).text or ""
    assert text.split().count("\u0643\u0644\u0627\u06cc") == 3  # kaf, lam-alef, yeh
    assert "\u0643\u06cc\u0627\u0644" in text  # alef and lam are two signs here: their order is kept
