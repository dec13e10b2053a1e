"""What is published beside the shards of a corpus: the tables that are small enough to be held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ocr_project.domain.types import Document, Embedding, Qrel, Query, Reference, Score


@dataclass(frozen=True, slots=True)
class Tables:
    """What a run knows beside its shards.

    Attributes:
        rates: Rows of the score table: level, name, reference, metric, pages, numerator, denominator, rate, low, high.
    """

    documents: Sequence[Document]
    queries: Sequence[Query]
    query_vectors: Sequence[Embedding]
    qrels: Sequence[Qrel]
    scores: Sequence[Score]
    references: Sequence[Reference]
    rates: Sequence[Mapping[str, Any]]
