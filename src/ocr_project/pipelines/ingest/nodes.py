"""Documents to pages: list what is there, then render it shard by shard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from ocr_project.domain.options import IngestOptions, RuntimeOptions
from ocr_project.domain.protocols import ShardStore
from ocr_project.domain.schemas import from_frame, to_frame
from ocr_project.domain.types import Document, Made, Page
from ocr_project.engine.ingest import ingest_identity, open_location
from ocr_project.engine.ingest.partition import Slice, partition, pieces, shard_info
from ocr_project.engine.running.keep import keep_all
from ocr_project.engine.running.plan import pending
from ocr_project.engine.running.stream import stream

_PAGES_AT_ONCE = 4  # opening a PDF costs about as much as rendering a hundredth of a page


def list_documents(source: str, options: IngestOptions) -> pd.DataFrame:
    """List every file of the source: what it is, how many pages it has, or why it cannot be used."""
    return to_frame(list(open_location(source, options).documents()), Document)


def render_pages(
    source: str, documents: pd.DataFrame, pages_done: ShardStore, options: IngestOptions, runtime: RuntimeOptions
) -> Made:
    """Turn the documents into page images, and keep the text layer beside them."""
    opened = open_location(source, options)
    shards = partition(from_frame(documents, Document), limit=options.limit, shard_pages=options.shard_pages)
    wanted = {name: shard_info(name, slices) for name, slices in shards.items()}
    plan = pending(wanted, pages_done, "ingest", ingest_identity(options), runtime.retry)

    def render(batch: Sequence[Slice]) -> list[Page]:
        return [page for piece in batch for page in opened.pages(piece.document, piece.first, piece.last)]

    def read(name: str) -> Iterator[Slice]:
        return pieces(shards[name], _PAGES_AT_ONCE)

    return keep_all(pages_done, stream(plan, read, render, runtime, size=lambda piece: piece.pages))
