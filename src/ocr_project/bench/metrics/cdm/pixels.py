"""Where each colour is among the pixels of a page, at the reference implementation's 200 dpi.

The reference finds a token by the pixels that have exactly its colour. A bar of 1.3 pixels between two
rows, or a slash in a script, has none, and is lost; which ones are depends on where the formula stands on
the page, on Ghostscript's sixteen samples a pixel, and on an opaque white page (with a transparent one no
token would ever be lost, and the golden values would be others).
"""

from __future__ import annotations

import ctypes
import math
import subprocess
from collections.abc import Iterator, Sequence
from itertools import chain, repeat
from pathlib import Path
from threading import Lock
from typing import BinaryIO

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from ocr_project.bench.metrics.cdm.painting import COLOURS, SHADES, STEP
from ocr_project.engine.running.worker_process import with_limits

DPI = 200
MEMORY = 2 * 2**30  # bytes; LaTeX and Ghostscript take 0.1 GB each
_PIXEL = 72 / DPI  # in points
_MARGIN = 8  # pixels that the reference leaves around a formula
_ROOM = 2  # pixels around what is cut out of a page, for what hangs over an object's bounds
_WHITE = 255
# As ImageMagick calls it; without its start-up files, and all pages in one stream.
_GHOSTSCRIPT = (
    *("gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-dNOPROMPT", "-dMaxBitmap=500000000", "-dAlignToPixels=0"),
    *("-dGridFitTT=2", "-dTextAlphaBits=4", "-dGraphicsAlphaBits=4", f"-r{DPI}", "-dUseCropBox"),
    *("-sDEVICE=ppmraw", "-sOutputFile=pages.ppm", "cut.pdf"),
)
_pdfium_lock = Lock()  # pdfium is not safe to call from two threads


def boxes_of_colours(
    pdf: Path, tokens: Sequence[int], limit: float, memory: int = MEMORY
) -> list[NDArray[np.float64]]:
    """Draw the pages of a PDF and find the box of every colour.

    Args:
        pdf: The file; beside it two more are written.
        tokens: How many there are on each page.
        limit: Seconds that Ghostscript may take.
        memory: Bytes that it may take.

    Returns:
        For each page shape (n + 1, 4), float64: x0 y0 x1 y1 of token n in row n, the formula's own in row
        0, in pixels from the top left of the formula with its margin; NaN where there is none.

    Raises:
        subprocess.TimeoutExpired: Ghostscript took longer.
        subprocess.CalledProcessError: Ghostscript failed.
    """
    folder = pdf.parent
    _cut(pdf, folder / "cut.pdf")
    command = with_limits(_GHOSTSCRIPT, memory, limit)
    subprocess.run(command, cwd=folder, timeout=limit, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    with (folder / "pages.ppm").open("rb") as stream:
        counts = chain(tokens, repeat(tokens[-1]))  # a formula that ran over has further pages
        return [_boxes(page, count) for page, count in zip(_pages(stream), counts, strict=False)]


def _cut(pdf: Path, target: Path) -> None:
    """Write the PDF with each page cut to what is on it, at whole pixels of the page."""
    with _pdfium_lock:
        document = pypdfium2.PdfDocument(pdf)
        for page in document:
            width, height = page.get_size()
            left, bottom, right, top = _extent(page)
            page.set_cropbox(
                max(math.floor(left / _PIXEL) - _ROOM, 0) * _PIXEL,
                max(math.floor(bottom / _PIXEL) - _ROOM, 0) * _PIXEL,
                min((math.ceil(right / _PIXEL) + _ROOM) * _PIXEL, width),
                min((math.ceil(top / _PIXEL) + _ROOM) * _PIXEL, height),
            )
            page.close()
        document.save(target)
        document.close()


def _extent(page: pypdfium2.PdfPage) -> tuple[float, float, float, float]:
    """Return left, bottom, right and top of all that is drawn on a page, in points; a corner if nothing is."""
    bounds = [ctypes.c_float() for _ in range(4)]
    found = []
    for place in range(pdfium.FPDFPage_CountObjects(page.raw)):
        thing = pdfium.FPDFPage_GetObject(page.raw, place)
        if pdfium.FPDFPageObj_GetBounds(thing, *bounds):
            left, bottom, right, top = (bound.value for bound in bounds)
            if left < right and bottom < top:
                found.append((left, bottom, right, top))
    if not found:
        return 0.0, 0.0, 1.0, 1.0
    sides = list(zip(*found, strict=True))
    return min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3])


def _pages(stream: BinaryIO) -> Iterator[NDArray[np.uint8]]:
    """Yield pictures of shape (height, width, 3) from Ghostscript's one after the other."""
    while (kind := stream.readline()) == b"P6\n":
        line = stream.readline()
        while line.startswith(b"#"):
            line = stream.readline()
        width, height = (int(side) for side in line.split())
        stream.readline()  # the largest value: 255
        yield np.frombuffer(stream.read(height * width * 3), np.uint8).reshape(height, width, 3)
    if kind:
        raise ValueError(f"Ghostscript wrote no picture but {kind[:20]!r}")


def _boxes(page: NDArray[np.uint8], tokens: int) -> NDArray[np.float64]:
    from scipy.ndimage import find_objects  # half a second to import

    found = np.full((tokens + 1, 4), np.nan)
    inked = (page[..., 0] & page[..., 1] & page[..., 2]) != _WHITE
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if not len(rows):
        return found
    left, top = columns[0] - _MARGIN, rows[0] - _MARGIN
    found[0] = 0, 0, columns[-1] + _MARGIN - left, rows[-1] + _MARGIN - top
    ink = page[inked]
    numbers = np.zeros(inked.shape, np.int32)
    numbers[inked] = np.where((ink % STEP).any(axis=1), 0, ink // STEP @ np.array([SHADES**2, SHADES, 1]))
    for number, place in enumerate(find_objects(numbers)[: min(tokens, COLOURS)], start=1):
        if place is not None:
            down, across = place
            # The reference's boxes reach a pixel further on each side, and name their last pixel.
            found[number] = across.start - 1 - left, down.start - 1 - top, across.stop - left, down.stop - top
    return found
