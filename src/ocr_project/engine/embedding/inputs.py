"""The parts of a page that get a vector, by `embedding.embed`; and rows of one kind out of all stored ones."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.options import Embedded, EmbeddingOptions, VectorType
from ocr_project.domain.protocols import Embedder, ShardSource
from ocr_project.domain.types import (
    Embedding,
    Identity,
    Label,
    Page,
    Part,
    Recognition,
    Region,
    ShardInfo,
    Status,
    Transcript,
)

_GONE = frozenset({Status.FAILED, Status.SKIPPED})


def stage_identity(identity: Identity, options: EmbeddingOptions) -> Identity:
    """Return what a shard of vectors is made by: the embedder, what is embedded, and the stored type."""
    wanted = sorted(kind.value for kind in options.embed)
    settings = {**identity.settings, "embed": wanted, "rest": options.dtype.value}
    return Identity(identity.name, identity.revision, settings)


def page_parts(
    wanted: Collection[Embedded],
    page: Page | None,
    regions: Sequence[Region] = (),
    recognitions: Sequence[Recognition] = (),
    transcripts: Sequence[Transcript] = (),
) -> list[Part]:
    """Return the parts of one page: its text, its image, then its regions' texts and images in reading order.

    Args:
        wanted: What gets a vector; what it needs of the others has to be given.
        page: Its image is not looked at.
        transcripts: The page's only one.
    """
    parts: list[Part] = []
    if Embedded.PAGE_TEXT in wanted:
        parts += [_page_text(transcript) for transcript in transcripts]
    if Embedded.PAGE_IMAGE in wanted and page is not None:
        parts.append(_page_image(page))
    if Embedded.REGION_TEXT in wanted:
        parts += [_region_text(row) for row in recognitions]
    if Embedded.REGION_IMAGE in wanted:
        parts += [_region_image(region) for region in regions if region.label is not Label.PAGE]
    return parts


def embed_parts(embedder: Embedder, parts: Sequence[Part]) -> list[Embedding]:
    """Embed texts with an embedder that works where it is called; a row for each part, in order."""
    asked = [part for part in parts if part.status is Status.OK]
    vectors = iter(embedder.embed_texts([part.text for part in asked]))
    nothing = np.zeros(embedder.dimensions, np.float32)
    return [
        _row(part, next(vectors))
        if part.status is Status.OK
        else Embedding(part.item_id, part.kind, part.modality, nothing, part.status, part.reason)
        for part in parts
    ]


def at_rest(rows: Sequence[Embedding], dtype: VectorType) -> list[Embedding]:
    """Return rows whose vectors have the stored type."""
    if dtype is VectorType.FLOAT32:
        return list(rows)
    halved: list[Any] = [row.vector.astype(np.float16) for row in rows]
    return [replace(row, vector=vector) for row, vector in zip(rows, halved, strict=True)]


class RowsOf:
    """The rows of one kind and modality in a folder of vectors: a `ShardSource` too."""

    def __init__(self, rows: ShardSource, kind: str, modality: str) -> None:
        """Look at rows of one kind and modality.

        Args:
            rows: Of `Embedding`.
            kind: page, region or query.
            modality: text or image.
        """
        self._rows = rows
        self._wanted = kind, modality

    def index(self) -> Mapping[str, ShardInfo]:
        """Return the shards that hold such rows, `items` counting those alone."""
        counts = {name: sum(1 for _ in self.read(name, without=("vector",))) for name in self._rows.index()}
        return {name: replace(info, items=counts[name]) for name, info in self._rows.index().items() if counts[name]}

    def read(self, name: str, *, without: Sequence[str] = ()) -> Iterator[Embedding]:
        for row in self._rows.read(name, without=without):
            if (row.kind, row.modality) == self._wanted:
                yield row

    def rows(self, *, without: Sequence[str] = ()) -> Iterator[Embedding]:
        for name in self._rows.index():
            yield from self.read(name, without=without)

    def find(self, name: str, page_id: str, *, without: Sequence[str] = ()) -> list[Embedding]:
        return [row for row in self.read(name, without=without) if row.item_id.partition("#")[0] == page_id]


def _row(part: Part, vector: NDArray[np.float32]) -> Embedding:
    if vector.any():
        return Embedding(part.item_id, part.kind, part.modality, vector)
    return Embedding(part.item_id, part.kind, part.modality, vector, Status.EMPTY, "no text to embed")


def _page_text(transcript: Transcript) -> Part:
    part = Part(transcript.page_id, "page", "text", transcript.text)
    if transcript.status in _GONE and not transcript.text.strip():
        return replace(part, status=Status.SKIPPED, reason=transcript.reason)
    return part


def _page_image(page: Page) -> Part:
    part = Part(page.page_id, "page", "image")
    gone = page.status in _GONE
    return replace(part, status=Status.SKIPPED, reason=page.reason or "the page has no image") if gone else part


def _region_text(row: Recognition) -> Part:
    part = Part(f"{row.page_id}#{row.index}", "region", "text", row.text)
    if row.status in _GONE and not row.text.strip():
        return replace(part, status=Status.SKIPPED, reason=row.reason)
    return part


def _region_image(region: Region) -> Part:
    part = Part(f"{region.page_id}#{region.index}", "region", "image", region=region)
    return replace(part, status=Status.SKIPPED, reason=region.reason) if region.status in _GONE else part
