"""A generator of nasty files: what people put into a folder of documents, and what becomes of each.

for nasty in NASTY: nasty.write(folder)
"""

from __future__ import annotations

import os
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pikepdf
from PIL import Image

from ocr_project.domain.types import Status

NFD_NAME = unicodedata.normalize("NFD", "보고서.pdf")  # Hangul taken apart, as macOS writes it


@dataclass(frozen=True)
class Nasty:
    """One entry of the folder.

    Attributes:
        name: Its name in the folder.
        make: Writes it to the given path.
        status: Of the document's row; None where it is silently left alone.
        reason: How the row's reason begins.
        pages: How the reason of each page's row begins; an empty string for a page that can be read.
    """

    name: str
    make: Callable[[Path], None]
    status: Status | None = Status.OK
    reason: str = ""
    pages: tuple[str, ...] = ("",)

    def write(self, folder: Path) -> Path:
        path = folder / self.name
        path.parent.mkdir(parents=True, exist_ok=True)
        self.make(path)
        return path


def pdf_bytes(pages: int = 1, *, size: tuple[float, float] = (200, 100), text: str = "", mark: str = "") -> bytes:
    """Return a PDF with a line of text on each page; `mark` makes its bytes differ from another's."""
    document = pikepdf.new()
    font = document.make_indirect(
        pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    )
    for number in range(1, pages + 1):
        page = document.add_blank_page(page_size=size)
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        line = text or f"This is page {number} of a document {mark}"
        page.Contents = document.make_stream(f"BT /F1 9 Tf 10 50 Td ({line}) Tj ET".encode("latin-1"))
    return saved(document)


def saved(document: pikepdf.Pdf, **options: object) -> bytes:
    buffer = BytesIO()
    document.save(buffer, deterministic_id="encryption" not in options, **options)
    return buffer.getvalue()


def noise(width: int = 60, height: int = 40, seed: int = 0) -> np.ndarray:
    """Return a colourful picture, shape (height, width, 3), that compresses badly."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def image_bytes(kind: str, mode: str = "RGB", *, seed: int = 0, **options: object) -> bytes:
    buffer = BytesIO()
    Image.fromarray(noise(seed=seed)).convert(mode).save(buffer, kind, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """Return a PNG of the given size of which only the head and a little data are there."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    parts = ((b"IHDR", head), (b"IDAT", body), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )


def _write(data: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(data) and None


def _huge_png(path: Path) -> None:
    """Write 30,000 x 30,000 pixels, all of them there: 110 KB."""
    packer = zlib.compressobj(9)
    row = bytes(1 + 30_000 // 8)
    body = b"".join(packer.compress(row) for _ in range(30_000)) + packer.flush()
    head = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)
    with path.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for name, data in ((b"IHDR", head), (b"IDAT", body), (b"IEND", b"")):
            file.write(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)))


def _broken_page(path: Path) -> None:
    """Write three pages; the object that the second should be is smashed."""
    with pikepdf.open(BytesIO(pdf_bytes(3, mark="broken page"))) as document:
        data = bytearray(saved(document, object_stream_mode=pikepdf.ObjectStreamMode.disable))
    second = [match.start() for match in re.finditer(rb"/Type /Page\b", data)][1]
    start, end = data.rfind(b" 0 obj", 0, second) + 6, data.find(b"endobj", second)
    data[start:end] = b"#" * (end - start)
    path.write_bytes(bytes(data))


def _broken_content(path: Path) -> None:
    """Write three pages; the content of the second says that it is deflated and is not."""
    with pikepdf.open(BytesIO(pdf_bytes(3, mark="broken content"))) as document:
        document.pages[1].Contents.write(b"\x00\xff" * 40, filter=pikepdf.Name.FlateDecode)
        path.write_bytes(saved(document))


def _blank_page(path: Path) -> None:
    document = pikepdf.new()
    document.add_blank_page(page_size=(200, 100))
    path.write_bytes(saved(document))


def _encrypted(path: Path) -> None:
    with pikepdf.open(BytesIO(pdf_bytes(mark="encrypted"))) as document:
        document.save(path, encryption=pikepdf.Encryption(user="secret", owner="secret"))


