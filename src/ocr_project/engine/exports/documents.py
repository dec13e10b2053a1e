"""The files of documents, as the pages of their shards come in: a page at a time is in memory."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from ocr_project.domain.corpus import Corpus
from ocr_project.domain.errors import DocumentError
from ocr_project.domain.types import Document, Page, Transcript
from ocr_project.engine.exports import jsonl
from ocr_project.engine.exports.crops import write_crops
from ocr_project.engine.exports.formats import further_files
from ocr_project.engine.exports.markdown_files import markdown_path, page_block
from ocr_project.engine.exports.passed_pages import PdfExport
from ocr_project.engine.exports.plan import ChosenExports, Export
from ocr_project.engine.exports.searchable_pdf import pdf_path
from ocr_project.engine.running.feeds import info_of
from ocr_project.engine.running.stream import join_pages
from ocr_project.engine.transcript import readings
from ocr_project.engine.transcript.calibration import Calibration
from ocr_project.engine.transcript.confidence import calibration_for
from ocr_project.engine.transcript.lines import Reading
from ocr_project.storage.atomic import atomic_file

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _PageRow:
    page: Page
    readings: Sequence[Reading]
    transcript: Transcript
    calibration: Calibration | None


@dataclass(frozen=True, slots=True)
class Jobs:
    """What is written of each document.

    Attributes:
        folder: Where to.
        lines: Whether of each page of the corpus a line goes into `ocr_results.jsonl`.
        documents: By `doc_id` and `path`.
    """

    folder: Path
    corpus: Corpus
    wanted: ChosenExports
    lines: bool
    documents: Mapping[tuple[str, str], Document]


@dataclass(frozen=True, slots=True)
class Part:
    """Some documents that follow each other in the corpus.

    Attributes:
        todo: Names of those that are to be written; of the others only lines are.
        known: Files of the others, by name.
        before: Pages of the corpus before them.
    """

    exports: Sequence[Export]
    todo: frozenset[str]
    known: Mapping[str, Sequence[str]]
    before: int = 0


def write_part(jobs: Jobs, part: Part, lines: BinaryIO | None) -> Iterator[tuple[Export, list[str]]]:
    """Write the documents of a part.

    Args:
        lines: Takes the lines of `ocr_results.jsonl`, if these are wanted.

    Yields:
        Each document that was written, with its files.
    """
    sink = _Lines(lines, part.before) if lines is not None else None
    exports = {(export.doc_id, export.path): export for export in part.exports}
    for identifier, document in groupby(_page_rows(jobs, part), key=lambda row: (row.page.doc_id, row.page.path)):
        export = exports.get(identifier)
        if export is None:  # of another part, in the same shard
            continue
        if export.name in part.todo:
            yield export, _write_document(jobs, export, document, sink)
        else:
            known = frozenset(part.known.get(export.name, ()))
            for row in document:
                _write_line(sink, export, row, known)


def _page_rows(jobs: Jobs, part: Part) -> Iterator[_PageRow]:
    """Walk through the shards of a part; images are read only in those that need them."""
    corpus = jobs.corpus
    with_images = {shard for export in part.exports if export.name in part.todo for shard in export.shards}
    for name in dict.fromkeys(shard for export in part.exports for shard in export.shards):
        if name not in with_images and not jobs.lines:
            continue
        without = () if name in with_images else ("image",)
        joined = join_pages(
            corpus.pages.read(name, without=without),
            corpus.regions.read(name),
            corpus.recognitions.read(name),
            corpus.transcripts.read(name),
        )
        read_by = info_of(corpus.recognitions, name)
        assert read_by is not None, name
        for page, regions, recognitions, (transcript, *_) in joined:
            read = readings(page, regions, recognitions)
            yield _PageRow(page, read, transcript, calibration_for(page, read_by.identity))


def _write_document(jobs: Jobs, export: Export, rows: Iterator[_PageRow], sink: _Lines | None) -> list[str]:
    with _DocumentFiles(export, jobs) as files:
        for row in rows:
            crops = files.add(row)
            _write_line(sink, export, row, crops)
        return files.paths


def _write_line(sink: _Lines | None, export: Export, row: _PageRow, files: Collection[str]) -> None:
    if sink is not None:
        sink.add(export, row, files)


class _Lines:
    """`ocr_results.jsonl` while pages come in."""

    def __init__(self, file: BinaryIO, before: int) -> None:
        self._file = file
        self._count = before

    def add(self, export: Export, row: _PageRow, files: Collection[str]) -> None:
        place = jsonl.ExportEntry(export.title, self._count, files)
        self._file.write(jsonl.page_line(row.page, row.readings, row.transcript, place, row.calibration))
        self._count += 1


class _DocumentFiles:
    """The files of one document while its pages come in."""

    def __init__(self, export: Export, jobs: Jobs) -> None:
        wanted = jobs.wanted
        self.paths: list[str] = []
        self._folder = jobs.folder
        self._stack = ExitStack()
        self._markdown_path = markdown_path(export.name)
        self._markdown = self._open(self._markdown_path) if wanted.markdown else None
        readable = wanted.searchable_pdf and export.readable
        self._pdf = self._pdf_export(export, jobs) if readable else None
        self._more = list(further_files(export, wanted, self._open))
        self._save_crops = wanted.crops

    def __enter__(self) -> _DocumentFiles:
        return self

    def add(self, row: _PageRow) -> list[str]:
        """Write a page; return the paths of its crops."""
        crops = self._crops(row) if self._save_crops else []
        self.paths += crops
        if self._markdown is not None:
            self._markdown.write(page_block(row.transcript, self._markdown_path, crops))
        if self._pdf is not None:
            self._pdf.add(row.page, row.readings)
        for file in self._more:
            file.add(row.page, row.readings, row.transcript, crops)
        return crops

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stack:  # closes the files, or drops them on an error
            if error is not None:
                raise error
            if self._pdf is not None:
                self._pdf.finish()
            for file in self._more:
                file.finish()

    def _pdf_export(self, export: Export, jobs: Jobs) -> PdfExport:
        file = self._open(pdf_path(export.name))
        document = jobs.documents.get((export.doc_id, export.path))
        return self._stack.enter_context(closing(PdfExport(file, export.path, document)))

    def _open(self, path: str) -> BinaryIO:
        self.paths.append(path)
        return self._stack.enter_context(atomic_file(self._folder / path))

    def _crops(self, row: _PageRow) -> list[str]:
        try:
            return write_crops(self._folder, row.page, [reading.region for reading in row.readings])
        except DocumentError as error:
            log.warning("page %d of %s has no crops: %s", row.page.number, row.page.path, error.reason)
            return []
