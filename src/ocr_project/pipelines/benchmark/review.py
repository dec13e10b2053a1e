"""Recognitions to what a person should look at: a table, and a page with the images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from ocr_project.domain.corpus import Corpus
from ocr_project.domain.options import BenchmarkOptions, RuntimeOptions
from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.schemas import from_frame
from ocr_project.domain.types import Document, Reference
from ocr_project.engine.ingest.ground_truth import reference_path
from ocr_project.engine.ingest.line_corrections import read_line_corrections
from ocr_project.engine.reporting.review import PageDoubts, review_pages
from ocr_project.engine.reporting.review_page import ReviewFacts, write_review_page
from ocr_project.engine.running.origins import check_stamp, origin_of, stamp_of, stamped
from ocr_project.engine.running.sources import check_sources
from ocr_project.engine.running.workers import worker_count
from ocr_project.storage.scratch import Scratch

_BOX = ("x0", "y0", "x1", "y1")
_PLACES = (
    *("document", "page", "region", "line", "label", *_BOX, "text"),
    *("confidence", "expected_errors", "reason", "correction", "page_id"),
)
_PAGES = ("page_id", "document", "page", "confidence", "places")


def review_readings(
    scratch: Scratch,
    pages: ShardSource,
    regions: ShardSource,
    recognitions: ShardSource,
    transcripts: ShardSource,
    documents: pd.DataFrame,
    references: pd.DataFrame,
    options: BenchmarkOptions,
    runtime: RuntimeOptions,
) -> tuple[pd.DataFrame, pd.DataFrame, Path]:
    """List what is in doubt, and show the worst pages.

    Returns:
        Columns document, page, region, line (both -1 for a whole page), label, x0, y0, x1, y1 (pixels of the page),
        text, confidence (expected share of right characters; empty where nothing is known), expected_errors, reason,
        correction (where the page's reference text belongs), page_id: pages with the most to look at first; then
        columns page_id, document, page, confidence, places: every page, in the same order; and the page, in `scratch`.
    """
    check_sources(pages, regions, recognitions, transcripts)
    check_stamp("the table of references", "benchmark", stamp_of(references), {"pages": origin_of(pages)})
    corpus = Corpus(pages, regions, recognitions, transcripts)
    settled = {reference.page_id for reference in from_frame(references, Reference) if reference.kind == "gold"}
    known = {document.doc_id: document for document in reversed(from_frame(documents, Document))}
    rows = review_pages(corpus, settled, _seen(pages, known, options))
    corrections = {row.page_id: reference_path(known[row.doc_id], row.number, options) for row in rows if row.doubts}
    doubtful = [row for row in rows if row.doubts]
    facts = ReviewFacts(
        created=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        pages=len(rows),
        open=sum(not row.known for row in rows),
        settled=len(settled),
        places=sum(len(row.doubts) for row in rows),
        doubtful=len(doubtful),
        folder=f"below {options.reference}" if options.reference else "in the folder of the source",
    )
    with scratch.draft("review.html") as path:
        shown = doubtful[: options.review_pages]
        write_review_page(path, corpus, shown, corrections, facts, worker_count(runtime))
    made_from = {"pages": origin_of(pages), "transcripts": origin_of(transcripts)}
    places = pd.DataFrame(list(_places(doubtful, corrections)), columns=list(_PLACES))
    by_page = [(row.page_id, row.path, row.number, row.confidence, len(row.doubts)) for row in rows]
    return (
        stamped(places, made_from),
        stamped(pd.DataFrame(by_page, columns=list(_PAGES)).astype({"confidence": "float64"}), made_from),
        path,
    )


def _seen(
    pages: ShardSource, known: Mapping[str, Document], options: BenchmarkOptions
) -> dict[str, set[tuple[int, ...]]]:
    """Return the lines that a person has corrected alone, by page."""
    found: dict[str, set[tuple[int, ...]]] = {}
    for name in pages.index():
        for page in pages.read(name, without=("image", "text_layer", "text_layer_words")):
            if lines := read_line_corrections(known[page.doc_id], page.number, options):
                found[page.page_id] = {line.box for line in lines}
    return found


def _places(rows: Sequence[PageDoubts], corrections: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for row in rows:
        for doubt in row.doubts:
            yield {
                "document": row.path,
                "page": row.number,
                "region": doubt.region,
                "line": doubt.line,
                "label": doubt.label,
                **{name: round(value, 1) for name, value in zip(_BOX, doubt.box, strict=True)},
                "text": doubt.text,
                "confidence": None if doubt.confidence is None else round(doubt.confidence, 3),
                "expected_errors": None if doubt.expected_errors is None else round(doubt.expected_errors, 1),
                "reason": doubt.reason,
                "correction": corrections[row.page_id],
                "page_id": row.page_id,
            }
