"""Pages, regions, transcripts and questions to vectors."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd

from ocr_project.domain.corpus import Corpus
from ocr_project.domain.options import Embedded, EmbeddingBackend, EmbeddingOptions, RuntimeOptions
from ocr_project.domain.protocols import Embedder, ShardSource, ShardStore, SubmittingEmbedder
from ocr_project.domain.schemas import from_frame, to_frame
from ocr_project.domain.types import Embedding, Made, Page, Part, Prune, Query, Shard, Status
from ocr_project.engine.embedding import build_embedder
from ocr_project.engine.embedding.inputs import RowsOf, at_rest, embed_parts, page_parts, stage_identity
from ocr_project.engine.ingest import read_queries
from ocr_project.engine.running.keep import keep_all
from ocr_project.engine.running.once import folder_once, once
from ocr_project.engine.running.origins import origin_of, origin_of_queries, stamp
from ocr_project.engine.running.plan import pending
from ocr_project.engine.running.sources import check_sources
from ocr_project.engine.running.stream import join_pages, stream
from ocr_project.engine.running.workers import AsyncWork, Work
from ocr_project.storage.earlier import Earlier
from ocr_project.storage.scratch import Scratch
from ocr_project.storage.table_file import TableFile
from ocr_project.storage.vector_files import NAMES, write_vector_files
from ocr_project.storage.vector_index import write_index

_TEXTS_AT_ONCE = 16
_VECTORS_AT_ONCE = 64  # in memory, of questions: half a megabyte of them
_Item: TypeAlias = "tuple[Page | None, list[Part]]"


def embed_pages(
    pages: ShardSource,
    regions: ShardSource,
    recognitions: ShardSource,
    transcripts: ShardSource,
    page_vectors_done: ShardStore,
    options: EmbeddingOptions,
    runtime: RuntimeOptions,
) -> Made:
    """Embed what the options name of every page."""
    corpus = Corpus(pages, regions, recognitions, transcripts)
    check_sources(*_joined(corpus, options.embed))
    with closing(build_embedder(options)) as embedder:
        source = _source(corpus, options.embed)
        identity = stage_identity(embedder.identity, options)
        plan = pending(source, page_vectors_done, "embedding", identity, runtime.retry)
        submits = isinstance(embedder, SubmittingEmbedder)
        batch = 1 if submits else _TEXTS_AT_ONCE
        made = stream(plan, partial(_read_items, corpus, options), _work_of(embedder), runtime, batch=batch)
        return keep_all(page_vectors_done, _at_rest(made, options))


def _at_rest(made: Generator[Shard | Prune], options: EmbeddingOptions) -> Generator[Shard | Prune]:
    """Give vectors the type of number in which they rest."""
    with closing(made):
        for one in made:
            yield replace(one, rows=at_rest(one.rows, options.dtype)) if isinstance(one, Shard) else one


def list_queries(source: str, options: EmbeddingOptions) -> pd.DataFrame:
    """Read the questions: from the file that the options name, or those that came with the corpus."""
    return to_frame(read_queries(options.queries, source), Query)


def embed_queries(
    scratch: Scratch, queries: pd.DataFrame, options: EmbeddingOptions, earlier: Earlier | None = None
) -> TableFile:
    """Embed the questions. Servers are started anew for them, one on one GPU: they are few."""
    asked = from_frame(queries, Query)
    if not asked:
        return _written(scratch, [], {})
    if options.backend is EmbeddingBackend.VLLM:
        few = options.vllm.model_copy(update={"replicas": 1, "gpus": options.vllm.gpus[:1]})
        options = options.model_copy(update={"vllm": few})
    with closing(build_embedder(options)) as embedder:
        identity = stage_identity(embedder.identity, options).canonical()
        return once(
            earlier,
            "embed_queries",
            (queries, options, identity),
            lambda: _embedded(scratch, asked, queries, embedder, identity),
        )


def _embedded(
    scratch: Scratch, asked: Sequence[Query], queries: pd.DataFrame, embedder: Embedder, identity: str
) -> TableFile:
    vectors = embedder.embed_queries([query.text for query in asked])
    made_from = {"queries": origin_of_queries(queries), "embedder": identity}
    rows = (
        Embedding(query.query_id, "query", "text", vector)
        if vector.any()
        else Embedding(query.query_id, "query", "text", vector, Status.EMPTY, "no text to embed")
        for query, vector in zip(asked, vectors, strict=True)
    )
    return _written(scratch, rows, made_from)


def _written(scratch: Scratch, rows: Iterable[Embedding], made_from: Mapping[str, str]) -> TableFile:
    with scratch.draft("query_vectors.parquet") as path:
        return TableFile.written(path, rows, Embedding, stamp(made_from), _VECTORS_AT_ONCE)


def index_pages(page_vectors: ShardSource, page_index_done: Path, scratch: Scratch, options: EmbeddingOptions) -> Path:
    """Lay the vectors of all pages out as one `.npy` with its ids, to be searched through a memory map.

    Those of their texts; where only their images have vectors, those.

    Returns:
        The folder, in `scratch`; `page_index_done` where that is an index of the same vectors.
    """
    modality = "text" if Embedded.PAGE_TEXT in options.embed or Embedded.PAGE_IMAGE not in options.embed else "image"
    return _index(page_vectors, modality, page_index_done, scratch)


def index_images(page_vectors: ShardSource, page_image_index_done: Path, scratch: Scratch) -> Path:
    """Lay the vectors of the pages' images out as `index_pages` does those of their texts."""
    return _index(page_vectors, "image", page_image_index_done, scratch)


