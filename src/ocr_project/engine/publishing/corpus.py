"""What is published: the shards of all stages, and the tables that are small enough to be held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.types import Document, Embedding, Qrel, Query, Reference, Score


@dataclass(frozen=True, slots=True)
class Corpus:
    """The shards of a finished run, side by side.

    Attributes:
        vectors: Shards of `Embedding`, by what they are of; the names become names of files.
    """

    pages: ShardSource
    regions: ShardSource
    recognitions: ShardSource
    transcripts: ShardSource
    vectors: Mapping[str, ShardSource]

    def stages(self) -> tuple[ShardSource, ...]:
        """Return the shards that a page's rows come from."""
        return self.pages, self.regions, self.recognitions, self.transcripts


@dataclass(frozen=True, slots=True)
class Tables:
    """What a run knows beside its shards.

    Attributes:
        rates: Rows of the score table: level, name, reference, metric, pages, errors, total, rate, low, high.
    """

    documents: Sequence[Document]
    queries: Sequence[Query]
    query_vectors: Sequence[Embedding]
    qrels: Sequence[Qrel]
    scores: Sequence[Score]
    references: Sequence[Reference]
    rates: Sequence[Mapping[str, Any]]
