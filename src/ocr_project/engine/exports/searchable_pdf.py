"""A PDF a document: the page images, and over each an invisible layer of what was read there."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import BinaryIO

from ocr_project.domain.errors import DocumentError
from ocr_project.domain.types import Page
from ocr_project.engine.exports.glyphless import ADVANCE, ASCENT, UNITS, glyphless_font
from ocr_project.engine.exports.pdf_file import PdfFile, text_string
from ocr_project.engine.exports.pdf_image import PdfImage, pdf_image
from ocr_project.engine.exports.text_placement import Placed, place_words
from ocr_project.engine.transcript.lines import Reading

log = logging.getLogger(__name__)

FOLDER = "pdf"
_POINTS = 72.0  # per inch
_UNKNOWN_DPI = 150.0
_A4 = (595.0, 842.0)  # points, of a page that could not be read
_LARGEST = 14_400.0  # points: a limit of Acrobat (ISO 32000-1, annex C)
_LAST_CODE = 0xFFFF  # of two bytes
_UNKNOWN = ord("\N{REPLACEMENT CHARACTER}")
_AXES = {0: "1 0 0 1", 1: "0 -1 1 0", 2: "-1 0 0 -1", 3: "0 1 -1 0"}


def pdf_path(name: str) -> str:
    """Return the path of a document's searchable PDF, relative to the exports."""
    return f"{FOLDER}/{name}.pdf"


class SearchablePdf:
    """Takes pages one after another and writes each at once."""

    def __init__(self, file: BinaryIO, title: str) -> None:
        """Begin a file without pages.

        Args:
            file: Empty, open for writing; it is not closed here.
            title: Shown by viewers.
        """
        self._pdf = PdfFile(file)
        self._title = title
        self._tree, self._font = self._pdf.reserve(), self._pdf.reserve()
        self._pages: list[int] = []
        self._codes = _Codes(title)

    def add(self, page: Page, readings: Sequence[Reading]) -> None:
        """Write one page; one without a usable image stays blank, so that page numbers hold.

        Args:
            page: With its image.
            readings: In reading order.
        """
        image = _image_of(page)
        if image is None:
            self._page(_A4, "", 0)
            return
        scale = _scale(page)
        width, height = page.width * scale, page.height * scale
        picture = self._pdf.write_stream(image.entries, image.data)
        shown = [f"q {width:.3f} 0 0 {height:.3f} 0 0 cm /Image Do Q", *self._layer(page, readings, scale)]
        self._page((width, height), "\n".join(shown), picture)

    def add_words(self, page: Page, readings: Sequence[Reading]) -> bool:
        """Write a page of invisible text alone, to be laid over one that is there; say whether there is any."""
        scale = _scale(page)
        shown = self._layer(page, readings, scale)
        self._page((page.width * scale, page.height * scale), "\n".join(shown), 0)
        return bool(shown)

    def finish(self) -> None:
        """Write the font, the tree of pages and the trailer."""
        pdf = self._pdf
        self._write_font()
        kids = " ".join(f"{number} 0 R" for number in self._pages)
        pdf.write(f"<< /Type /Pages /Kids [{kids}] /Count {len(self._pages)} >>", number=self._tree)
        root = pdf.write(f"<< /Type /Catalog /Pages {self._tree} 0 R >>")
        pdf.finish(root, pdf.write(f"<< /Title {text_string(self._title)} >>"))

    def _page(self, size: tuple[float, float], content: str, picture: int) -> None:
        stream = self._pdf.write_stream("", content.encode("ascii"), deflate=True)
        image = f"/XObject << /Image {picture} 0 R >>" if picture else ""
        self._pages.append(
            self._pdf.write(
                f"<< /Type /Page /Parent {self._tree} 0 R /MediaBox [0 0 {size[0]:.3f} {size[1]:.3f}]"
                f" /Contents {stream} 0 R /Resources << /Font << /Text {self._font} 0 R >> {image} >> >>"
            )
        )

    def _layer(self, page: Page, readings: Sequence[Reading], scale: float) -> list[str]:
        placed = place_words(readings)
        return ["BT 3 Tr", *(self._show(word, page, scale) for word in placed), "ET"] if placed else []

    def _show(self, word: Placed, page: Page, scale: float) -> str:
        """Write one word, stretched over its box, and the space behind it, stretched over the gap."""
        box, turned = word.box, word.quarter % 2 == 1
        size, length = (box.width, box.height) if turned else (box.height, box.width)
        x = box.x0 if word.quarter in (0, 1) else box.x1
        y = box.y1 if word.quarter in (0, 3) else box.y0
        natural = size * ADVANCE / UNITS
        shown = (
            f"/Text {size * scale:.3f} Tf {100 * length / (natural * len(word.text)):.3f} Tz"
            f" {_AXES[word.quarter]} {x * scale:.3f} {(page.height - y) * scale:.3f} Tm"
            f" <{word.text.translate(self._codes)}> Tj"
        )
        if word.gap is None:
            return shown
        return f"{shown} {max(1.0, 100 * word.gap / natural):.3f} Tz <{' '.translate(self._codes)}> Tj"

    def _write_font(self) -> None:
        """Write the font: every code shows glyph 1, and stands for its character (ISO 32000-1, 9.7 and 9.10.3)."""
        pdf = self._pdf
        data = glyphless_font()
        program = pdf.write_stream(f"/Length1 {len(data)}", data, deflate=True)
        glyphs = pdf.write_stream("", b"\0\1" * (len(self._codes) + 1), deflate=True)
        meaning = pdf.write_stream("", _to_unicode(self._codes).encode("ascii"), deflate=True)
        described = pdf.write(
            f"<< /Type /FontDescriptor /FontName /Glyphless /Flags 5 /FontBBox [0 0 {ADVANCE} {ASCENT}] /ItalicAngle 0"
            f" /Ascent {ASCENT} /Descent 0 /CapHeight {ASCENT} /StemV 80 /FontFile2 {program} 0 R >>"
        )
        descendant = pdf.write(
            "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Glyphless"
            " /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"
            f" /FontDescriptor {described} 0 R /DW {ADVANCE} /CIDToGIDMap {glyphs} 0 R >>"
        )
        pdf.write(
            "<< /Type /Font /Subtype /Type0 /BaseFont /Glyphless /Encoding /Identity-H"
            f" /DescendantFonts [{descendant} 0 R] /ToUnicode {meaning} 0 R >>",
            number=self._font,
        )


