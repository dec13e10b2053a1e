"""Whatever the bytes and whatever the name: rows come out, and nothing is raised."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocr_project.domain.options import IngestOptions
from ocr_project.domain.types import Status
from ocr_project.engine.imaging.pixels import page_pixels
from ocr_project.engine.ingest import open_source
from ocr_project.engine.ingest.folder import SUFFIXES
from tests.nasty import image_bytes, pdf_bytes, saved


def _scan() -> bytes:
    """Return a PDF that is one JPEG, with invisible text over it."""
    document = pikepdf.new()
    page = document.add_blank_page(page_size=(43.2, 28.8))
    jpeg = pikepdf.Stream(document, image_bytes("JPEG"))
    jpeg.stream_dict = pikepdf.Dictionary(
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=60,
        Height=40,
        ColorSpace=pikepdf.Name.DeviceRGB,
        BitsPerComponent=8,
        Filter=pikepdf.Name.DCTDecode,
    )
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im1=jpeg))
    page.Contents = document.make_stream(b"q 43.2 0 0 28.8 0 0 cm /Im1 Do Q")
    return saved(document)


VALID = (
    pdf_bytes(2),
    _scan(),
    *(image_bytes(kind) for kind in ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF")),
    image_bytes("PNG", "P"),
    image_bytes("PNG", "RGBA"),
    image_bytes("JPEG", "CMYK"),
    image_bytes(
        "JPEG",
        "L",
        exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00",
    ),
    image_bytes("TIFF", "1", compression="group4"),
    image_bytes("TIFF", compression="tiff_lzw", dpi=(300, 300)),
    image_bytes("WEBP", "RGBA", lossless=True),
)
NAMES = st.sampled_from([*sorted(SUFFIXES), "", ".bin", ".hwp"])


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Cut a valid file short, change some of its bytes, put others in, or take a part out."""
    data = bytearray(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(1, 6))):
        if not data:
            break
        place = draw(st.integers(0, len(data) - 1) | st.integers(0, min(63, len(data) - 1)))
        match draw(st.sampled_from(("change", "change", "change", "cut", "insert", "remove"))):
            case "change":
                data[place] = draw(st.integers(0, 255))
            case "cut":
                del data[place:]
            case "insert":
                data[place:place] = draw(st.binary(max_size=20))
            case _:
                del data[place : place + draw(st.integers(1, 100))]
    return bytes(data)


def check(data: bytes, suffix: str) -> None:
    folder = Path(tempfile.mkdtemp(prefix="ingest"))
    try:
        (folder / f"file{suffix}").write_bytes(data)
        (folder / "good.pdf").write_bytes(pdf_bytes(mark="the good one"))
        options = IngestOptions(source=str(folder), max_pixels=4_000_000)
        source = open_source(options, default_root=folder)
        documents = {document.path: document for document in source.documents()}
        assert documents["good.pdf"].status is Status.OK
        for document in documents.values():
            assert (document.status is Status.OK) != bool(document.reason)
            assert document.pages >= (document.status is Status.OK)
            if document.status is not Status.OK:
                continue
            last = min(document.pages, 4) + 1  # one that is not there
            pages = list(source.pages(document, 1, last))
            assert [page.number for page in pages] == list(range(1, last + 1))
            assert pages[-1].status is Status.FAILED or document.pages > 4
            for page in pages:
                assert (page.status is Status.OK) == (page.image is not None) == (not page.reason)
                if page.image is not None:
                    assert page_pixels(page).shape[:2] == (page.height, page.width)
    finally:
        shutil.rmtree(folder)


@pytest.mark.filterwarnings("ignore")  # Pillow says of damaged files that they are damaged
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(mutated(), NAMES)
def test_damaged_files_give_rows(data: bytes, suffix: str) -> None:
    check(data, suffix)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    st.sampled_from((b"", b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"BM")), st.binary(), NAMES
)
def test_random_bytes_give_rows(magic: bytes, data: bytes, suffix: str) -> None:
    check(magic + data, suffix)


@pytest.mark.parametrize("data", VALID, ids=range(len(VALID)))
def test_the_files_that_are_damaged_here_are_whole(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(data)
    source = open_source(IngestOptions(source=str(tmp_path)), default_root=tmp_path)
    (document,) = source.documents()
    assert all(page.status is Status.OK for page in source.pages(document, 1, document.pages))
