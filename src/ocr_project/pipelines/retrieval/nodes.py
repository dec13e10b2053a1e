"""Transcripts and vectors to rankings."""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from ocr_project.domain.corpus import Corpus
from ocr_project.domain.options import SearchMode, SearchOptions
from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.schemas import from_frame
from ocr_project.domain.types import Query, Ranked
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
from ocr_project.engine.retrieval.ranking import Ranking
from ocr_project.engine.running.once import once
from ocr_project.engine.running.origins import check_stamp, origin_of, origin_of_queries, stamp, stamp_of
from ocr_project.storage.earlier import Earlier
from ocr_project.storage.scratch import Scratch
from ocr_project.storage.table_file import TableFile
from ocr_project.storage.vector_index import open_index

_ASKED_AT_ONCE = 64  # questions whose rankings are objects; of the others there are columns

_Columns = tuple[str, "array[float]"]  # the pages of a ranking, best first, one a line, and their scores


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
    query_vectors: pd.DataFrame,
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
        rows, measured = _ranked(page_index, words, queries, query_vectors, options)
        with scratch.draft("rankings.parquet") as path:
            return TableFile.written(path, rows, Ranked, stamp(made_from)), measured

    return once(earlier, "rank_pages", (page_index, word_index, queries, query_vectors, options, made_from), rank)


def _ranked(
    page_index: Path, words: LexicalIndex, queries: pd.DataFrame, query_vectors: pd.DataFrame, options: SearchOptions
) -> tuple[Iterator[Ranked], dict[str, float]]:
    started = time.perf_counter()
    ids, vectors = open_index(page_index)
    asked = from_frame(queries, Query)
    vector_of = dict(zip(query_vectors["item_id"], query_vectors["vector"], strict=True))
    nothing = np.zeros(vectors.shape[1] if vectors.ndim == 2 else 0, np.float32)
    search, found = Search(ids, vectors, words, options), {mode: list[_Columns]() for mode in SearchMode}
    for first in range(0, len(asked), _ASKED_AT_ONCE):
        part = asked[first : first + _ASKED_AT_ONCE]
        wanted = np.asarray([vector_of.get(query.query_id, nothing) for query in part], np.float32)
        for mode, rankings in search.rank_each([query.text for query in part], wanted).items():
            found[mode] += map(_columns, rankings)
    rows = (
        Ranked(mode.value, query.query_id, page_id, place, score)
        for mode, rankings in found.items()
        for query, (lines, scores) in zip(asked, rankings, strict=True)
        for place, (page_id, score) in enumerate(zip(lines.split("\n")[:-1], scores, strict=True), start=1)
    )
    seconds = round(time.perf_counter() - started, 3)
    measured = {"queries": len(asked), "pages": len(words.ids), "terms": words.terms, "ranking_seconds": seconds}
    return rows, measured


def _columns(ranking: Ranking) -> _Columns:
    return "".join(f"{page_id}\n" for page_id, _ in ranking), array("d", [score for _, score in ranking])
