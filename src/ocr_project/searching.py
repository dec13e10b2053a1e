"""Questions to a corpus that a run has left behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kedro.io import CatalogProtocol

from ocr_project.domain.errors import OptionError
from ocr_project.domain.options import EmbeddingOptions, SearchMode, SearchOptions
from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.types import Transcript
from ocr_project.engine.embedding import build_embedder
from ocr_project.engine.index import open_index
from ocr_project.engine.retrieval import Ranking, fuse, open_words, rank_by_vectors, snippet


@dataclass(frozen=True, slots=True)
class Hit:
    """A page that was found.

    Attributes:
        score: Cosine (dense), BM25 (lexical) or the sum of reciprocal ranks (fusion).
    """

    score: float
    path: str
    number: int
    snippet: str


def search_pages(
    catalog: CatalogProtocol[Any, Any], question: str, pages: int, mode: SearchMode | str | None = None
) -> list[Hit]:
    """Return the best pages for a question, best first.

    Args:
        catalog: Of a project in which a run has ended.
        question: In words.
        pages: How many at most.
        mode: dense, lexical or fusion; None: what `search.mode` says.

    Raises:
        SourceError: There is no index yet.
        OptionError: The mode is none of these, or `pages` is negative.
    """
    options: SearchOptions = SearchOptions.model_validate(catalog.load("params:search"))
    if pages < 0:
        raise OptionError(f"{pages} pages cannot be shown: ask for 0 or more")
    ranking = _rank(catalog, question, pages, _mode(mode, options), options)
    found = _transcripts(catalog.load("transcripts"), {page_id for page_id, _ in ranking})
    return [
        Hit(score, found[page_id].path, found[page_id].number, snippet(found[page_id].text, question))
        for page_id, score in ranking
        if page_id in found
    ]


def _mode(mode: SearchMode | str | None, options: SearchOptions) -> SearchMode:
    try:
        return options.mode if mode is None else SearchMode(mode)
    except ValueError as error:
        raise OptionError(f"{mode!r} is no way to search: say {', '.join(SearchMode)}") from error


def _rank(
    catalog: CatalogProtocol[Any, Any], question: str, pages: int, mode: SearchMode, options: SearchOptions
) -> Ranking:
    """Rank in one mode; nothing is opened that the mode does not need."""
    match mode:
        case SearchMode.DENSE:
            embedding: EmbeddingOptions = EmbeddingOptions.model_validate(catalog.load("params:embedding"))
            ids, vectors = open_index(catalog.load("page_index"))
            return rank_by_vectors(ids, vectors, build_embedder(embedding).embed_queries([question]), pages)[0]
        case SearchMode.LEXICAL:
            return open_words(catalog.load("word_index"), options.lexical).rank(question, pages)
        case SearchMode.FUSION:
            depth = max(pages, options.depth)
            both = (SearchMode.DENSE, SearchMode.LEXICAL)
            rankings = [_rank(catalog, question, depth, part, options) for part in both]
            return fuse(rankings, pages, options.rrf_constant)


def _transcripts(shards: ShardSource, wanted: set[str]) -> dict[str, Transcript]:
    """Look the pages up shard by shard; a page's shard is not in its id."""
    found: dict[str, Transcript] = {}
    for name in shards.index():
        for page_id in wanted - found.keys():
            found.update({row.page_id: row for row in shards.find(name, page_id)})
    return found