def write_files(
    page_vectors: ShardSource,
    query_vectors: TableFile,
    vector_files_done: Path,
    scratch: Scratch,
    options: EmbeddingOptions,
) -> Path:
    """Write all vectors as `.npy` with their ids, where the options ask for it; otherwise an empty folder.

    Returns:
        The folder, in `scratch`; `vector_files_done` where that holds the same vectors.
    """
    sets = {
        key: partial(query_vectors.rows, Embedding) if key[0] == "query" else RowsOf(page_vectors, *key).rows
        for key in NAMES
        if options.npy
    }

    def fill(folder: Path) -> None:
        write_vector_files(folder, sets=sets, dtype=np.dtype(options.dtype.value).name)

    return folder_once(vector_files_done, scratch, (page_vectors, query_vectors, options), fill)


def _index(page_vectors: ShardSource, modality: str, place: Path, scratch: Scratch) -> Path:
    def fill(folder: Path) -> None:
        write_index(folder, rows=RowsOf(page_vectors, "page", modality), origin=origin_of(page_vectors))

    return folder_once(place, scratch, (page_vectors, modality), fill)


def _source(corpus: Corpus, wanted: Sequence[Embedded]) -> ShardSource:
    """Return the shards that everything that is embedded comes from: those of the last stage that is needed."""
    if {Embedded.PAGE_TEXT, Embedded.REGION_TEXT} & set(wanted):
        return corpus.transcripts
    if Embedded.REGION_IMAGE in wanted:
        return corpus.regions
    return corpus.pages


def _joined(corpus: Corpus, wanted: Sequence[Embedded]) -> Sequence[ShardSource]:
    """Return the shards that are put side by side, and those between them."""
    if set(wanted) == {Embedded.PAGE_TEXT}:
        return ()
    source = _source(corpus, wanted)
    stages = (corpus.pages, corpus.regions, corpus.recognitions, corpus.transcripts)
    return stages[: next(place for place, shards in enumerate(stages, start=1) if shards is source)]


def _read_items(corpus: Corpus, options: EmbeddingOptions, name: str) -> Iterator[_Item]:
    """Yield each page of a shard with its parts; of the other stages only what they need is read."""
    wanted = set(options.embed)
    if wanted == {Embedded.PAGE_TEXT}:
        for transcript in corpus.transcripts.read(name):
            yield None, page_parts(wanted, None, transcripts=[transcript])
        return
    seen = {Embedded.PAGE_IMAGE, Embedded.REGION_IMAGE} & wanted
    pages = corpus.pages.read(name, without=("text_layer_words",) if seen else ("text_layer_words", "image"))
    regions = corpus.regions.read(name) if Embedded.REGION_IMAGE in wanted else None
    recognitions = corpus.recognitions.read(name) if Embedded.REGION_TEXT in wanted else None
    transcripts = corpus.transcripts.read(name) if Embedded.PAGE_TEXT in wanted else None
    others = [rows for rows in (regions, recognitions, transcripts) if rows is not None]
    for page, *found in join_pages(pages, *others):
        taken = iter(found)
        yield (
            page if seen else None,
            page_parts(wanted, page, *(next(taken) if rows else () for rows in (regions, recognitions, transcripts))),
        )


def _work_of(embedder: Embedder) -> Work[_Item]:
    if isinstance(embedder, SubmittingEmbedder):

        def submit(batch: Sequence[_Item]) -> Future[list[Embedding]]:
            ((page, parts),) = batch
            return embedder.submit(page, parts)

        return AsyncWork(submit, embedder.in_flight_pages)

    def embed(batch: Sequence[_Item]) -> list[Embedding]:
        return embed_parts(embedder, [part for _, parts in batch for part in parts])

    return embed
