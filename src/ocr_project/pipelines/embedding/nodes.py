"""Transcripts and questions to vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ocr_project.domain.options import EmbeddingOptions, IngestOptions, RuntimeOptions
from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.schemas import from_frame, to_frame
from ocr_project.domain.types import Embedding, Prune, Query, Shard, Status, Transcript
from ocr_project.engine.embedding import build_embedder
from ocr_project.engine.index import write_index
from ocr_project.engine.ingest import read_queries
from ocr_project.engine.shards import pending, stream

_TEXTS_AT_ONCE = 16


def embed_pages(
    transcripts: ShardSource, page_vectors_done: ShardSource, options: EmbeddingOptions, runtime: RuntimeOptions
) -> Iterator[Shard | Prune]:
    """Embed the text of every page."""
    embedder = build_embedder(options)
    plan = pending(transcripts.index().values(), page_vectors_done, "embedding", embedder.identity)

    def embed(batch: Sequence[Transcript]) -> list[Embedding]:
        vectors = embedder.embed_texts([transcript.text for transcript in batch])
        return [_embedding(t.page_id, "page", vector) for t, vector in zip(batch, vectors, strict=True)]

    yield from stream(plan, transcripts.read, embed, runtime, batch=_TEXTS_AT_ONCE)


def list_queries(options: EmbeddingOptions, ingest: IngestOptions) -> pd.DataFrame:
    """Read the questions: from the file that the options name, or those that came with the corpus."""
    return to_frame(read_queries(options.queries, ingest, default_root=Path.cwd()), Query)


def embed_queries(queries: pd.DataFrame, options: EmbeddingOptions) -> pd.DataFrame:
    """Embed the questions."""
    asked = from_frame(queries, Query)
    vectors = build_embedder(options).embed_queries([query.text for query in asked])
    rows = [_embedding(q.query_id, "query", vector) for q, vector in zip(asked, vectors, strict=True)]
    return to_frame(rows, Embedding)


def index_pages(page_vectors: ShardSource) -> partial[None]:
    """Lay the vectors of all pages out as one `.npy` with its ids, to be searched through a memory map."""
    return partial(write_index, rows=page_vectors)


def _embedding(item_id: str, kind: str, vector: NDArray[np.float32]) -> Embedding:
    if vector.any():
        return Embedding(item_id, kind, "text", vector)
    return Embedding(item_id, kind, "text", vector, Status.EMPTY, "no text to embed")
