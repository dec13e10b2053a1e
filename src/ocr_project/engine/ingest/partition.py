"""Documents to shards, so that a new document moves no more than its neighbours.

Shards are cut by content, not by counting: whether a shard ends after a document depends on the hash
of that document. A document added, changed or removed in the middle of a corpus therefore changes
the shard that it is in, and the cuts fall back into step behind it (content-defined chunking, as in
LBFS, Muthitacharoen et al., 2001).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ocr_project.domain.types import Document, ShardInfo, Status


@dataclass(frozen=True, slots=True)
class Slice:
    """Pages `first` to `last` of a document, both included, from 1."""

    document: Document
    first: int
    last: int

    @property
    def pages(self) -> int:
        return self.last - self.first + 1


def partition(documents: Iterable[Document], *, limit: int | None, shard_pages: int) -> dict[str, list[Slice]]:
    """Assign the pages of the readable documents to shards.

    Args:
        documents: In the order of the corpus; those that are not `ok` have no pages.
        limit: Take the first N pages only; `None` for all.
        shard_pages: Pages in a shard on average; none has fewer than a quarter of it (but the last)
            or more than twice as many.

    Returns:
        Slices by the name of their shard, which is the page_id of its first page.
    """
    shards: dict[str, list[Slice]] = {}
    current: list[Slice] = []
    for piece in _slices(documents, limit, shard_pages):
        if current and sum(s.pages for s in current) + piece.pages > 2 * shard_pages:
            shards[_name(current)] = current
            current = []
        current.append(piece)
        if _ends_here(current, shard_pages):
            shards[_name(current)] = current
            current = []
    if current:
        shards[_name(current)] = current
    return shards


def shard_info(name: str, slices: list[Slice]) -> ShardInfo:
    """Describe a shard before anything of it is made: its key says which bytes it stands for."""
    parts = [f"{s.document.doc_id}:{s.document.path}:{s.first}-{s.last}" for s in slices]
    first = slices[0]
    return ShardInfo(
        name=name,
        key=hashlib.sha256("\n".join(parts).encode()).hexdigest(),
        order=f"{first.document.path}#{first.first:05d}",
        pages=sum(s.pages for s in slices),
    )


def pieces(slices: Iterable[Slice], pages: int) -> Iterator[Slice]:
    """Cut slices into pieces of at most `pages`, small enough to be shared out between workers."""
    for whole in slices:
        for first in range(whole.first, whole.last + 1, pages):
            yield Slice(whole.document, first, min(whole.last, first + pages - 1))


def _slices(documents: Iterable[Document], limit: int | None, shard_pages: int) -> Iterator[Slice]:
    left = limit
    for document in documents:
        if document.status is not Status.OK:
            continue
        for first in range(1, document.pages + 1, shard_pages):
            last = min(document.pages, first + shard_pages - 1)
            if left is not None:
                if left <= 0:
                    return
                last = min(last, first + left - 1)
                left -= last - first + 1
            yield Slice(document, first, last)


def _ends_here(current: list[Slice], shard_pages: int) -> bool:
    """Cut with a probability of pages / shard_pages after each slice, drawn from the document's hash."""
    if sum(s.pages for s in current) * 4 < shard_pages:
        return False
    last = current[-1]
    draw = int.from_bytes(hashlib.sha256(f"{last.document.doc_id}:{last.first}".encode()).digest()[:8], "big")
    return draw < (1 << 64) * last.pages / shard_pages


def _name(slices: list[Slice]) -> str:
    return f"{slices[0].document.doc_id}_{slices[0].first:05d}"
