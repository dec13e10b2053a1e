"""Recognitions to pages of text, and to files that people read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from ocr_project.domain.corpus import Corpus
from ocr_project.domain.options import RuntimeOptions, TranscriptOptions
from ocr_project.domain.protocols import ShardSource, ShardStore
from ocr_project.domain.schemas import from_frame
from ocr_project.domain.types import Document, Made, Page, Recognition, Region, Transcript
from ocr_project.engine.exports import ChosenExports, export_documents, export_early
from ocr_project.engine.running.feeds import FEEDS, info_of
from ocr_project.engine.running.keep import keep_all
from ocr_project.engine.running.plan import lineage_of, pending
from ocr_project.engine.running.sources import check_sources
from ocr_project.engine.running.stream import join_pages, stream
from ocr_project.engine.transcript import assemble, transcript_identity


def assemble_transcripts(
    pages: ShardSource,
    regions: ShardSource,
    recognitions: ShardSource,
    transcripts_done: ShardStore,
    options: TranscriptOptions,
    runtime: RuntimeOptions,
) -> Made:
    """Put the recognitions of each page together."""
    check_sources(pages, regions, recognitions)
    plan = pending(recognitions, transcripts_done, "transcript", transcript_identity(options), runtime.retry)

    def read(name: str) -> Iterator[tuple[Page, list[Region], list[Recognition], str]]:
        joined = join_pages(pages.read(name, without=("image",)), regions.read(name), recognitions.read(name))
        read_by = info_of(recognitions, name)
        return ((*page, read_by.identity if read_by is not None else "") for page in joined)

    def write(batch: Sequence[tuple[Page, list[Region], list[Recognition], str]]) -> list[Transcript]:
        return [assemble(page, found, read_, options, identity) for page, found, read_, identity in batch]

    return keep_all(transcripts_done, stream(plan, read, write, runtime))


def write_exports(
    exports_done: Path,
    pages: ShardSource,
    regions: ShardSource,
    recognitions: ShardSource,
    transcripts: ShardSource,
    documents: pd.DataFrame,
    options: TranscriptOptions,
) -> Path:
    """Write Markdown, JSONL, crops and searchable PDFs: what a person takes away.

    They are written into `exports_done`, where they belong, each file whole: of a document that did not change
    nothing is written. Where transcripts are made at the same time (runner.py), each document is written as soon as
    all of its pages have one.

    Returns:
        `exports_done`.
    """
    corpus = Corpus(pages, regions, recognitions, transcripts)
    known = {(document.doc_id, document.path): document for document in from_frame(documents, Document)}
    if (feed := FEEDS.of(transcripts, lineage_of(transcripts))) is not None:
        export_early(exports_done, corpus=corpus, wanted=_chosen(options), documents=known, feed=feed)
    check_sources(pages, regions, recognitions, transcripts)
    export_documents(exports_done, corpus=corpus, wanted=_chosen(options), documents=known)
    return exports_done


def _chosen(options: TranscriptOptions) -> ChosenExports:
    chosen = options.model_dump(exclude={"headers_and_footers", "save_crops"})
    return ChosenExports(crops=options.save_crops, **chosen)
