"""The exports of a corpus: one walk over its shards, no document written twice."""

from __future__ import annotations

import logging
import time
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
from ocr_project.engine.exports.manifest import Manifest
from ocr_project.engine.exports.markdown_files import markdown_path, page_block
from ocr_project.engine.exports.passed_pages import PdfExport
from ocr_project.engine.exports.plan import ChosenExports, Export, corpus_key, digest, plan_exports, shard_names
from ocr_project.engine.exports.searchable_pdf import pdf_path
from ocr_project.engine.running.stream import join_pages
from ocr_project.engine.transcript import readings
from ocr_project.engine.transcript.calibration import Calibration
from ocr_project.engine.transcript.confidence import calibration_for
from ocr_project.engine.transcript.lines import Reading
from ocr_project.storage.atomic import PARTIAL, atomic_file

log = logging.getLogger(__name__)

_SAVE_EVERY = 2.0  # seconds: what a kill may lose of the manifest, against writing it 40,000 times


@dataclass(frozen=True, slots=True)
class _PageRow:
    page: Page
    readings: Sequence[Reading]
    transcript: Transcript
    calibration: Calibration | None


def export_documents(
    folder: Path, *, corpus: Corpus, wanted: ChosenExports, documents: Mapping[tuple[str, str], Document]
) -> None:
    """Write what a person takes away, and only what is not there already.

    Every file is there whole or not at all. A document is written again where its rows, the options
    or the files themselves changed; what belongs to no document of the corpus any more is removed.
    Memory holds a page at a time, whatever the length of a document.

    Args:
        folder: For `markdown/`, `crops/`, `pdf/`, `ocr_results.jsonl`, and what else is wanted.
        corpus: What its documents have come to.
        wanted: Which exports to write.
        documents: By `doc_id` and `path`: where the files are whose pages go into searchable PDFs as they are.

    Raises:
        StorageError: The disk is full, or the folder cannot be written to; finished work is kept.
    """
    whole = corpus_key(corpus.pages, corpus.transcripts, wanted)
    manifest = Manifest.load(folder)
    if manifest.holds_all(whole) and (folder / jsonl.FILE).is_file() == wanted.jsonl:
        return
    plan = plan_exports(corpus.pages, corpus.transcripts, wanted)
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.rglob(f".*{PARTIAL}"):  # of a run that was killed
        leftover.unlink()
    manifest.corpus = ""
    pruned = manifest.keep({export.name for export in plan})
    todo = {export.name for export in plan if not manifest.holds(export.name, export.key)}
    key = digest([export.key for export in plan]) if wanted.jsonl else ""
    lines = wanted.jsonl and (manifest.jsonl != key or not (folder / jsonl.FILE).is_file())
    if not wanted.jsonl:
        (folder / jsonl.FILE).unlink(missing_ok=True)
    try:
        if todo or lines or pruned:
            _export(corpus, plan, todo, manifest, _Jobs(wanted, lines, documents))
        manifest.jsonl, manifest.corpus = key, whole
    finally:
        manifest.save()


@dataclass(frozen=True, slots=True)
class _Jobs:
    wanted: ChosenExports
    lines: bool
    documents: Mapping[tuple[str, str], Document]


def _export(corpus: Corpus, plan: Sequence[Export], todo: set[str], manifest: Manifest, jobs: _Jobs) -> None:
    exports = {(export.doc_id, export.path): export for export in plan}
    with_images = {shard for export in plan if export.name in todo for shard in export.shards}
    saved = time.monotonic()
    with ExitStack() as stack:
        sink = _Lines(stack.enter_context(atomic_file(manifest.folder / jsonl.FILE))) if jobs.lines else None
        rows = _page_rows(corpus, with_images, everything=jobs.lines)
        for identifier, document in groupby(rows, key=lambda row: (row.page.doc_id, row.page.path)):
            export = exports[identifier]
            if export.name in todo:
                files = _write_document(manifest.folder, export, document, jobs, sink)
                manifest.record(export.name, export.key, files)
            else:
                known = frozenset(manifest.files(export.name))
                for row in document:
                    _write_line(sink, export, row, known)
            if time.monotonic() - saved > _SAVE_EVERY:
                manifest.save()
                saved = time.monotonic()


def _page_rows(corpus: Corpus, with_images: set[str], *, everything: bool) -> Iterator[_PageRow]:
    """Walk through the corpus; images are read only in shards that need them."""
    read_by = {name: info.identity for name, info in corpus.recognitions.index().items()}
    for name in shard_names(corpus.pages, corpus.transcripts):
        if name not in with_images and not everything:
            continue
        without = () if name in with_images else ("image",)
        joined = join_pages(
            corpus.pages.read(name, without=without),
            corpus.regions.read(name),
            corpus.recognitions.read(name),
            corpus.transcripts.read(name),
        )
        for page, regions, recognitions, (transcript, *_) in joined:
            read = readings(page, regions, recognitions)
            yield _PageRow(page, read, transcript, calibration_for(page, read_by[name]))


def _write_document(
    folder: Path, export: Export, rows: Iterator[_PageRow], jobs: _Jobs, sink: _Lines | None
) -> list[str]:
    with _DocumentFiles(folder, export, jobs) as files:
        for row in rows:
            crops = files.add(row)
            _write_line(sink, export, row, crops)
        return files.paths


def _write_line(sink: _Lines | None, export: Export, row: _PageRow, files: Collection[str]) -> None:
    if sink is not None:
        sink.add(export, row, files)


class _Lines:
    """`ocr_results.jsonl` while the pages of the whole corpus come in."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._count = 0

    def add(self, export: Export, row: _PageRow, files: Collection[str]) -> None:
        place = jsonl.ExportEntry(export.title, self._count, files)
        self._file.write(jsonl.page_line(row.page, row.readings, row.transcript, place, row.calibration))
        self._count += 1


class _DocumentFiles:
    """The files of one document while its pages come in."""

    def __init__(self, folder: Path, export: Export, jobs: _Jobs) -> None:
        wanted = jobs.wanted
        self.paths: list[str] = []
        self._folder = folder
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

    def _pdf_export(self, export: Export, jobs: _Jobs) -> PdfExport:
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
