"""A page image as a PDF image: the bytes as they are wherever PDF can say what they mean."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from ocr_project.domain.types import Page
from ocr_project.engine.imaging.pixels import page_pixels

_JPEG = b"\xff\xd8"
_PNG = b"\x89PNG\r\n\x1a\n"
_COLOURS = {"L": "/DeviceGray", "RGB": "/DeviceRGB", "CMYK": "/DeviceCMYK"}


@dataclass(frozen=True, slots=True)
class PdfImage:
    """The dictionary entries and the bytes of an image stream."""

    entries: str
    data: bytes


def pdf_image(page: Page) -> PdfImage:
    """Turn the image of a page into a stream; JPEG, and PNG of 8 bits without palette, byte for byte.

    Raises:
        BrokenDocument: The page has no image, or it cannot be decoded.
    """
    data = page.image or b""
    found = _jpeg(data) if data.startswith(_JPEG) else _png(data) if data.startswith(_PNG) else None
    if found is not None:
        return found
    pixels = page_pixels(page)
    entries = f"{_size(pixels.shape[1], pixels.shape[0], '/DeviceRGB')} /Filter /FlateDecode"
    return PdfImage(entries, zlib.compress(pixels.tobytes(), 6))


def _jpeg(data: bytes) -> PdfImage | None:
    """Embed a JPEG; Adobe's CMYK is stored inverted, which PDF is told by `/Decode`."""
    try:
        with Image.open(BytesIO(data)) as image:  # reads the head only
            mode, (width, height), inverted = image.mode, image.size, "adobe" in image.info
    except (OSError, Image.DecompressionBombError):  # not what it seems: decoding says what is wrong with it
        return None
    if mode not in _COLOURS:
        return None
    decode = " /Decode [1 0 1 0 1 0 1 0]" if mode == "CMYK" and inverted else ""
    return PdfImage(f"{_size(width, height, _COLOURS[mode])}{decode} /Filter /DCTDecode", data)


def _png(data: bytes) -> PdfImage | None:
    """Embed the compressed rows of a PNG, whose filters PDF knows as predictor 15 (ISO 32000-1, 7.4.4.4)."""
    at, rows = len(_PNG), bytearray()
    head: tuple[int, ...] | None = None
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        chunk = memoryview(data)[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            head = struct.unpack(">IIBBBBB", chunk)
        elif kind == b"IDAT":
            rows += chunk
        elif kind in (b"tRNS", b"PLTE"):
            return None
        elif kind == b"IEND":
            return _png_rows(head, bytes(rows))
        at += 12 + length
    return None  # cut off


def _png_rows(head: tuple[int, ...] | None, rows: bytes) -> PdfImage | None:
    width, height, bits, colour, _, _, interlaced = head or (0,) * 7
    if bits != 8 or colour not in (0, 2) or interlaced:
        return None
    colours = 1 if colour == 0 else 3
    space = "/DeviceGray" if colour == 0 else "/DeviceRGB"
    predictor = f"<< /Predictor 15 /Colors {colours} /BitsPerComponent 8 /Columns {width} >>"
    return PdfImage(f"{_size(width, height, space)} /Filter /FlateDecode /DecodeParms {predictor}", rows)


def _size(width: int, height: int, space: str) -> str:
    return f"/Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace {space} /BitsPerComponent 8"
