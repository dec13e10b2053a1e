"""The pages of shared/gpu/gen_pages.py as files that a person may have: PDFs of up to some tens of pages, or images.

A file is called by the drawn page that it begins with, so that a reader of a page of it can tell which one it is.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path, PurePosixPath

from benchmarks.known_pages import Drawn, drawn_pages

LONGEST = 40  # pages of a document
_POINTS = 72 / 200  # of a pixel: the pages are drawn at 200 dpi
_NAME = "pages_"


def write_documents(folder: Path, pages: Path, count: int, *, images: bool = False) -> None:
    """Write a corpus; nothing where it is there already.

    Args:
        folder: To write to; it is whole when it is there.
        pages: Folder of gen_pages.py.
        count: Pages of the corpus; from the first again where more are wanted than were drawn.
        images: Whether each page is a JPEG of its own.
    """
    if folder.is_dir():
        return
    draft = folder.with_name(f".{folder.name}")
    draft.mkdir(parents=True, exist_ok=True)
    drawn = drawn_pages(pages)
    for first, size in ((number, 1) for number in range(count)) if images else _sizes(count):
        files = [pages / Path(drawn[number % len(drawn)][0]).name for number in range(first, first + size)]
        name = f"{_NAME}{first:06d}"
        if images:
            # equal bytes would be one document: a JPEG's reader leaves alone what follows the end of the image
            (draft / f"{name}.jpg").write_bytes(files[0].read_bytes() + name.encode())
        else:
            _write_pdf(draft / f"{name}.pdf", [file.read_bytes() for file in files], name)
    draft.rename(folder)


def drawn_regions(drawn: Drawn, path: str, number: int) -> Sequence[tuple[str, Sequence[float]]]:
    """Return what was drawn on a page of such a corpus.

    Args:
        drawn: From `drawn_pages`.
        path: Of its document.
        number: Of the page in it, from 1.

    Raises:
        ValueError: The document is of another corpus.
    """
    first = PurePosixPath(path).stem.removeprefix(_NAME)
    if not first.isdecimal():
        raise ValueError(f"{path} is not a document of drawn pages: what is on it is not known")
    return drawn[(int(first) + number - 1) % len(drawn)][1]


def _sizes(count: int) -> Iterator[tuple[int, int]]:
    """Yield the first page and the pages of each document, the same ones for a count."""
    sizes, first = random.Random(0), 0
    while first < count:
        size = min(sizes.randint(1, LONGEST), count - first)
        yield first, size
        first += size


def _write_pdf(path: Path, images: Sequence[bytes], title: str) -> None:
    """Write a PDF as a scanner does: each page is one JPEG. The title keeps repeated pages from being a duplicate."""
    import pikepdf  # not for the hook, which is in every run that is measured
    from PIL import Image

    with pikepdf.new() as pdf:
        for image in images:
            with Image.open(BytesIO(image)) as opened:
                width, height = opened.size
            across, down = round(width * _POINTS, 2), round(height * _POINTS, 2)
            picture = pikepdf.Stream(
                pdf, image, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=width, Height=height,
                ColorSpace=pikepdf.Name.DeviceRGB, BitsPerComponent=8, Filter=pikepdf.Name.DCTDecode,
            )  # fmt: skip
            page = pikepdf.Dictionary(
                Type=pikepdf.Name.Page,
                MediaBox=[0, 0, across, down],
                Resources=pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=picture)),
                Contents=pikepdf.Stream(pdf, f"q {across} 0 0 {down} 0 0 cm /I Do Q".encode()),
            )
            pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
        pdf.docinfo["/Title"] = title
        pdf.save(path)