class _Codes(dict[int, str]):
    """Two bytes for each character, in hexadecimal: numbers are given in the order of first use.

    It is what `str.translate` looks characters up in. When numbers have run out, a character gets that of the sign for
    an unknown one.
    """

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title, self._has_told = title, False

    def __missing__(self, character: int) -> str:
        if len(self) + 1 >= _LAST_CODE and character != _UNKNOWN:
            if not self._has_told:
                self._has_told = True
                log.warning(
                    "%s has over %d different characters: those after cannot be found", self._title, _LAST_CODE
                )
            return self[_UNKNOWN]
        code = self[character] = f"{len(self) + 1:04X}"
        return code


def _scale(page: Page) -> float:
    """Return points a pixel."""
    return min(_POINTS / (page.dpi or _UNKNOWN_DPI), _LARGEST / max(page.width, page.height))


def _image_of(page: Page) -> PdfImage | None:
    if page.image is None:
        return None
    try:
        return pdf_image(page)
    except DocumentError as error:
        log.warning("page %d of %s is blank in its searchable PDF: %s", page.number, page.path, error.reason)
        return None


def _to_unicode(codes: Mapping[int, str]) -> str:
    """Write the CMap from codes to characters, at most 100 entries a block (Adobe technical note 5411)."""
    entries = [f"<{code}> <{_utf16(chr(character))}>" for character, code in codes.items()]
    blocks = [f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in _hundreds(entries)]
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin",
            "12 dict begin",
            "begincmap",
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
            "/CMapName /Adobe-Identity-UCS def",
            "/CMapType 2 def",
            "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange",
            *blocks,
            "endcmap",
            "CMapName currentdict /CMap defineresource pop",
            "end",
            "end",
        ]
    )


def _hundreds(entries: Sequence[str]) -> list[Sequence[str]]:
    return [entries[start : start + 100] for start in range(0, len(entries), 100)]


def _utf16(character: str) -> str:
    return character.encode("utf-16-be", "replace").hex().upper()
