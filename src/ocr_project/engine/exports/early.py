"""Documents written while their stages are still at work: the first files are there with the first shards.

A process of its own writes each document when all of its pages have transcripts. There is one way to write: when
all is stored, `export_documents` finds these documents written, writes the others and the lines of all, and removes
what belongs to none. What is stored before it begins is left to that, too; and what fails, so that no stage ends for
a file that could not be written.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path

from ocr_project.domain.corpus import Corpus
from ocr_project.domain.types import Document
from ocr_project.engine.exports.documents import Jobs, Part
from ocr_project.engine.exports.manifest import Manifest
from ocr_project.engine.exports.plan import UNREAD, ChosenExports, Export, export_key, named
from ocr_project.engine.exports.processes import Writer
from ocr_project.engine.running.feeds import FEEDS, Feed, Stopped, info_of

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Open:
    """A document of which not all is stored.

    Attributes:
        shards: Number of its first page in each of its shards that are stored, by their names.
    """

    export: Export
    shards: dict[str, int] = field(default_factory=dict)


def export_early(
    folder: Path,
    *,
    corpus: Corpus,
    wanted: ChosenExports,
    documents: Mapping[tuple[str, str], Document],
    feed: Feed,
) -> None:
    """Write documents as soon as all of their pages have transcripts, until the stage that makes these is over.

    Args:
        folder: As `export_documents` has it, and so are the following.
        feed: Of the stage that makes transcripts.

    Raises:
        Stopped: The run is over.
    """
    manifest = Manifest.load(folder)
    open_ = {known: _Open(export) for known, export in named(documents.values()).items()}
    parts = _parts(corpus, wanted, documents, feed, open_)
    try:
        _write(parts, manifest, Writer(Jobs(folder, corpus, wanted, False, documents), FEEDS.check), feed)
    except Stopped:
        raise
    except Exception as error:  # whatever it was: `export_documents` meets it again, and raises it
        log.warning("documents are written at the end of the run, not before: %s", error)
        FEEDS.wait(lambda: feed.has_ended)


def _write(parts: Iterator[Sequence[Export]], manifest: Manifest, writer: Writer, feed: Feed) -> None:
    written = False
    try:
        for exports in parts:
            todo = frozenset(export.name for export in exports if not manifest.holds(export.name, export.key))
            manifest.begin(todo)
            for export, files in writer.write(Part(exports, todo, {})) if todo else ():
                manifest.record(export.name, export.key, files)
                written = True
            if feed.has_ended:  # several processes do the rest
                break
    finally:
        writer.end()
        if written:
            manifest.save()


def _parts(
    corpus: Corpus,
    wanted: ChosenExports,
    documents: Mapping[tuple[str, str], Document],
    feed: Feed,
    open_: dict[tuple[str, str], _Open],
) -> Iterator[Sequence[Export]]:
    """Yield the documents of each shard that is stored, and each that it completes of those with several shards."""
    for shard in _as_stored(feed):
        whole = []
        for known, pages in groupby(
            corpus.pages.read(shard, without=UNREAD), key=lambda page: (page.doc_id, page.path)
        ):
            if (one := open_.get(known)) is None:
                continue
            found = list(pages)
            one.shards[shard] = found[0].number
            one.export.pages += len(found)
            one.export.readable = one.export.readable or any(page.width > 0 for page in found)
            if one.export.pages == documents[known].pages:
                whole.append(_keyed(open_.pop(known), corpus, wanted))
        alone = [export for export in whole if len(export.shards) == 1]
        yield from ([export] for export in whole if len(export.shards) > 1)
        if alone:
            yield alone


def _keyed(one: _Open, corpus: Corpus, wanted: ChosenExports) -> Export:
    """Return a document of which all is stored."""
    one.export.shards = sorted(one.shards, key=one.shards.__getitem__)
    footers = [(info_of(corpus.pages, name), info_of(corpus.transcripts, name)) for name in one.export.shards]
    keys = [(page.source_key, text.source_key) for page, text in footers if page is not None and text is not None]
    one.export.key = export_key(one.export, keys, wanted)
    return one.export


def _as_stored(feed: Feed) -> Iterator[str]:
    """Yield the names of the shards that the stage stores, each when it is stored."""
    seen = feed.before
    while not feed.has_ended:
        names = feed.stored_since(seen)
        for name in names:
            FEEDS.check()
            yield name
        seen += len(names)
        FEEDS.wait(partial(_has_news, feed, seen))


def _has_news(feed: Feed, seen: int) -> bool:
    return feed.stored > seen or feed.has_ended
