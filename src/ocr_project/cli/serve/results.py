"""What was read of a corpus, looked up in the catalog of its workspace."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from kedro.io import CatalogProtocol

from ocr_project.cli.project import open_project
from ocr_project.cli.searching import search_pages
from ocr_project.cli.serve.lines import TextLine, lines_of_page
from ocr_project.domain.options import BenchmarkOptions
from ocr_project.domain.schemas import from_frame
from ocr_project.domain.types import Document, Page, Status, Transcript
from ocr_project.engine.ingest.images import media_type
from ocr_project.storage.lineages import LineageFolder
from ocr_project.storage.workspace import Workspace

_TEXTS = ("text", "markdown")
_LARGE = ("image", "text_layer", "text_layer_words")


@dataclass(frozen=True, slots=True)
class PageEntry:
    """A page that was read, without its text.

    Attributes:
        shard: Where its rows are.
        places: How many are in doubt; None where that was not counted yet.
    """

    page_id: str
    doc_id: str
    path: str
    number: int
    status: Status
    reason: str
    shard: str
    places: int | None


@dataclass(frozen=True, slots=True)
class PageReading:
    """A page, what was read of it, and where the one before and the one after are.

    Attributes:
        before: Id of a page; an empty string where there is none.
        after: The same.
        known: Whether the recognizer says how sure it is.
    """

    entry: PageEntry
    page: Page
    document: Document
    lines: Sequence[TextLine]
    before: str
    after: str

    @property
    def known(self) -> bool:
        """Whether anything is known of how much is right."""
        return any(line.confidence is not None for line in self.lines)


@dataclass(frozen=True, slots=True)
class FoundPage:
    """A page that answers a question, with the stretch of its text that does."""

    page_id: str
    path: str
    number: int
    snippet: str


class Results:
    """What was read of a corpus; each method looks anew, since a run may be at work."""

    def __init__(self, catalog: CatalogProtocol[Any, Any]) -> None:
        self._catalog = catalog

    def documents(self) -> list[Document]:
        """Return the documents of the last run, unreadable ones and duplicates included."""
        if not self._catalog.exists("documents"):
            return []
        return list(from_frame(self._catalog.load("documents"), Document))

    def pages(self) -> dict[str, PageEntry]:
        """Return the pages that were read, by id, in the order of the corpus."""
        places = self._places()
        shards: LineageFolder = self._catalog.load("transcripts")
        found: dict[str, PageEntry] = {}
        for shard in shards.index():
            row: Transcript
            for row in shards.read(shard, without=_TEXTS):
                found[row.page_id] = PageEntry(
                    *(row.page_id, row.doc_id, row.path, row.number, row.status, row.reason),
                    shard,
                    places.get(row.page_id),
                )
        return found

    def count(self) -> int:
        """Return how many pages were read."""
        return sum(info.pages for info in self._catalog.load("transcripts").index().values())

    def page(self, page_id: str) -> PageReading | None:
        """Return a page with its lines; None where there is none of this id."""
        pages = self.pages()
        if page_id not in pages:
            return None
        entry, order = pages[page_id], list(pages)
        at = order.index(page_id)
        named = (entry.shard, page_id)
        recognitions: LineageFolder = self._catalog.load("recognitions")
        pages_found = self._catalog.load("pages").find(*named, without=("image",))
        document = next(
            (one for one in self.documents() if (one.doc_id, one.path) == (entry.doc_id, entry.path)), None
        )
        if not pages_found or document is None:  # a run has removed it meanwhile
            return None
        lines = lines_of_page(
            pages_found[0],
            self._catalog.load("regions").find(*named),
            recognitions.find(*named),
            recognitions.index()[entry.shard].identity,
        )
        before = order[at - 1] if at else ""
        return PageReading(
            entry, pages_found[0], document, lines, before, order[at + 1] if at + 1 < len(order) else ""
        )

    def text(self, entry: PageEntry) -> str:
        """Return what was read on a page."""
        rows = self._catalog.load("transcripts").find(entry.shard, entry.page_id, without=("markdown",))
        return rows[0].text if rows else ""

    def image(self, page_id: str) -> tuple[bytes, str] | None:
        """Return the image of a page and its media type; None where there is none."""
        pages: LineageFolder = self._catalog.load("pages")
        for shard in pages.index():
            for page in pages.find(shard, page_id, without=_LARGE[1:]):
                kind = media_type(page.image[:64]) if page.image else None
                return (page.image, kind) if kind in ("image/png", "image/jpeg") else None
        return None

    def search(self, question: str, most: int) -> list[FoundPage]:
        """Return the pages that answer a question best.

        Raises:
            SourceError: There is no index yet, or no text.
            StaleSource: The index is older than the text.
        """
        ids = {(entry.path, entry.number): entry.page_id for entry in self.pages().values()}
        hits = search_pages(self._catalog, question, most)
        return [
            FoundPage(ids[hit.path, hit.number], hit.path, hit.number, hit.snippet)
            for hit in hits
            if (hit.path, hit.number) in ids
        ]

    def benchmark(self) -> BenchmarkOptions:
        """Return the options that say where reference texts lie."""
        return BenchmarkOptions.model_validate(self._catalog.load("params:benchmark"))

    def exports(self) -> Path | None:
        """Return the folder of the exports; None where there is none yet."""
        return Path(self._catalog.load("exports")) if self._catalog.exists("exports") else None

    def written(self, name: str) -> Path | None:
        """Return the newest page that a run has made under a name; None where none has."""
        self._catalog.release(name)  # of several versions the newest
        return Path(self._catalog.load(name)) if self._catalog.exists(name) else None

    def shards(self) -> tuple[LineageFolder, LineageFolder]:
        """Return pages and transcripts, from which exports have their names."""
        return self._catalog.load("pages"), self._catalog.load("transcripts")

    def _places(self) -> Mapping[str, int]:
        """Return how many places are in doubt, by page."""
        self._catalog.release("confidence_table")
        if not self._catalog.exists("confidence_table"):
            return {}
        table: pd.DataFrame = self._catalog.load("confidence_table")
        return dict(zip(map(str, table["page_id"]), map(int, table["places"]), strict=True))


class Desk:
    """The results of the corpora that are looked at; Kedro opens one project after the other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opened: dict[Path, tuple[int, Results]] = {}

    def results(self, workspace: Workspace) -> Results | None:
        """Return what was read of a corpus; None where nothing was yet."""
        if not workspace.was_read:
            return None
        with self._lock:
            settings, results = self._opened.get(workspace.folder, (0, None))
            if results is None or settings != workspace.settings_changed:
                settings = workspace.settings_changed
                with open_project(*workspace.settings(), workspace.folder) as context:
                    results = Results(context.catalog)
                self._opened[workspace.folder] = (settings, results)
            return results
