"""hOCR and ALTO: the words of a document with their places, for viewers, correction tools and libraries.

Both in the form in which Tesseract writes them, whose readers are many: hOCR 1.2, ALTO 3.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from typing import BinaryIO, ClassVar

from ocr_project.domain.types import Box, Page, Transcript, Word
from ocr_project.engine.exports.text_placement import words_of
from ocr_project.engine.transcript.lines import Reading

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot hold
_HOCR = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml"><head><title>{title}</title>
<meta charset="utf-8"/><meta name="ocr-system" content="ocr_project"/>
<meta name="ocr-capabilities" content="ocr_page ocr_carea ocr_line ocrx_word"/></head><body>
"""
_ALTO = """<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="http://www.loc.gov/standards/alto/ns-v3#"><Description><MeasurementUnit>pixel</MeasurementUnit>
<sourceImageInformation><fileName>{title}</fileName></sourceImageInformation>
<OCRProcessing ID="OCR_0"><ocrProcessingStep><processingSoftware><softwareName>ocr_project</softwareName>
</processingSoftware></ocrProcessingStep></OCRProcessing></Description><Layout>
"""


class _XmlFile:
    """A file that is written page by page; `head` has a place for the title, `end` ends it."""

    head: ClassVar[str]
    end: ClassVar[str]

    def __init__(self, file: BinaryIO, title: str) -> None:
        self._file = file
        self._write(self.head.format(title=_safe(title)))

    def finish(self) -> None:
        self._write(self.end)

    def _write(self, text: str) -> None:
        self._file.write(text.encode("utf-8", "replace"))


class HocrFile(_XmlFile):
    """Pages as `ocr_page`, regions as `ocr_carea`, with lines and words in pixels of the page.

    `x_wconf` is what the recognizer says of a word; without words of its own a line is one word, and has none.

    Args:
        file: Open.
        title: Of the document.
    """

    head, end = _HOCR, "</body></html>\n"

    def add(self, page: Page, readings: Sequence[Reading], transcript: Transcript, crops: Sequence[str]) -> None:
        n, whole = page.number, _box(Box(0, 0, page.width, page.height))
        title = f"bbox {whole}; ppageno {n - 1}; scan_res {page.dpi:.0f} {page.dpi:.0f}"
        self._write(f'<div class="ocr_page" id="page_{n}" title="{title}">\n')
        for block, (reading, lines) in enumerate(_blocks(readings), 1):
            self._write(f'<div class="ocr_carea" id="block_{n}_{block}" title="bbox {_box(reading.region.box)}">\n')
            for number, line in enumerate(lines, 1):
                words = " ".join(
                    f'<span class="ocrx_word" id="word_{n}_{block}_{number}_{at}" title="bbox {_box(word.box)}'
                    f'{_sure(reading, word)}">{_safe(word.text)}</span>'
                    for at, word in enumerate(line, 1)
                )
                hull = _box(_hull(line))
                self._write(
                    f'<span class="ocr_line" id="line_{n}_{block}_{number}" title="bbox {hull}">{words}</span>\n'
                )
            self._write("</div>\n")
        self._write("</div>\n")


class AltoFile(_XmlFile):
    """Pages with a `TextBlock` for each region, lines and strings in pixels of the page; `WC` as `x_wconf` above.

    Args:
        file: Open.
        title: Of the document.
    """

    head, end = _ALTO, "</Layout></alto>\n"

    def add(self, page: Page, readings: Sequence[Reading], transcript: Transcript, crops: Sequence[str]) -> None:
        n = page.number
        size = f'WIDTH="{page.width}" HEIGHT="{page.height}"'
        self._write(f'<Page ID="page_{n}" PHYSICAL_IMG_NR="{n}" {size}><PrintSpace HPOS="0" VPOS="0" {size}>\n')
        for block, (reading, lines) in enumerate(_blocks(readings), 1):
            self._write(f'<TextBlock ID="block_{n}_{block}" {_place(reading.region.box)}>\n')
            for number, line in enumerate(lines, 1):
                strings = "<SP/>".join(
                    f'<String ID="string_{n}_{block}_{number}_{at}" {_place(word.box)}'
                    f'{_share(reading, word)} CONTENT="{_safe(word.text)}"/>'
                    for at, word in enumerate(line, 1)
                )
                self._write(f'<TextLine ID="line_{n}_{block}_{number}" {_place(_hull(line))}>{strings}</TextLine>\n')
            self._write("</TextBlock>\n")
        self._write("</PrintSpace></Page>\n")


def _blocks(readings: Sequence[Reading]) -> Iterator[tuple[Reading, list[list[Word]]]]:
    """Yield the readings that have text, with their words line by line."""
    for reading in readings:
        words = sorted((word for word in words_of(reading) if word.text.strip()), key=lambda word: word.line)
        if lines := [list(line) for _, line in groupby(words, key=lambda word: word.line)]:
            yield reading, lines


def _hull(words: Sequence[Word]) -> Box:
    boxes = [word.box for word in words]
    return Box(
        *(min(box.x0 for box in boxes), min(box.y0 for box in boxes)),
        *(max(box.x1 for box in boxes), max(box.y1 for box in boxes)),
    )


def _box(box: Box) -> str:
    return " ".join(str(round(value)) for value in box)


def _place(box: Box) -> str:
    x, y = round(box.x0), round(box.y0)
    return f'HPOS="{x}" VPOS="{y}" WIDTH="{round(box.x1) - x}" HEIGHT="{round(box.y1) - y}"'


def _sure(reading: Reading, word: Word) -> str:
    return f"; x_wconf {100 * word.confidence:.0f}" if reading.recognition.words else ""


def _share(reading: Reading, word: Word) -> str:
    return f' WC="{word.confidence:.2f}"' if reading.recognition.words else ""


def _safe(text: str) -> str:
    return escape(_NO_XML.sub("", text))
