"""What was read of a corpus, looked up in the catalog of its workspace."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from kedro.io import CatalogProtocol

from ocr_project.cli.project import open_project
from ocr_project.cli.searching import search_pages
from ocr_project.cli.serve.lines import TextLine, lines_of_page
from ocr_project.domain.options import BenchmarkOptions
from ocr_project.domain.schemas import from_frame
from ocr_project.domain.types import Document, Page, ShardInfo, Status, Transcript
from ocr_project.engine.exports.plan import ChosenExports, Export, corpus_key, plan_exports
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
    """What was read of a corpus; each method looks anew, since a run may be at work.

    Looking anew is looking at footers: rows of a shard that is the same one are kept, all but their texts and images.
    """

    def __init__(self, catalog: CatalogProtocol[Any, Any]) -> None:
        self._catalog = catalog
        self._listed: dict[str, tuple[ShardInfo, list[PageEntry]]] = {}  # pages of shards that were listed
        self._doubts: tuple[tuple[Path, int], Mapping[str, int]] | None = None
        self._planned: tuple[str, list[Export]] | None = None

    def documents(self) -> list[Document]:
        """Return the documents of the last run, unreadable ones and duplicates included."""
        if not self._catalog.exists("documents"):
            return []
        return list(from_frame(self._catalog.load("documents"), Document))

    def pages(self) -> dict[str, PageEntry]:
        """Return the pages that were read, by id, in the order of the corpus."""
        shards: LineageFolder = self._catalog.load("transcripts")
        places = self._places()
        listed = (entry for info in shards.index().values() for entry in self._entries(shards, info))
        return {entry.page_id: replace(entry, places=places.get(entry.page_id)) for entry in listed}

    def count(self) -> int:
        """Return how many pages were read."""
        return sum(info.pages for info in self._catalog.load("transcripts").index().values())

    def page(self, page_id: str) -> PageReading | None:
        """Return a page with its lines; None where there is none of this id."""
        shards: LineageFolder = self._catalog.load("transcripts")
        shard = self._shard_of(shards, page_id)
        if shard is None:
            return None
        entries = self._entries(shards, shards.index()[shard])
        at = next(place for place, entry in enumerate(entries) if entry.page_id == page_id)
        entry = replace(entries[at], places=self._places().get(page_id))
        named = shard, page_id
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
        around = self._around(shards, shard)
        before = entries[at - 1].page_id if at else around[0]
        after = entries[at + 1].page_id if at + 1 < len(entries) else around[1]
        return PageReading(entry, pages_found[0], document, lines, before, after)

    def text(self, entry: PageEntry) -> str:
        """Return what was read on a page."""
        rows = self._catalog.load("transcripts").find(entry.shard, entry.page_id, without=("markdown",))
        return rows[0].text if rows else ""

    def image(self, page_id: str) -> tuple[bytes, str] | None:
        """Return the image of a page and its media type; None where there is none."""
        pages: LineageFolder = self._catalog.load("pages")
        shard = self._shard_of(pages, page_id)
        for page in pages.find(shard, page_id, without=_LARGE[1:]) if shard else ():
            kind = media_type(page.image[:64]) if page.image else None
            return (page.image, kind) if kind in ("image/png", "image/jpeg") else None
        return None

    def search(self, question: str, most: int) -> list[FoundPage]:
        """Return the pages that answer a question best.

        Raises:
            SourceError: There is no index yet, or no text.
            StaleSource: The index is older than the text.
        """
        hits = search_pages(self._catalog, question, most)
        return [FoundPage(hit.page_id, hit.path, hit.number, hit.snippet) for hit in hits]

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

    def exported(self) -> list[Export]:
        """Return the documents with the names under which they are exported."""
        pages, transcripts, wanted = self._catalog.load("pages"), self._catalog.load("transcripts"), ChosenExports()
        key = corpus_key(pages, transcripts, wanted)
        if self._planned is None or self._planned[0] != key:
            self._planned = key, plan_exports(pages, transcripts, wanted)
        return self._planned[1]

    def _entries(self, shards: LineageFolder, info: ShardInfo) -> list[PageEntry]:
        """Return the pages of a shard; its texts are not read, and nothing of one that was listed before."""
        known, entries = self._listed.get(info.name, (None, []))
        if known != info:
            rows: Iterator[Transcript] = shards.read(info.name, without=_TEXTS)
            entries = [
                PageEntry(*(row.page_id, row.doc_id, row.path, row.number, row.status, row.reason), info.name, None)
                for row in rows
            ]
            self._listed[info.name] = info, entries
        return entries

    def _shard_of(self, shards: LineageFolder, page_id: str) -> str | None:
        """Return the shard that holds a page: first is looked where the order of the corpus has it."""
        index = shards.index()
        names, orders = list(index), [info.order for info in index.values()]
        doc_id, _, number = page_id.rpartition("_")
        paths = [one.path for one in self.documents() if one.doc_id == doc_id and one.status is Status.OK]
        likely = [names[max(0, bisect_right(orders, f"{path}#{number}") - 1)] for path in paths if names]
        return next((name for name in (*likely, *names) if page_id in shards.page_ids(name)), None)

    def _around(self, shards: LineageFolder, name: str) -> tuple[str, str]:
        """Return the last page before a shard and the first one after it; empty where there is none."""
        names = list(shards.index())
        at = names.index(name)
        before = shards.page_ids(names[at - 1])[-1:] if at else []
        after = shards.page_ids(names[at + 1])[:1] if at + 1 < len(names) else []
        return "".join(before), "".join(after)

    def _places(self) -> Mapping[str, int]:
        """Return how many places are in doubt, by page."""
        self._catalog.release("confidence_table")
        if not self._catalog.exists("confidence_table"):
            return {}
        path: Path = self._catalog["confidence_table"].path
        version = path, path.stat().st_mtime_ns
        if self._doubts is None or self._doubts[0] != version:
            table: pd.DataFrame = self._catalog.load("confidence_table")
            found = dict(zip(map(str, table["page_id"]), map(int, table["places"]), strict=True))
            self._doubts = version, found
        return self._doubts[1]


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
