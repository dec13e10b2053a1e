"""The further files of a document, for programs that read neither Markdown nor JSONL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, Protocol

from ocr_project.domain.types import Page, Transcript
from ocr_project.engine.exports.html_file import HtmlFile
from ocr_project.engine.exports.placed_words import AltoFile, HocrFile
from ocr_project.engine.exports.plan import ChosenExports, Export
from ocr_project.engine.exports.table_files import CsvTables, Workbook
from ocr_project.engine.exports.text_file import TextFile
from ocr_project.engine.transcript.lines import Reading

Opener = Callable[[str], BinaryIO]


class DocumentFile(Protocol):
    """What is written of a document while its pages come in."""

    def add(self, page: Page, readings: Sequence[Reading], transcript: Transcript, crops: Sequence[str]) -> None:
        """Take a page; the paths of its crops are relative to the exports."""
        ...

    def finish(self) -> None:
        """Write what can only be written at the end."""
        ...


def further_files(export: Export, wanted: ChosenExports, opened: Opener) -> Iterator[DocumentFile]:
    """Yield what is wanted of a document beside Markdown, JSONL and PDF.

    Args:
        export: The document.
        wanted: Which files.
        opened: Opens a file by its path relative to the exports; it is closed where the document ends.
    """
    if wanted.text:
        yield TextFile(opened(f"text/{export.name}.txt"))
    if wanted.html:
        path = f"html/{export.name}.html"
        yield HtmlFile(opened(path), path, export.title)
    if wanted.hocr:
        yield HocrFile(opened(f"hocr/{export.name}.hocr"), export.title)
    if wanted.alto:
        yield AltoFile(opened(f"alto/{export.name}.xml"), export.title)
    if wanted.csv:
        yield CsvTables(opened, f"tables/{export.name}")
    if wanted.xlsx:
        yield Workbook(opened, f"tables/{export.name}.xlsx")
    if wanted.docling or wanted.doctags:
        from ocr_project.engine.exports.docling_file import DoclingFile

        json = opened(f"docling/{export.name}.json") if wanted.docling else None
        tags = opened(f"docling/{export.name}.doctags.txt") if wanted.doctags else None
        yield DoclingFile(export.title, json, tags)
