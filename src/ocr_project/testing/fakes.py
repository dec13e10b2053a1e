"""Stand-ins that keep the real promises: a corpus in memory and pages that need no disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ocr_project.domain.types import Identity, Page, Prune, Shard, ShardInfo


class MemoryShards:
    """A `ShardStore` in memory."""

    place = "memory"

    def __init__(self, shards: Mapping[str, tuple[ShardInfo, list[Any]]] | None = None) -> None:
        """Hold shards.

        Args:
            shards: Footer and rows by name, in the order of the corpus.
        """
        self.shards = dict(shards or {})

    def keep(self, made: Shard | Prune) -> None:
        if isinstance(made, Prune):
            for name in made.names:
                del self.shards[name]
        else:
            self.shards[made.info.name] = (made.info, list(made.rows))

    def index(self) -> dict[str, ShardInfo]:
        return {name: info for name, (info, _) in self.shards.items()}

    def read(self, name: str, *, without: Sequence[str] = ()) -> Iterator[Any]:
        yield from self.shards[name][1]

    def rows(self, *, without: Sequence[str] = ()) -> Iterator[Any]:
        for name in self.shards:
            yield from self.read(name)

    def page_ids(self, name: str) -> list[str]:
        return [row.page_id for row in self.read(name)]

    def find(self, name: str, page_id: str, *, without: Sequence[str] = ()) -> list[Any]:
        return [row for row in self.read(name) if row.page_id == page_id]


def identity(**settings: Any) -> Identity:
    """Return the identity of a backend that is none."""
    return Identity("fake", "1", settings)


def page(number: int = 1, doc_id: str = "d", **changes: Any) -> Page:
    """Return a page without an image.

    Args:
        number: From 1.
        doc_id: Of its document.
        changes: Other fields of `Page`.
    """
    values: dict[str, Any] = {
        "page_id": f"{doc_id}_{number:05d}",
        "doc_id": doc_id,
        "path": f"{doc_id}.pdf",
        "group": "",
        "number": number,
        "width": 100,
        "height": 140,
        "dpi": 72.0,
        "media_type": "image/png",
        "image": None,
    }
    return Page(**{**values, **changes})
