"""Questions to a corpus that a run has left behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kedro.io import CatalogProtocol

from ocr_project.domain.options import EmbeddingOptions
from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.types import Transcript
from ocr_project.engine.embedding import build_embedder
from ocr_project.engine.index import open_index
from ocr_project.engine.search import snippet, top_k


@dataclass(frozen=True, slots=True)
class Hit:
    """A page that was found.

    Attributes:
        score: Cosine, -1 to 1.
    """

    score: float
    path: str
    number: int
    snippet: str


def search_pages(catalog: CatalogProtocol[Any, Any], question: str, pages: int) -> list[Hit]:
    """Return the best pages for a question, best first.

    Raises:
        SourceError: There is no index yet.
    """
    options: EmbeddingOptions = EmbeddingOptions.model_validate(catalog.load("params:embedding"))
    ids, vectors = open_index(catalog.load("page_index"))
    (query,) = build_embedder(options).embed_queries([question])
    indices, scores = top_k(vectors, query, k=pages)
    found = _transcripts(catalog.load("transcripts"), {ids[i] for i in indices})
    return [
        Hit(float(score), page.path, page.number, snippet(page.text, question))
        for page, score in ((found.get(ids[i]), s) for i, s in zip(indices, scores, strict=True))
        if page is not None
    ]


def _transcripts(shards: ShardSource, wanted: set[str]) -> dict[str, Transcript]:
    """Look the pages up shard by shard; a page's shard is not in its id."""
    found: dict[str, Transcript] = {}
    for name in shards.index():
        for page_id in wanted - found.keys():
            found.update({row.page_id: row for row in shards.find(name, page_id)})
    return found