def _owner_only(path: Path) -> None:
    with pikepdf.open(BytesIO(pdf_bytes(mark="owner"))) as document:
        document.save(path, encryption=pikepdf.Encryption(user="", owner="secret"))


def _no_pages(path: Path) -> None:
    path.write_bytes(saved(pikepdf.new()))


def _claims_pages(path: Path) -> None:
    path.write_bytes(pdf_bytes(mark="claims").replace(b"/Count 1", b"/Count 900000"))


def _tiff(path: Path) -> None:
    frames = [Image.fromarray(noise(seed=seed)) for seed in range(3)]
    frames[0].save(path, "TIFF", save_all=True, append_images=frames[1:], dpi=(300, 300))


def _link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def _link_out(path: Path) -> None:
    outside = path.parent.parent / f"outside of {path.parent.name}"
    outside.mkdir(exist_ok=True)
    (outside / "secret.pdf").write_bytes(pdf_bytes(mark="outside"))
    path.symlink_to(outside / "secret.pdf" if path.suffix else outside)


def _zipped(data: bytes) -> bytes:
    """Return a ZIP in which a file lies as it is, so that its first bytes are near those of the ZIP."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as bundle:
        bundle.writestr("inner.pdf", data)
    return buffer.getvalue()


def _waiting(path: Path, text: str = "Please wait... If this message is not replaced") -> None:
    """Write a page of a form whose fields are in XFA only."""
    with pikepdf.open(BytesIO(pdf_bytes(text=text))) as document:
        xfa = pikepdf.Array([pikepdf.String("template"), document.make_stream(b"<template/>")])
        document.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array(), XFA=xfa)
        path.write_bytes(saved(document))


_FAILED, _SKIPPED = Status.FAILED, Status.SKIPPED
_TEXT = b"This is only text.\n" * 20
_JPEG, _PNG, _PDF = image_bytes("JPEG", seed=1), image_bytes("PNG", seed=2), pdf_bytes(4, mark="whole")
_TIFF = image_bytes("TIFF", "L", tiffinfo={256: 60, 257: 40})
_TIFF_BOMB = re.sub(
    rb"(\x00\x01|\x01\x01)(\x03|\x04)\x00\x01\x00\x00\x00..\x00\x00",
    lambda tag: tag[1] + b"\x04\x00\x01\x00\x00\x00\x00\x00\x01\x00",
    _TIFF,
    count=2,
    flags=re.DOTALL,
)
_GIF = image_bytes("GIF", "P")
_WEBP_HEAD = b"RIFF\x16\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00" + b"\xff\xff\xff" * 2

NASTY = (
    Nasty("empty.pdf", _write(b""), _FAILED, "broken: the file is empty", ()),
    Nasty("empty.png", _write(b""), _FAILED, "broken: the file is empty", ()),
    Nasty("text.pdf", _write(_TEXT), _FAILED, "broken: not a PDF", ()),
    Nasty("text.jpg", _write(_TEXT), _FAILED, "broken: not a JPG", ()),
    Nasty("png named.pdf", _write(image_bytes("PNG", seed=3))),
    Nasty("pdf named.jpg", _write(pdf_bytes(2, mark="jpg")), pages=("", "")),
    Nasty("head only.pdf", _write(_PDF[:60]), _FAILED, "broken: the PDF cannot be read", ()),
    Nasty("truncated.jpg", _write(_JPEG[: len(_JPEG) // 2]), pages=("broken: the image is damaged",)),
    Nasty("truncated.png", _write(_PNG[: len(_PNG) // 2]), pages=("broken: the image is damaged",)),
    Nasty("encrypted.pdf", _encrypted, _FAILED, "encrypted: the PDF needs a password", ()),
    Nasty("owner password.pdf", _owner_only),
    Nasty("no pages.pdf", _no_pages, _FAILED, "broken: the PDF has no pages", ()),
    Nasty("claims pages.pdf", _claims_pages),
    Nasty("blank.pdf", _blank_page),
    Nasty("broken page.pdf", _broken_page, pages=("", "broken: page 2", "")),
    Nasty("broken content.pdf", _broken_content, pages=("", "broken: its content cannot be unpacked", "")),
    Nasty("huge page.pdf", _write(pdf_bytes(size=(14_400, 14_400))), pages=("too_large: 14400 x 14400 points",)),
    Nasty("one pixel.png", lambda path: Image.new("L", (1, 1)).save(path)),
    Nasty("huge.png", _huge_png, _FAILED, "too_large: 30000 x 30000", ()),
    Nasty("bomb.png", _write(png_header(200_000, 200_000)), _FAILED, "too_large: 200000 x 200000", ()),
    Nasty("bomb.tif", _write(_TIFF_BOMB), _FAILED, "too_large: 65536 x 65536", ()),
    Nasty("bomb.webp", _write(_WEBP_HEAD), _FAILED, "too_large: 16777216 x 16777216", ()),
    Nasty("bomb.gif", _write(_GIF[:6] + b"\xff" * 4 + _GIF[10:]), _FAILED, "too_large: 65535 x 65535", ()),
    Nasty("many.tif", _tiff, pages=("", "", "")),
    Nasty(
        "moving.gif",
        lambda path: Image.new("P", (9, 9)).save(path, save_all=True, append_images=[Image.new("P", (9, 9), 5)]),
    ),
    Nasty(NFD_NAME, _write(pdf_bytes(mark="nfd"))),
    Nasty("📄 🇰🇷.pdf", _write(pdf_bytes(mark="emoji"))),
    Nasty("no suffix", _write(pdf_bytes(mark="no suffix"))),
    Nasty("zz/copy.pdf", _write(pdf_bytes(mark="no suffix")), _SKIPPED, "duplicate of no suffix", ()),
    Nasty("letter.hwp", _write(b"\xd0\xcf\x11\xe0" * 9), _FAILED, "broken: not a HWP, nor another known type", ()),
    Nasty("photo.heif", _write(b"\0\0\0\x18ftypheic" + bytes(90)), _SKIPPED, "unsupported: .heif files are not", ()),
    Nasty("letter.rtf", _write(b"{\\rtf1 harbour}"), _SKIPPED, "unsupported: .rtf files are not read", ()),
    Nasty("P2 said.note", _write(b"P2 said nothing"), _SKIPPED, "unsupported: .note files are not read", ()),
    Nasty("zip of a.pdf", _write(_zipped(_PDF)), _FAILED, "broken: not a PDF", ()),
    Nasty("zip of a pdf.zip", _write(_zipped(_PDF)), _SKIPPED, "unsupported: .zip files are not read", ()),
    Nasty("waiting.pdf", _waiting, _FAILED, "unsupported: an XFA form", ()),
    Nasty("static form.pdf", lambda path: _waiting(path, text="Boat 7")),
    Nasty("photo.avif", _write(image_bytes("AVIF", seed=11))),
    Nasty("scan.jp2", _write(image_bytes("JPEG2000", seed=12))),
    Nasty("scan.pgm", _write(image_bytes("PPM", "L", seed=13))),
    Nasty("scan.pcx", _write(image_bytes("PCX", seed=14))),
    Nasty("scan.tga", _write(image_bytes("TGA", seed=15))),
    Nasty("text.tga", _write(_TEXT), _FAILED, "broken: the image is damaged", ()),
    Nasty("link out.pdf", _link_out, _FAILED, "unsupported: a symbolic link that leads out", ()),
    Nasty("folder out", _link_out, _FAILED, "unsupported: a symbolic link that leads out", ()),
    Nasty("link to nothing.pdf", _link("nowhere.pdf"), _FAILED, "broken: a symbolic link that leads nowhere", ()),
    Nasty("link to itself.pdf", _link("link to itself.pdf"), _FAILED, "broken: a symbolic link", ()),
    Nasty("circle", _link("."), None),
    Nasty("pipe.pdf", os.mkfifo, _FAILED, "unsupported: not a file", ()),
    Nasty(".gitkeep", _write(b""), None),
    Nasty(".DS_Store", _write(b"\x00\x00\x00\x01Bud1"), None),
    Nasty("Thumbs.db", _write(b"\xd0\xcf\x11\xe0"), None),
    Nasty("reference.gt.txt", _write(b"%PDF-1.7 is how a PDF begins"), None),
    Nasty(".hidden/inside.pdf", _write(_PDF), None),
)
