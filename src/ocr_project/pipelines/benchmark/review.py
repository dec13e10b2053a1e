"""Recognitions to what a person should look at: a table, and a page with the images."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from ocr_project.domain.corpus import Corpus
from ocr_project.domain.options import BenchmarkOptions, RuntimeOptions
from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.schemas import from_frame
from ocr_project.domain.types import Document
from ocr_project.engine.ingest.ground_truth import reference_path, references_there
from ocr_project.engine.ingest.line_corrections import read_line_corrections
from ocr_project.engine.reporting.review import PageDoubts, review_pages, without_lines
from ocr_project.engine.reporting.review_page import ReviewFacts, write_review_page
from ocr_project.engine.running.once import once
from ocr_project.engine.running.origins import check_stamp, origin_of, stamp, stamp_of
from ocr_project.engine.running.sources import check_sources
from ocr_project.engine.running.workers import worker_count
from ocr_project.pipelines.benchmark.review_tables import ReviewTables
from ocr_project.storage.earlier import Earlier
from ocr_project.storage.page_places import PagePlaces
from ocr_project.storage.scratch import Scratch
from ocr_project.storage.table_file import TableFile


def review_readings(
    scratch: Scratch,
    pages: ShardSource,
    regions: ShardSource,
    recognitions: ShardSource,
    transcripts: ShardSource,
    documents: pd.DataFrame,
    references: TableFile,
    options: BenchmarkOptions,
    runtime: RuntimeOptions,
    earlier: Earlier | None = None,
) -> tuple[TableFile, TableFile, Path]:
    """List what is in doubt, and show the worst pages.

    Returns:
        In `scratch`, pages with the most to look at first: each place, as `DoubtfulPlace`, and every page, as
        `PageConfidence`; and the page that shows the worst ones.
    """
    check_sources(pages, regions, recognitions, transcripts)
    check_stamp("the table of references", "benchmark", stamp_of(references), {"pages": origin_of(pages)})
    corpus = Corpus(pages, regions, recognitions, transcripts)
    made_from = {"pages": origin_of(pages), "transcripts": origin_of(transcripts)}

    def review() -> tuple[TableFile, TableFile, Path]:
        found, path = _reviewed(scratch, corpus, (documents, references), options, runtime)
        return *found.written(scratch, stamp(made_from)), path

    there = references_there(from_frame(documents, Document), options)  # lines that were corrected lie there, too
    sources = (*corpus.stages().values(), documents, references, options, there)  # runtime: how fast, not what
    return once(earlier if there is not None else None, "review_readings", sources, review)


def _reviewed(
    scratch: Scratch,
    corpus: Corpus,
    tables: tuple[pd.DataFrame, TableFile],
    options: BenchmarkOptions,
    runtime: RuntimeOptions,
) -> tuple[ReviewTables, Path]:
    documents, references = tables
    parts = references.parts("page_id", "kind")
    settled = PagePlaces(part.loc[part["kind"] == "gold", "page_id"] for part in parts)
    known = {document.doc_id: document for document in reversed(from_frame(documents, Document))}
    found = ReviewTables(options.review_pages)
    for page in review_pages(corpus, settled):
        row = _left_of(page, known, options)
        found.add(row, reference_path(known[row.doc_id], row.number, options) if row.doubts else "")
    facts = ReviewFacts(
        created=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        pages=found.pages,
        open=found.open,
        settled=len(settled),
        places=found.places,
        doubtful=found.doubtful,
        folder=f"below {options.reference}" if options.reference else "in the folder of the source",
    )
    corrections = {row.page_id: reference_path(known[row.doc_id], row.number, options) for row in found.worst}
    with scratch.draft("review.html") as path:
        write_review_page(path, corpus, found.worst, corrections, facts, worker_count(runtime))
    return found, path


def _left_of(row: PageDoubts, known: Mapping[str, Document], options: BenchmarkOptions) -> PageDoubts:
    """Leave out the lines that a person has corrected alone."""
    lines = read_line_corrections(known[row.doc_id], row.number, options) if row.doubts else ()
    return without_lines(row, {line.box for line in lines})
