"""SDS-KoPub-VDR, a benchmark of Korean public documents: three Parquet configurations, local or on the Hub.

    SDS-KoPub-corpus        a row a page: id `{path/file}_{page}`, image {bytes, path}, text, ocr
    SDS-KoPub-QA            a row a question: id, query, answer, type, domain, ground_truth (rows of the corpus)
    SDS-KoPub-annotations   a row a document; not needed here: the ids say what belongs together

(https://huggingface.co/datasets/SamsungSDS-Research/SDS-KoPub-VDR-Benchmark, CC BY-SA 4.0.)

The corpus is 22 GB: listing it reads the column `id` only, and pages are read one row group at a time.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from ocr_project.domain.errors import BrokenDocument, DocumentError, OcrProjectError, SourceError
from ocr_project.domain.options import IngestOptions, TextLayer
from ocr_project.domain.types import Document, Page, Qrel, Query
from ocr_project.engine.ingest.images import read_image
from ocr_project.engine.ingest.rendered_page import Answers, Picture, to_pages
from ocr_project.engine.ingest.selection import Selection
from ocr_project.engine.ingest.text_layer import LayerFacts, cleaned_layer, is_healthy

CORPUS = "SDS-KoPub-corpus"
QUESTIONS = "SDS-KoPub-QA"
MEDIA_TYPE = "application/vnd.apache.parquet"
_HUB = "hf://"
_ID_DIGITS = 16
_PAGE_ID = re.compile(r"(?P<path>.+)_(?P<page>\d+)", re.DOTALL)
_GROUPS_HELD = 2  # two workers at the seam of two row groups
_RELEVANT = 1
_LOCAL_DAMAGE = (OSError, KeyError, ValueError, pa.ArrowException)


def is_kopub(root: Path) -> bool:
    """Say whether a folder holds the corpus: as `<configuration>/…/*.parquet`, also below `data/`."""
    return any(any(root.glob(f"{pattern}{CORPUS}*")) for pattern in ("", "data/"))


def kopub_questions(where: str) -> tuple[list[Query], list[Qrel]]:
    """Read the questions of the benchmark, and which pages answer them.

    Args:
        where: Local folder, or `hf://datasets/owner/name[@revision]`.

    Returns:
        Queries in the order of the file, and a judgement of relevance 1 for each of their pages; rows
        that the corpus at hand does not have are left out.

    Raises:
        SourceError: The configuration is not there or cannot be read.
    """
    queries: list[Query] = []
    qrels: list[Qrel] = []
    page_ids = KoPubSource(where, IngestOptions()).page_ids()
    with _reading(where):
        columns = ["id", "query", "type", "domain", "ground_truth"]
        table = _Parquet(where, QUESTIONS).read(columns)
    for row in table.to_pylist():
        query_id = str(row["id"])
        queries.append(Query(query_id, row["query"] or "", row.get("type") or "", row.get("domain") or ""))
        wanted = dict.fromkeys(_row_numbers(row["ground_truth"]))  # each once, in order
        qrels.extend(Qrel(query_id, page_ids[index], _RELEVANT) for index in wanted if index in page_ids)
    return queries, qrels


class KoPubSource:
    """The corpus, one document for each run of rows with the same path in their ids."""

    def __init__(self, where: str, options: IngestOptions) -> None:
        self._where = where
        self._options = options
        self._selection = Selection(options.include)
        self._lock = threading.Lock()  # around the row groups at hand: pyarrow's files are not for two threads
        self._groups: dict[int, pa.Table] = {}

    def documents(self) -> Iterator[Document]:
        """List the documents in the order of their paths.

        `doc_id` is made of the page ids, and of the rows and compressed sizes of the row groups that hold
        them: cheap to know, the same wherever the files lie, and another one as soon as images change.

        Raises:
            SourceError: The corpus is not there or cannot be read, or `ingest.include` takes none of it.
        """
        nothing = True
        for document in sorted(self._documents, key=lambda document: f"{document.path}#"):
            if self._selection.takes(document.path):
                nothing = False
                yield document
        if nothing:
            raise SourceError(f"no documents in {self._where} that match {', '.join(self._options.include)}")

    def check(self) -> None:
        """Look for the first document.

        Raises:
            SourceError: As `documents`.
        """
        next(self.documents())

    def pages(self, document: Document, first: int, last: int) -> Iterator[Page]:
        """Yield pages; `number` counts the rows of the document from 1."""
        yield from to_pages(document, first, self._answers(document, first, last), self._options)

    def page_ids(self) -> dict[int, str]:
        """Return the page_id of every row of the corpus."""
        return {
            _first_row(document) + index: f"{document.doc_id}_{index + 1:05d}"
            for document in self._documents
            for index in range(document.pages)
        }

    @cached_property
    def _corpus(self) -> _Parquet:
        return _Parquet(self._where, CORPUS)

    @cached_property
    def _documents(self) -> list[Document]:
        with _reading(self._where):
            ids = [str(value) for value in self._corpus.read(["id"]).column("id").to_pylist()]
            documents = []
            row = 0
            for path, run in groupby(ids, key=_path):
                names = list(run)
                documents.append(self._document(path, names, row))
                row += len(names)
            return documents

    def _document(self, path: str, names: list[str], row: int) -> Document:
        digest = hashlib.sha256("\n".join(sorted(names)).encode())
        for group in self._corpus.groups_of(row, row + len(names)):
            digest.update(f"\n{group.rows}:{group.compressed}".encode())
        parts = PurePosixPath(path).parts
        return Document(
            doc_id=digest.hexdigest()[:_ID_DIGITS],
            path=path,
            group=parts[0] if len(parts) > 1 else "",
            media_type=MEDIA_TYPE,
            pages=len(names),
            bytes=0,
            source=f"{self._where}#{row}-{row + len(names) - 1}",
        )

    def _answers(self, document: Document, first: int, last: int) -> Answers:
        start = _first_row(document) - 1
        for number in range(first, last + 1):
            try:
                yield self._picture(start + number)
            except DocumentError as error:
                yield error

    def _picture(self, row: int) -> Picture:
        try:
            with _reading(self._where), self._lock:
                record = self._record(row)
        except SourceError as error:
            if self._where.startswith(_HUB):
                raise  # the network is away: better to stop than to write down that pages are broken
            raise BrokenDocument(f"{error}; download the Parquet file again") from error
        data = (record["image"] or {}).get("bytes")
        if not data:
            raise BrokenDocument("the row has no image; download the Parquet file again")
        picture = read_image(data, self._options)
        text = record.get("text")
        if self._options.text_layer is TextLayer.OFF or not text:
            return picture
        text = cleaned_layer(text)
        return Picture(
            picture.image,
            picture.media_type,
            picture.width,
            picture.height,
            picture.dpi,
            text,
            (),
            is_healthy(LayerFacts(text)),
        )

    def _record(self, row: int) -> dict[str, Any]:
        index, offset = self._corpus.locate(row)
        table = self._groups.get(index)
        if table is None:
            table = self._corpus.read_group(index, ["image", "text"])
            self._groups[index] = table
            while len(self._groups) > _GROUPS_HELD:
                del self._groups[next(iter(self._groups))]
        record: dict[str, Any] = table.slice(offset, 1).to_pylist()[0]
        return record


@dataclass(frozen=True, slots=True)
class _Group:
    """A row group: where it is, and how much is in it."""

    path: str
    index: int
    start: int
    rows: int
    compressed: int


@dataclass(slots=True)
class _Parquet:
    """The Parquet files of one configuration, seen as one table."""

    where: str
    configuration: str
    filesystem: pafs.FileSystem = field(init=False)
    groups: list[_Group] = field(init=False)
    starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.filesystem, base = _filesystem(self.where)
        found = self.filesystem.get_file_info(pafs.FileSelector(base, recursive=True))
        paths = sorted(i.path for i in found if i.path.endswith(".parquet") and self._mine(i.path, base))
        if not paths:
            raise SourceError(
                f"no Parquet files of {self.configuration} in {self.where}; the folder of that name belongs there"
            )
        self.groups = []
        row = 0
        for path in paths:
            with self.filesystem.open_input_file(path) as file:
                footer = pq.read_metadata(file)
            for index in range(footer.num_row_groups):
                group = footer.row_group(index)
                size = sum(group.column(column).total_compressed_size for column in range(group.num_columns))
                self.groups.append(_Group(path, index, row, group.num_rows, size))
                row += group.num_rows
        self.starts = [group.start for group in self.groups]

    def _mine(self, path: str, base: str) -> bool:
        parts = PurePosixPath(path).relative_to(base).parts
        return any(part == self.configuration or part.startswith(f"{self.configuration}-") for part in parts)

    def locate(self, row: int) -> tuple[int, int]:
        """Return the index of the row group that holds a row, and the row's place in it."""
        index = bisect_right(self.starts, row) - 1
        if index < 0 or row >= self.groups[index].start + self.groups[index].rows:
            raise BrokenDocument(f"the corpus has no row {row}; were its files changed? Run ingest again")
        return index, row - self.groups[index].start

    def groups_of(self, start: int, stop: int) -> list[_Group]:
        return [group for group in self.groups if group.start < stop and group.start + group.rows > start]

    def read_group(self, index: int, columns: list[str]) -> pa.Table:
        group = self.groups[index]
        with self.filesystem.open_input_file(group.path) as file:
            parquet = pq.ParquetFile(file)
            there = [name for name in columns if name in parquet.schema_arrow.names]
            return parquet.read_row_group(group.index, columns=there)

    def read(self, columns: list[str]) -> pa.Table:
        """Read some columns of all of it."""
        tables = []
        for path in dict.fromkeys(group.path for group in self.groups):
            with self.filesystem.open_input_file(path) as file:
                parquet = pq.ParquetFile(file)
                there = [name for name in columns if name in parquet.schema_arrow.names]
                tables.append(parquet.read(columns=there))
        return pa.concat_tables(tables)


