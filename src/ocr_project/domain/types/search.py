"""Vectors and questions, and what is found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.types.page import Region, Status


@dataclass(frozen=True, slots=True)
class Part:
    """What one vector is to be made of: a text, or a part of a page's image.

    Attributes:
        item_id: See `Embedding`; `kind` and `modality` too.
        text: Where the modality is `text`.
        region: Where the modality is `image`: the part of the page that is looked at; None for all of it.
        status: `skipped` and `empty` parts get a row of zeros with their reason, without a request.
    """

    item_id: str
    kind: str
    modality: str
    text: str = ""
    region: Region | None = None
    status: Status = Status.OK
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """A vector and what it stands for.

    Attributes:
        item_id: A page_id, `{page_id}#{index}` for a region, or a query's id.
        kind: `page`, `region` or `query`.
        modality: `text` or `image`.
        vector: Shape (dimensions,), unit length (L2); zeros where there was nothing to embed. float32, or float16 on
            its way to the shelf where `embedding.dtype` says so.
    """

    item_id: str
    kind: str
    modality: str
    vector: NDArray[np.float32]
    status: Status = Status.OK
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Query:
    """A question to the corpus.

    Attributes:
        type: The benchmark's own kind of question (`text`, `visual`, `cross`), or an empty string.
        domain: The document's field (`law`, `statistics`, …).
    """

    query_id: str
    text: str
    type: str = ""
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Qrel:
    """A judgement: how well a page answers a question.

    Attributes:
        relevance: 0 for not at all; larger is better.
    """

    query_id: str
    page_id: str
    relevance: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """A page that a search found for a question.

    Attributes:
        run: The search: `dense`, `lexical` or `fusion`.
        place: From 1, best first.
        score: Larger is better; comparable within one run and question only.
    """

    run: str
    query_id: str
    page_id: str
    place: int
    score: float
