"""Make the bundled samples: documents and the exact text of each of their pages.

    python samples/generate.py [--out FOLDER] [--only TEXT]

Reads samples/source/{language}/{name}.yaml, writes {out}/{language}/… . The same fonts and library
versions give the same bytes; other versions of them may give other bytes of the same pages.
"""

from __future__ import annotations

import argparse
import datetime as dt
import logging
import sys
import unicodedata
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import yaml
from blocks import SHEET, PageText, composed
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from fpdf import FPDF
from PIL import ImageColor
from scanning import jpeg, png, rendered, scanned, tiff
from typesetting import Fill, Ink, Picture, Stroke, Text

HERE = Path(__file__).resolve().parent
FONTS = Path("/usr/share/fonts/truetype")
# Debian's fonts-nanum and fonts-liberation.
FAMILIES = {
    "myeongjo": ("nanum/NanumMyeongjo.ttf", "nanum/NanumMyeongjoBold.ttf", "nanum/NanumGothicBold.ttf"),
    "gothic": ("nanum/NanumGothic.ttf", "nanum/NanumGothicBold.ttf", "nanum/NanumGothicBold.ttf"),
    "serif": (
        "liberation/LiberationSerif-Regular.ttf",
        "liberation/LiberationSerif-Bold.ttf",
        "liberation/LiberationSans-Bold.ttf",
    ),
    "sans": (
        "liberation/LiberationSans-Regular.ttf",
        "liberation/LiberationSans-Bold.ttf",
        "liberation/LiberationSans-Bold.ttf",
    ),
}
_DATE = dt.datetime(2026, 11, 2, 9, 0, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Sample:
    """A page description: `family`, `body` (points), `header`, `footer`, `pages`, `scan`; see README.md."""

    name: str
    language: str
    spec: Mapping[str, Any]

    def font(self, place: int = 0) -> Path:
        return FONTS / FAMILIES[self.spec["family"]][place]


def samples() -> list[Sample]:
    """Return all samples, sorted by language and name."""
    paths = sorted((HERE / "source").glob("*/*.yaml"))
    return [Sample(path.stem, path.parent.name, _loaded(path)) for path in paths]


def _loaded(path: Path) -> Mapping[str, Any]:
    # Every scalar stays a string: the mark `1.` is not a number, nor `2026-05-21` a date.
    with path.open(encoding="utf-8") as source:
        return dict(yaml.load(source, yaml.BaseLoader))


def missing_fonts() -> list[Path]:
    """Return the font files that this machine lacks."""
    return [FONTS / name for family in FAMILIES.values() for name in family if not (FONTS / name).exists()]


logging.getLogger("fontTools").setLevel(logging.ERROR)  # it warns of hinting tables that no PDF needs


class Press:
    """A PDF in the making: measures with the fonts that it prints with."""

    def __init__(self, sample: Sample) -> None:
        self._pdf = FPDF(unit="mm", format="A4")
        self._pdf.set_creation_date(_DATE)
        self._pdf.set_producer("ocr_project samples")
        self._pdf.set_title(str(sample.spec["title"]))
        self._pdf.set_lang(sample.language)
        self._pdf.set_auto_page_break(False)
        self._glyphs: dict[str, frozenset[int]] = {}
        for place, face in enumerate(("body", "bold", "head")):
            self._pdf.add_font(face, fname=sample.font(place))
            with TTFont(sample.font(place), lazy=True) as font:
                self._glyphs[face] = frozenset(font.getBestCmap())

    def measure(self, text: str, face: str, size: float) -> float:
        """Return the width of a text in mm.

        Raises:
            LookupError: The font has no glyph for one of its characters.
        """
        self._pdf.set_font(face, size=size)
        absent = {character for character in text if ord(character) not in self._glyphs[face]}
        if absent:
            raise LookupError(f"{face} has no glyph for {sorted(absent)} in {text!r}")
        return float(self._pdf.get_string_width(text))

    def page(self, inks: Sequence[Ink]) -> None:
        """Print a page: pictures and fills first, then lines, then text in reading order."""
        self._pdf.add_page()
        order = (Fill, Picture, Stroke, Text)
        for ink in sorted(inks, key=lambda ink: order.index(type(ink))):
            self._print(ink)

    def _print(self, ink: Ink) -> None:
        match ink:
            case Fill():
                self._pdf.set_fill_color(*_colour(ink.colour))
                self._pdf.rect(ink.x, ink.y, ink.width, ink.height, style="F")
            case Picture():
                self._pdf.image(BytesIO(ink.png), ink.x, ink.y, ink.width, ink.height)
            case Stroke():
                self._pdf.set_draw_color(*_colour(ink.colour))
                self._pdf.set_line_width(ink.width)
                self._pdf.line(ink.x, ink.y, ink.x1, ink.y1)
            case Text():
                self._pdf.set_text_color(*_colour(ink.colour))
                self._pdf.set_font(ink.face, size=ink.size)
                self._pdf.text(ink.x, ink.y, ink.text)

    def finished(self) -> bytes:
        """Return the PDF; no more pages after this."""
        return bytes(self._pdf.output())


def _colour(name: str) -> tuple[int, int, int]:
    red, green, blue = ImageColor.getrgb(name)[:3]
    return red, green, blue


def document(sample: Sample) -> tuple[str, bytes, list[PageText]]:
    """Make one sample. Returns its file name, its bytes and the text of its pages."""
    press = Press(sample)
    pages = composed(sample.spec, press.measure, sample.font())
    for page in pages:
        press.page(page.inks)
    printed = press.finished()
    scan = sample.spec.get("scan")
    if scan is None:
        return f"{sample.name}.pdf", printed, pages
    seed = zlib.crc32(f"{sample.language}/{sample.name}".encode())
    dpi = int(scan["dpi"])
    grey = [scanned(page, scan, seed + number) for number, page in enumerate(rendered(printed, dpi))]
    match scan["format"]:
        case "jpg":
            return f"{sample.name}.jpg", jpeg(grey[0], int(scan["quality"]), dpi), pages
        case "png":
            return f"{sample.name}.png", png(grey[0], dpi), pages
        case "tif":
            return f"{sample.name}.tif", tiff(grey, dpi), pages
        case "pdf":
            return f"{sample.name}.pdf", _bound([jpeg(page, int(scan["quality"]), dpi) for page in grey]), pages
        case other:
            raise ValueError(f"{sample.name}: no scan format {other!r}")


def _bound(images: Sequence[bytes]) -> bytes:
    """Return a PDF whose pages are pictures and nothing else, as a copier's scan-to-mail makes it."""
    pdf = FPDF(unit="mm", format="A4")
    pdf.set_creation_date(_DATE)
    pdf.set_producer("ocr_project samples")
    for image in images:
        pdf.add_page()
        pdf.image(BytesIO(image), 0, 0, *SHEET)
    return bytes(pdf.output())


def files(sample: Sample) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a sample: name relative to the folder of documents, bytes."""
    name, made, pages = document(sample)
    yield f"{sample.language}/{name}", made
    single = not name.endswith((".pdf", ".tif"))
    for number, page in enumerate(pages, 1):
        stem = f"{sample.language}/{sample.name}" + ("" if single else f".p{number:03d}")
        yield f"{stem}.gt.txt", unicodedata.normalize("NFC", "\n".join(page.lines) + "\n").encode()
        for place, html in enumerate(page.tables, 1):
            yield f"{stem}.table{place}.gt.html", unicodedata.normalize("NFC", html).encode()


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the samples. Returns the exit status."""
    parser = argparse.ArgumentParser(description="Make the bundled samples.")
    parser.add_argument("--out", type=Path, default=HERE / "documents", help="folder to write to")
    parser.add_argument("--only", default="", help="make the samples whose language/name contains this")
    options = parser.parse_args(arguments)
    if missing := missing_fonts():
        print(f"{missing[0]} is missing: apt-get install fonts-nanum fonts-liberation", file=sys.stderr)
        return 1
    for sample in samples():
        if options.only not in f"{sample.language}/{sample.name}":
            continue
        for name, content in files(sample):
            path = options.out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            print(f"{len(content):>9,}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