@contextmanager
def _reading(where: str) -> Iterator[None]:
    """Turn what pyarrow and the Hub raise into a `SourceError`: without its source the run cannot go on."""
    try:
        yield
    except OcrProjectError:
        raise
    except Exception as error:
        # The Hub's client lets through what its HTTP library raises: requests' errors once, then httpx', now httpx2's
        if not where.startswith(_HUB) and not isinstance(error, _LOCAL_DAMAGE):
            raise
        hint = "is the network there, and the name right?" if where.startswith(_HUB) else "are the files whole?"
        raise SourceError(f"{where} cannot be read ({type(error).__name__}: {error}); {hint}") from error


def _filesystem(where: str) -> tuple[pafs.FileSystem, str]:
    if not where.startswith(_HUB):
        return pafs.LocalFileSystem(), Path(where).resolve().as_posix()
    from huggingface_hub import HfFileSystem

    handler: Any = pafs.FSSpecHandler  # its stubs call it abstract
    return pafs.PyFileSystem(handler(HfFileSystem())), where.removeprefix(_HUB)


def _path(page_id: str) -> str:
    match = _PAGE_ID.fullmatch(page_id)
    return match["path"] if match else page_id


def _first_row(document: Document) -> int:
    return int(document.source.rpartition("#")[2].partition("-")[0])


def _row_numbers(value: Any) -> list[int]:
    """Read `ground_truth`: a list of numbers, or a string that holds one."""
    found = json.loads(value) if isinstance(value, str) else value
    return [int(number) for number in (found if isinstance(found, list) else [] if found is None else [found])]
