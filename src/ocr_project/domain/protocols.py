"""The roles that backends play. A backend is one file under `engine/<role>/`.

The promises that every backend keeps, held by `tests/contract`:
order is kept; there is one answer for each input; an item that cannot be done is answered with a
row that says so, and nothing is raised for it; `identity` does not change while the backend lives
and changes whenever its results would. All methods may be called from several threads at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ocr_project.domain.types import (
    Answer,
    Asked,
    Embedding,
    Identity,
    Lineage,
    Page,
    Part,
    Prune,
    Recognition,
    Region,
    Shard,
    ShardInfo,
)


class Detector(Protocol):
    """Finds the regions of pages."""

    @property
    def identity(self) -> Identity: ...

    @property
    def batch_pages(self) -> int:
        """Pages in one call of `detect` that serve it best."""
        ...

    @property
    def workers(self) -> int | None:
        """Calls of `detect` at a time that serve it best; None: as many as the machine has cores."""
        ...

    def detect(self, pages: Sequence[Page]) -> list[list[Region]]:
        """Find the regions of each page, in reading order.

        Args:
            pages: Any number of pages; their images are encoded, and may be `None` (failed).

        Returns:
            A list for each page, in the order given, never empty: a page where nothing is found
            gets one region labelled `page` over all of it, a page that failed upstream one with
            `status="skipped"`.
        """
        ...

    def close(self) -> None:
        """Stop all threads, and free the memory of a model. Idempotent."""
        ...


class Recognizer(Protocol):
    """Reads the regions of a page."""

    @property
    def identity(self) -> Identity: ...

    def recognize(self, page: Page, regions: Sequence[Region]) -> list[Recognition]:
        """Read each region of one page.

        Returns:
            One recognition for each region, in the order given, with its `page_id` and `index`.
        """
        ...

    def close(self) -> None:
        """Stop all that was started: servers, processes, a model in memory. Idempotent."""
        ...


@runtime_checkable
class SubmittingRecognizer(Recognizer, Protocol):
    """A recognizer that reads elsewhere, many pages at once: none of them needs a thread."""

    @property
    def in_flight_pages(self) -> int:
        """How many pages it wants at once."""
        ...

    def submit(self, page: Page, regions: Sequence[Region]) -> Future[list[Recognition]]:
        """Return at once with what `recognize` will return."""
        ...


class Answerer(Protocol):
    """Answers questions about pages."""

    @property
    def identity(self) -> Identity: ...

    def answer(self, page: Page, asked: Sequence[Asked]) -> list[Answer]:
        """Answer questions about one page; its image is prepared once for all of them.

        Args:
            page: Its image is encoded, and may be `None` (failed).
            asked: Any number.

        Returns:
            One answer for each question, in the order given, with its `question_id` and the page's `page_id`.
        """
        ...

    def close(self) -> None:
        """Stop all that was started: servers, processes, a model in memory. Idempotent."""
        ...


@runtime_checkable
class SubmittingAnswerer(Answerer, Protocol):
    """An answerer that answers elsewhere, many pages at once: none of them needs a thread."""

    @property
    def in_flight_pages(self) -> int:
        """How many pages it wants at once."""
        ...

    def submit(
        self, page: Page, asked: Sequence[Asked], told: Callable[[Answer], None] | None = None
    ) -> Future[list[Answer]]:
        """Return at once with what `answer` will return.

        Args:
            page: As `answer`.
            asked: As `answer`.
            told: Called with each answer as soon as it is there, from another thread; it must not wait. What was not
                asked (there is no image) is only in what is returned.
        """
        ...


class Embedder(Protocol):
    """Turns texts and queries into vectors."""

    @property
    def identity(self) -> Identity: ...

    @property
    def dimensions(self) -> int: ...

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed passages.

        Returns:
            Shape (len(texts), dimensions), float32, rows of unit length; a row of zeros for a text
            in which there is nothing to embed.
        """
        ...

    def embed_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Embed queries, which some models treat differently from passages. Shape as `embed_texts`."""
        ...

    def close(self) -> None:
        """Stop all that was started: servers, processes, a model in memory. Idempotent."""
        ...


@runtime_checkable
class SubmittingEmbedder(Embedder, Protocol):
    """An embedder that works elsewhere, many pages at once, and sees images."""

    @property
    def in_flight_pages(self) -> int:
        """How many pages it wants at once."""
        ...

    def submit(self, page: Page | None, parts: Sequence[Part]) -> Future[list[Embedding]]:
        """Return at once; the future brings a row for each part, in order, failures included.

        Args:
            page: Whose image is looked at; None where all parts are texts.
            parts: Any number.
        """
        ...

    def embed_images(self, images: Sequence[bytes]) -> NDArray[np.float32]:
        """Embed whole images, JPEG or PNG. Shape as `embed_texts`; a row of zeros for one that is blank or broken."""
        ...


class ShardSource(Protocol):
    """A folder of shards, as a node sees it: nothing is read before it is asked for."""

    def index(self) -> Mapping[str, ShardInfo]:
        """Return the footer of every shard by its name, in the order of the corpus."""
        ...

    def read(self, name: str, *, without: Sequence[str] = ()) -> Iterator[Any]:
        """Read the rows of one shard in order, a few at a time.

        Args:
            name: One of `index()`.
            without: Columns to leave unread: their fields take the default, or None.
        """
        ...

    def rows(self, *, without: Sequence[str] = ()) -> Iterator[Any]:
        """Read the rows of all shards, in the order of the corpus."""
        ...

    def find(self, name: str, page_id: str, *, without: Sequence[str] = ()) -> list[Any]:
        """Return the rows of one page, without reading the rest of its shard; `without` as in `read`."""
        ...


@runtime_checkable
class ShardStore(ShardSource, Protocol):
    """A folder of shards that a stage writes to, and in which it finds what is done already."""

    @property
    def place(self) -> str:
        """Return where it rests: what tells it from others."""
        ...

    def keep(self, made: Shard | Prune) -> None:
        """Write a finished shard, or forget stale ones, in the lineage that they name."""
        ...


@runtime_checkable
class LineageSource(ShardSource, Protocol):
    """A folder in which the results of different models are stored side by side; it shows those of one of them."""

    @property
    def lineage(self) -> str:
        """Return the name of the lineage that is shown; empty where the folder knows none yet."""
        ...

    def open(self, lineage: Lineage, keys: Mapping[str, str]) -> ShardSource:
        """Make a lineage the one that readers see from now on, and return it.

        Args:
            lineage: A new one begins empty.
            keys: The key that each shard of it should have, by name. Shards with these keys in another
                place of the folder are taken from there: they are the same.
        """
        ...
