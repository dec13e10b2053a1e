"""PDF pages to images and text, through PDFium.

PDFium is not thread-safe: every call into it, closing included, holds one lock for the whole process.
Encoding and the judgement of the text, which take longer than rendering, happen outside of it. The stage calls what
is here in processes of their own (`pdf_isolated.py`).
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import Image

from ocr_project.domain.errors import (
    Away,
    BrokenDocument,
    DocumentError,
    EncryptedDocument,
    TooLarge,
    UnsupportedMedia,
)
from ocr_project.domain.options import IngestOptions, TextLayer
from ocr_project.engine.imaging.pixels import Pixels
from ocr_project.engine.ingest.images import encode_page, read_image
from ocr_project.engine.ingest.pdf_forms import flattened, is_annotated, is_waiting
from ocr_project.engine.ingest.pdf_layers import look_up_traits
from ocr_project.engine.ingest.pdf_text import Layer, RawText, hidden_text, read_text, to_layer
from ocr_project.engine.ingest.rendered_page import Answers, Picture
from ocr_project.engine.ingest.seen_text import Drawings

MEDIA_TYPE = "application/pdf"
_LOCK = threading.RLock()  # reentrant: the garbage collector may finish a reader while this thread holds it
_POINTS_PER_INCH = 72.0
_DAMAGE = (pdfium.PdfiumError, OSError, ValueError, MemoryError)
_SCAN_DPI = (100.0, 400.0)  # scans outside of it are rendered anew: too coarse for boxes, or slow for nothing
_LARGEST_SHEET = 1224.0  # points, A3 or tabloid: scans on larger ones were made without regard to resolution
_SCAN_EDGE = 0.01  # a scan reaches to within a hundredth of the page's size of every edge
_LIKENESS = 12.0  # mean difference, of 255, that scaling and JPEG may make between a page and its scan
_THUMBNAIL = 128  # pixels, the longer side of what is compared
_JUST_BELOW = 1 - 1e-9  # PDFium's sizes are rounded up: 1,288.0000000001 would be 1,289 pixels
_LEAST_DPI = 36  # of `ingest.dpi`
_MANY_PAGES = 1_000
_LEAST_PAGE_BYTES = 16  # hardly a page takes less of a file, compressed object streams included


_WHY = {
    pdfium_c.FPDF_ERR_FILE: "the file is not there, or its permissions forbid it",
    pdfium_c.FPDF_ERR_FORMAT: "it is damaged, or no PDF",
    pdfium_c.FPDF_ERR_PASSWORD: "it needs a password",
    pdfium_c.FPDF_ERR_SECURITY: "it is encrypted in a way that is not known",
}


@dataclass(frozen=True, slots=True)
class _PageAt:
    """Where a page is, and the points of a unit of it."""

    path: Path
    number: int
    unit: float


@dataclass(frozen=True, slots=True)
class _PageFacts:
    """What PDFium says of a page, copied out of it: nothing here touches PDFium again.

    Attributes:
        pixels: The rendered page, RGB; of a scan a thumbnail, to compare the JPEG with.
        bare: The same without its text, where it has any and is not a scan.
        jpeg: The file's own JPEG, where that is the page.
        points: Width and height of the page in points.
        blank: The page has no objects at all.
    """

    pixels: Pixels
    bare: Pixels | None
    jpeg: bytes | None
    points: tuple[float, float]
    text: RawText | None
    blank: bool


def count_pages(path: Path, options: IngestOptions) -> int:
    """Return the number of pages.

    Raises:
        EncryptedDocument: It needs a password.
        BrokenDocument: PDFium cannot open it, or it has no pages.
        UnsupportedMedia: It is a form of which only a notice to wait is a page.
    """
    with _guarded("the PDF"), _LOCK, _open(path) as opened:
        count = len(opened)
        if count == 1 and is_waiting(opened):
            raise UnsupportedMedia(
                "an XFA form whose only page is a notice to wait; open it in Adobe Reader and print it to a PDF"
            )
    # PDFium believes what the file says of itself; a file may be padded, too
    if count > _MANY_PAGES or count * _LEAST_PAGE_BYTES > path.stat().st_size:
        with _unpacked(path) as document:
            count = min(count, len(document.pages))
    if not count:
        raise BrokenDocument("the PDF has no pages; export it again")
    return count


def read_pages(path: Path, first: int, last: int, options: IngestOptions) -> Answers:
    """Render pages, one after another, from one opening of the file.

    Yields:
        For each of `first` to `last`, both included, from 1: a picture, or why there is none.
    """
    without_text = options.model_copy(update={"text_layer": TextLayer.OFF})
    try:
        with _guarded("the PDF"), _LOCK:
            opened = _open(path)
    except DocumentError as error:
        for _ in range(first, last + 1):
            yield error
        return
    traits = look_up_traits(path, first, last)
    try:
        for number in range(first, last + 1):  # a page with hidden layers does not say which text is hidden
            chosen = without_text if number in traits.hiding else options
            found = _attempt(opened, _PageAt(path, number, traits.units.get(number, 1.0)), chosen)
            yield replace(found, note=traits.note) if isinstance(found, Picture) and number == 1 else found
    finally:
        with _LOCK:
            opened.close()


@contextmanager
def _guarded(what: str) -> Iterator[None]:
    """Turn what PDFium reports into a `DocumentError`."""
    try:
        yield
    except _DAMAGE as error:
        if getattr(error, "err_code", None) in (pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY):
            raise EncryptedDocument("the PDF needs a password; save a copy without one") from error
        if getattr(error, "err_code", None) == pdfium_c.FPDF_ERR_FILE or isinstance(error, FileNotFoundError):
            raise Away(f"{what} cannot be read ({error})") from error
        raise BrokenDocument(f"{what} cannot be read ({error}); repair the file or export it again") from error


def _open(path: Path) -> pdfium.PdfDocument:
    raw = pdfium_c.FPDF_LoadDocument(os.fsencode(path) + b"\0", None)
    if not raw:  # asked here: pypdfium2 asks for the code of a file without pages too, and gets an older one
        code = pdfium_c.FPDF_GetLastError()
        raise pdfium.PdfiumError(_WHY.get(code, f"PDFium's error {code}"), err_code=code)
    opened = pdfium.PdfDocument(raw)
    try:
        opened.init_forms()  # before any page is loaded, else fields are not drawn
    except _DAMAGE:
        opened.close()
        raise
    return opened


def _attempt(opened: pdfium.PdfDocument, at: _PageAt, options: IngestOptions) -> Picture | DocumentError:
    try:
        with _guarded(f"page {at.number} of the PDF"), _LOCK:
            seen = _look(opened, at, options)
        if seen.blank:
            _check_blank(at.path, at.number)
        if seen.jpeg is not None and (picture := _scan(seen.jpeg, seen, options)) is not None:
            return picture
        if seen.jpeg is not None:  # it was not what it seemed to be
            with _guarded(f"page {at.number} of the PDF"), _LOCK:
                seen = _look(opened, at, options, trust_scan=False)
        return _rendered(seen, options)
    except DocumentError as error:
        return error


def _look(opened: pdfium.PdfDocument, at: _PageAt, options: IngestOptions, *, trust_scan: bool = True) -> _PageFacts:
    page = opened[at.number - 1]
    try:
        width, height = page.get_size()  # in units
        points = width * at.unit, height * at.unit
        jpeg = _only_jpeg(page) if trust_scan and options.longest_side is None else None
        scale = _scale(points, options) * at.unit if jpeg is None else _THUMBNAIL / max(width, height)
        pixels = _draw(page, scale)
        blank = pdfium_c.FPDFPage_CountObjects(page) == 0
        text = bare = None
        if options.text_layer is not TextLayer.OFF:
            with flattened(opened, page, at.number) as everything:
                text = read_text(everything)
                if text.codes and jpeg is None:
                    with hidden_text(everything):
                        bare = _draw(everything, scale)
        return _PageFacts(pixels, bare, jpeg, points, text, blank)
    finally:
        page.close()


def _draw(page: pdfium.PdfPage, scale: float) -> Pixels:
    bitmap = page.render(scale=scale, rev_byteorder=True, draw_annots=True, may_draw_forms=True)
    try:
        return np.asarray(bitmap.to_numpy()[..., :3])  # the view keeps the memory, which is Python's, alive
    finally:
        bitmap.close()


def _scale(size: tuple[float, float], options: IngestOptions) -> float:
    """Return pixels per point.

    Raises:
        TooLarge: The page would have more pixels than `ingest.max_pixels`.
        BrokenDocument: The page has no size.
    """
    width, height = size
    if not (math.isfinite(width * height) and width > 0 and height > 0):
        raise BrokenDocument(f"the page measures {width} x {height} points; export the PDF again")
    if options.longest_side is None:
        scale = options.dpi / _POINTS_PER_INCH
    else:
        scale = options.longest_side / max(size) * _JUST_BELOW
    pixels = math.ceil(width * scale) * math.ceil(height * scale)
    if pixels > options.max_pixels:
        dpi = scale * _POINTS_PER_INCH
        fitting = int(dpi * math.sqrt(options.max_pixels / pixels))
        advice = f"ingest.dpi of {fitting} would fit, or raise the limit"
        if fitting < _LEAST_DPI:
            advice = f"even the least ingest.dpi ({_LEAST_DPI}) does not fit: scale the page down, or raise the limit"
        raise TooLarge(
            f"{width:.0f} x {height:.0f} points at {dpi:.0f} dpi are {pixels:,} pixels, more than"
            f" ingest.max_pixels ({options.max_pixels:,}); {advice}"
        )
    return scale


def _rendered(seen: _PageFacts, options: IngestOptions) -> Picture:
    height, width = seen.pixels.shape[:2]
    image, media_type = encode_page(seen.pixels, options)
    dpi = _scale(seen.points, options) * _POINTS_PER_INCH if options.longest_side else float(options.dpi)
    if seen.text is None or not seen.text.codes:
        return Picture(image, media_type, width, height, dpi)
    drawings = None if seen.bare is None else Drawings(seen.pixels, seen.bare)
    layer = to_layer(seen.text, width, height, drawings)
    return _with_layer(Picture(image, media_type, width, height, dpi), layer)


def _with_layer(picture: Picture, layer: Layer) -> Picture:
    gaps = tuple(edge for gap in layer.gaps for edge in gap)
    return replace(
        picture,
        text=layer.text,
        words=layer.words,
        healthy=layer.healthy,
        stands_in=layer.stands_in,
        gaps=gaps,
    )


def _only_jpeg(page: pdfium.PdfPage) -> bytes | None:
    """Return the JPEG of a page that shows nothing else, as it stands in the file."""
    if page.get_rotation() or is_annotated(page) or pdfium_c.FPDFPage_CountObjects(page) > 10_000:
        return None
    image = None
    for item in page.get_objects(max_depth=1):
        if item.type == pdfium_c.FPDF_PAGEOBJ_TEXT:
            if pdfium_c.FPDFTextObj_GetTextRenderMode(item) != pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE:
                return None
        elif item.type != pdfium_c.FPDF_PAGEOBJ_IMAGE or image is not None:
            return None
        else:
            image = item
    if image is None or list(image.get_filters()) != ["DCTDecode"] or not _fills(page, image):
        return None
    return bytes(image.get_data(decode_simple=False))


def _fills(page: pdfium.PdfPage, image: pdfium.PdfImage) -> bool:
    """Whether an image lies upright, and edge to edge, on what is shown of the page."""
    a, b, c, d, _, _ = image.get_matrix().get()
    left, bottom, right, top = page.get_cropbox()
    bounds = image.get_bounds()
    slack = _SCAN_EDGE * max(right - left, top - bottom)
    near = all(abs(found - edge) <= slack for found, edge in zip(bounds, (left, bottom, right, top), strict=True))
    return a > 0 and d > 0 and abs(b) + abs(c) < 1e-6 * (a + d) and near


def _scan(jpeg: bytes, seen: _PageFacts, options: IngestOptions) -> Picture | None:
    """Take a scan byte for byte; `None` if it does not look like the page, or is not plain.

    Masks, decode arrays, odd colour spaces and annotations change how an image looks: comparing it with
    the page as PDFium draws it finds them all.
    """
    try:
        with Image.open(BytesIO(jpeg), formats=("JPEG",)) as header:
            plain = header.mode in ("L", "RGB")
        picture = read_image(jpeg, options)
    except (DocumentError, OSError, SyntaxError):
        return None  # PDFium is more forgiving: it will render the page, or say why not
    dpi = picture.width / seen.points[0] * _POINTS_PER_INCH
    if max(seen.points) > _LARGEST_SHEET:
        dpi = 0.0
    elif not _SCAN_DPI[0] <= dpi <= _SCAN_DPI[1]:
        return None
    if not plain or picture.image is not jpeg:
        return None
    reduced = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_REDUCED_COLOR_4 | cv2.IMREAD_IGNORE_ORIENTATION)
    size = (seen.pixels.shape[1], seen.pixels.shape[0])
    drawn = cv2.cvtColor(np.ascontiguousarray(seen.pixels), cv2.COLOR_RGB2BGR)
    if (
        reduced is None
        or cv2.absdiff(cv2.resize(reduced, size, interpolation=cv2.INTER_AREA), drawn).mean() > _LIKENESS
    ):
        return None
    if seen.text is None or not seen.text.codes:
        return Picture(jpeg, "image/jpeg", picture.width, picture.height, dpi)
    layer = to_layer(seen.text, picture.width, picture.height, None)
    return _with_layer(Picture(jpeg, "image/jpeg", picture.width, picture.height, dpi), layer)


def _check_blank(path: Path, number: int) -> None:
    """Tell a blank page from one whose content is damaged: PDFium draws both as white paper.

    Raises:
        BrokenDocument: The page has content, and it cannot be unpacked.
    """
    with _unpacked(path) as document:
        contents = document.pages[number - 1].obj.get("/Contents")
        if contents is not None:
            for stream in contents if isinstance(contents, pikepdf.Array) else [contents]:
                stream.read_bytes()


@contextmanager
def _unpacked(path: Path) -> Iterator[pikepdf.Pdf]:
    """Open a PDF with QPDF, for a second opinion; what QPDF cannot read is damaged."""
    try:
        with pikepdf.open(path) as document:
            yield document
    except (pikepdf.PdfError, OSError, ValueError, TypeError, IndexError, AttributeError, RuntimeError) as error:
        raise BrokenDocument(f"its content cannot be unpacked ({error}); export the PDF again") from error
