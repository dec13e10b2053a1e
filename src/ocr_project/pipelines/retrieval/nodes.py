"""Transcripts and vectors to rankings."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ocr_project.domain.corpus import Corpus
from ocr_project.domain.options import SearchOptions
from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.schemas import from_frame
from ocr_project.domain.types import Embedding, Query, Ranked
from ocr_project.engine.retrieval import (
    LexicalIndex,
    Search,
    check_embedder,
    check_vectors,
    check_words,
    holds_words,
    open_words,
    write_words,
)
from ocr_project.engine.running.once import once
from ocr_project.engine.running.origins import check_stamp, origin_of, origin_of_queries, stamp, stamp_of
from ocr_project.storage.earlier import Earlier
from ocr_project.storage.known_rows import KnownRows
from ocr_project.storage.scratch import Scratch
from ocr_project.storage.table_file import TableFile
from ocr_project.storage.vector_index import open_index

_ASKED_AT_ONCE = 64  # questions whose vectors are in memory


def index_words(transcripts: ShardSource, word_index_done: Path, scratch: Scratch, options: SearchOptions) -> Path:
    """Index the words of all pages.

    Returns:
        The folder, in `scratch`; `word_index_done` where that is an index of the same words.
    """
    if holds_words(word_index_done, rows=transcripts, options=options.lexical):
        return word_index_done
    with scratch.draft("word_index") as folder:
        write_words(folder, rows=transcripts, options=options.lexical)
    return folder


def rank_pages(
    scratch: Scratch,
    page_index: Path,
    word_index: Path,
    queries: pd.DataFrame,
    query_vectors: TableFile,
    pages: ShardSource,
    regions: ShardSource,
    recognitions: ShardSource,
    transcripts: ShardSource,
    page_vectors: ShardSource,
    options: SearchOptions,
    earlier: Earlier | None = None,
) -> tuple[TableFile, dict[str, float]]:
    """Rank the pages for every question in every mode of search.

    The stages are there to see that both indexes and the questions' vectors were made from them.

    Returns:
        The rankings; and what was measured: questions, pages, different words, seconds.
    """
    words = open_words(word_index, options.lexical)
    corpus = Corpus(pages, regions, recognitions, transcripts, page_vectors)
    check_vectors(corpus, page_index)
    check_words(corpus, word_index, options.lexical)
    of_vectors, of_questions = stamp_of(query_vectors), {"queries": origin_of_queries(queries)}
    check_stamp("the table of the questions' vectors", "embedding", of_vectors, of_questions)
    check_embedder(page_vectors, of_vectors.get("embedder", ""))
    made_from = {"transcripts": origin_of(transcripts), "page_vectors": origin_of(page_vectors), **of_questions}

    def rank() -> tuple[TableFile, dict[str, float]]:
        started = time.perf_counter()
        asked = from_frame(queries, Query)
        with scratch.draft("rankings.parquet") as path:
            rows = _ranked(page_index, words, asked, query_vectors, options)
            rankings = TableFile.written(path, rows, Ranked, stamp(made_from))
        seconds = round(time.perf_counter() - started, 3)
        measured = {"queries": len(asked), "pages": len(words.ids), "terms": words.terms, "ranking_seconds": seconds}
        return rankings, measured

    return once(earlier, "rank_pages", (page_index, word_index, queries, query_vectors, options, made_from), rank)


def _ranked(
    page_index: Path,
    words: LexicalIndex,
    asked: Sequence[Query],
    query_vectors: TableFile,
    options: SearchOptions,
) -> Iterator[Ranked]:
    """Yield the pages of each question, search after search, best first."""
    ids, vectors = open_index(page_index)
    known, search = KnownRows(query_vectors, Embedding, "item_id"), Search(ids, vectors, words, options)
    nothing = np.zeros(vectors.shape[1] if vectors.ndim == 2 else 0, np.float32)
    for first in range(0, len(asked), _ASKED_AT_ONCE):
        part = asked[first : first + _ASKED_AT_ONCE]
        rows = [known.get(query.query_id) for query in part]
        wanted = np.asarray([nothing if row is None else row.vector for row in rows], np.float32)
        found = search.rank_each([query.text for query in part], wanted)
        for query, rankings in zip(part, found, strict=True):
            for mode, ranking in rankings.items():
                for place, (page_id, score) in enumerate(ranking, start=1):
                    yield Ranked(mode.value, query.query_id, page_id, place, score)
