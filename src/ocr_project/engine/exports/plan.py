"""Which documents there are, what they are called on disk, and which of them have to be written."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import PurePosixPath

from ocr_project.domain.protocols import ShardSource
from ocr_project.domain.types import Document, Status

VERSION = "7"  # of the code of this folder: raise it when the same rows would give other files
_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}$")  # .pdf, .jpeg; not the end of "report 2024.12"
_LONGEST_NAME = 200  # bytes: file systems take 255, and a suffix and the mark of a partial file come on top

# Looked at for the plan only: what is large, or comes later, stays unread.
UNREAD = ("image", "text_layer", "text_layer_words")


@dataclass(frozen=True, slots=True)
class ChosenExports:
    """Which exports to write.

    Attributes:
        markdown: A `.md` for each document.
        jsonl: `ocr_results.jsonl`.
        searchable_pdf: A PDF for each document.
        crops: Pictures and charts as images; where they are not wanted, Markdown says so in their place.
        text: A `.txt` for each document.
        html: A page of HTML for each document.
        hocr: hOCR for each document: words with their places.
        alto: ALTO for each document.
        csv: A file for each table.
        xlsx: A workbook for each document that has tables.
        docling: docling's JSON for each document.
        doctags: DocTags for each document.
    """

    markdown: bool = True
    jsonl: bool = True
    searchable_pdf: bool = True
    crops: bool = True
    text: bool = False
    html: bool = False
    hocr: bool = False
    alto: bool = False
    csv: bool = False
    xlsx: bool = False
    docling: bool = False
    doctags: bool = False


@dataclass(slots=True)
class Export:
    """One document to be exported.

    Attributes:
        name: Path of its files under `markdown/` and `pdf/`, without their suffix.
        title: What `ocr_results.jsonl` calls it: its path without the suffix, or with it where two would
            be called the same.
        shards: Names of the shards that hold its pages, in order.
        key: sha256 of all that its files depend on.
        readable: Whether any page has an image.
        pages: How many it has.
    """

    doc_id: str
    path: str
    name: str = ""
    title: str = ""
    shards: list[str] = field(default_factory=list)
    key: str = ""
    readable: bool = False
    pages: int = 0


def plan_exports(pages: ShardSource, transcripts: ShardSource, wanted: ChosenExports) -> list[Export]:
    """List the documents of a corpus in order, named and keyed; no image is read.

    Args:
        pages: Shards of `Page`.
        transcripts: Shards of `Transcript`; pages that have none yet are left out.
        wanted: What is exported.
    """
    found = list(_documents(pages, transcripts))
    _name(found)
    rendered = pages.index()
    keys = {name: (rendered[name].source_key, info.source_key) for name, info in transcripts.index().items()}
    for export in found:
        export.key = export_key(export, [keys[name] for name in export.shards], wanted)
    return found


def named(documents: Iterable[Document]) -> dict[tuple[str, str], Export]:
    """Name the readable documents of a corpus as a plan of all of them does, before there is a page of any.

    Returns:
        By `doc_id` and `path`; without shards, pages and keys.
    """
    found = [Export(document.doc_id, document.path) for document in documents if document.status is Status.OK]
    _name(found)
    return {(export.doc_id, export.path): export for export in found}


def export_key(export: Export, shards: Iterable[tuple[str, str]], wanted: ChosenExports) -> str:
    """Return what tells the files of a document from any others.

    Args:
        export: With its names.
        shards: For each of its shards, in order, what tells its pages and its transcripts from any others.
        wanted: What is exported.
    """
    parts = [VERSION, json.dumps(asdict(wanted)), export.doc_id, export.path, export.name, export.title]
    return digest([*parts, *(key for keys in shards for key in keys)])


def corpus_key(pages: ShardSource, transcripts: ShardSource, wanted: ChosenExports) -> str:
    """Return what tells all of these documents, and what is exported of them, from any others; no row is read."""
    rendered = pages.index()
    shards = [
        f"{name} {rendered[name].source_key} {info.source_key}"
        for name, info in transcripts.index().items()
        if name in rendered
    ]
    return digest([VERSION, json.dumps(asdict(wanted)), *shards])


def digest(parts: list[str]) -> str:
    """Return the sha256 of a list of strings, in hexadecimal."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def shard_names(pages: ShardSource, transcripts: ShardSource) -> list[str]:
    """Return the shards that are there in both, in the order of the corpus."""
    done: Mapping[str, object] = transcripts.index()
    return [name for name in pages.index() if name in done]


def file_stem(path: str) -> str:
    """Return a document's path without its suffix."""
    return _SUFFIX.sub("", path)


def _documents(pages: ShardSource, transcripts: ShardSource) -> Iterator[Export]:
    rows = ((name, page) for name in shard_names(pages, transcripts) for page in pages.read(name, without=UNREAD))
    for (doc_id, path), group in groupby(rows, key=lambda row: (row[1].doc_id, row[1].path)):
        export = Export(doc_id, path)
        for name, page in group:
            if name not in export.shards:
                export.shards.append(name)
            export.readable = export.readable or page.width > 0
            export.pages += 1
        yield export


def _name(found: list[Export]) -> None:
    """Give each document the path without its suffix, or with it where two would be the same on any disk."""
    titles = Counter(file_stem(export.path) for export in found)
    for export in found:
        export.name = _safe(file_stem(export.path), export.doc_id)
        export.title = file_stem(export.path) if titles[file_stem(export.path)] == 1 else export.path
    for unique in (False, True):
        count = Counter(export.name.casefold() for export in found)
        for export in found:
            if count[export.name.casefold()] > 1:
                export.name = _safe(export.path, export.doc_id) + (f".{export.doc_id}" if unique else "")


def _safe(path: str, doc_id: str) -> str:
    """Keep a path below the folder, and each of its parts short enough for a disk."""
    parts = [part for part in PurePosixPath(path.replace("\0", "")).parts if part not in ("/", ".", "..")]
    return "/".join(_shorten(part, doc_id) for part in parts) or doc_id


def _shorten(part: str, doc_id: str) -> str:
    data = part.encode()
    return part if len(data) <= _LONGEST_NAME else f"{data[: _LONGEST_NAME - 17].decode(errors='ignore')}_{doc_id}"
