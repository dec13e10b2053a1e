"""What a source of samples is: entries that are listed cheaply, and what is found in them when they are read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from ocr_project.domain.types import PageFacts, Status, Task, TextFormat

Value = TypeVar("Value")
Value_co = TypeVar("Value_co", covariant=True)

PAGE_MARKS = ("_page_", "-page-", "_page", "-page", "_pg", "-pg", ".p", "_p", "-p")
_PAGE_DIGITS = 4  # longer numbers are names
IMAGES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")


@dataclass(frozen=True, slots=True)
class Entry(Generic[Value_co]):
    """What is known of an entry before it is read.

    Attributes:
        place: See `TrainingSample.place`.
        document: See `TrainingSample.document`; what is found may know better.
        mark: Changes whenever the entry's own files do: part of the key of its shard.
        value: What its source needs to read it.
    """

    place: str
    document: str
    mark: str
    value: Value_co


@dataclass(frozen=True, slots=True)
class Found:
    """What is found in an entry, before its image is looked at. Fields as those of `TrainingSample`.

    Attributes:
        image: The encoded image, or a file: an image, or a PDF of which the first page is meant.
        document: An empty string: the entry's.
        answer: May be empty where `facts` are given: a blank page is something to learn, too.
    """

    image: bytes | Path | None = None
    task: Task = Task.TEXT
    whole_page: bool = False
    question: str = ""
    answer: str = ""
    format: TextFormat = TextFormat.TEXT
    facts: PageFacts | None = None
    document: str = ""
    status: Status = Status.OK
    rule: str = ""
    reason: str = ""


class Refused(Exception):
    """An entry is not used; it becomes a row that says why.

    Attributes:
        rule: A name for tables and counts.
        status: `skipped` by a rule, `failed` where it cannot be read.
        found: What is known of it all the same, so that a person sees what was refused.
    """

    def __init__(self, rule: str, reason: str, status: Status = Status.SKIPPED, found: Found | None = None) -> None:
        super().__init__(reason)
        self.rule = rule
        self.status = status
        self.found = found


class SampleSource(Protocol):
    """A source that is there. `read` may be called from several threads at once."""

    @property
    def label(self) -> str:
        """Return what its samples call it (`SourceName.label`)."""
        ...

    @property
    def entries(self) -> Sequence[Entry[object]]:
        """Return what it holds, in a lasting order; entries that cannot be used are among them."""
        ...

    def read(self, indices: Sequence[int]) -> list[Found]:
        """Read entries.

        Returns:
            One for each index, in the order given; nothing is raised for a bad entry.
        """
        ...


class ListedSource(Generic[Value]):
    """A source whose entries are made one by one from a list."""

    def __init__(self, label: str, entries: Sequence[Entry[Value]], make: Callable[[Value], Found]) -> None:
        """Keep the list.

        Args:
            label: See `SampleSource.label`.
            entries: See `SampleSource.entries`.
            make: Reads an entry, given its value; raises `Refused` for one that is not used.
        """
        self.label = label
        self.entries = entries
        self._make = make

    def read(self, indices: Sequence[int]) -> list[Found]:
        return [found_by(self._make, self.entries[index].value) for index in indices]


def found_by(make: Callable[[Value], Found], value: Value) -> Found:
    """Read an entry; one that is refused is found, too, and says why."""
    try:
        return make(value)
    except Refused as refused:
        known = refused.found or Found()
        return replace(known, status=refused.status, rule=refused.rule, reason=str(refused))


def file_mark(*paths: Path | None) -> str:
    """Return what changes whenever one of the files does: size and time, since terabytes are not read to be listed."""
    parts = []
    for path in paths:
        try:
            stat = None if path is None else path.stat()
        except OSError:
            stat = None
        parts.append("-" if stat is None else f"{stat.st_size}.{stat.st_mtime_ns}")
    return " ".join(parts)


def image_beside(path: Path, stem: str, suffixes: Sequence[str]) -> Path | None:
    """Return the file of that stem in the folder of `path` with the first of the suffixes that is there."""
    return next((found for suffix in suffixes if (found := path.with_name(stem + suffix)).is_file()), None)


def page_free(name: str, marks: Sequence[str] = PAGE_MARKS) -> str:
    """Return the name of a document, given that of one of its pages: `a/b_pg12` and `a/b.p003` are of `a/b`.

    Args:
        name: Without its suffix.
        marks: What stands before the number of a page, longest first. Without one of them a number is part of a name:
            `img_1` and `img_2` are not taken for pages of one document.
    """
    folder, slash, last = name.rpartition("/")
    for mark in marks:
        head, found, number = last.rpartition(mark)
        if found and head and number.isascii() and number.isdigit() and len(number) <= _PAGE_DIGITS:
            return f"{folder}{slash}{head}"
    return name


def digest_of(data: bytes | str) -> str:
    """Return a short digest, as a mark."""
    return hashlib.sha256(data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data).hexdigest()[:16]
