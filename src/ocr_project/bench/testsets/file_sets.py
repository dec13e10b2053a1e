"""Sets whose list of items fits in memory: folders, JSON and text files beside images."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

from ocr_project.bench.testsets.card import Card
from ocr_project.bench.testsets.damage import named
from ocr_project.bench.testsets.item import Item
from ocr_project.domain.errors import SourceError
from ocr_project.storage.given_text import read_given

Entry = TypeVar("Entry")

IMAGES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")


class ListedSet(Generic[Entry]):
    """Items that are made one by one from a list of entries."""

    def __init__(
        self, card: Card, entries: Sequence[Entry], make: Callable[[int, Entry, bool], Item], fingerprint: str
    ) -> None:
        """Keep the list.

        Args:
            card: Of the set.
            entries: In the order of the set.
            make: Makes an item of its index, its entry, and whether its image is wanted.
            fingerprint: See `OpenedSet.fingerprint`.
        """
        self.card = card
        self.fingerprint = fingerprint
        self._entries = entries
        self._make = make

    def __len__(self) -> int:
        return len(self._entries)

    def read(self, indices: Sequence[int], *, images: bool = True) -> list[Item]:
        return [self._item(index, images) for index in indices]

    def _item(self, index: int, images: bool) -> Item:
        with named(f"item {index} of the set {self.card.name}"):
            return self._make(index, self._entries[index], images)


def fingerprint_of(described: Iterable[Path], pictures: Iterable[Path] = ()) -> str:
    """Return a digest of files: of annotations by their bytes, of images by name and size."""
    digest = hashlib.sha256()
    for path in described:
        digest.update(os.fsencode(path.name))
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    for path in pictures:
        digest.update(os.fsencode(f"{path.name}:{path.stat().st_size if path.is_file() else -1}"))
    return digest.hexdigest()


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        SourceError: It is damaged, or neither UTF-8 nor UTF-16.
    """
    try:
        return json.loads(read_given(path))
    except ValueError as error:
        raise SourceError(f"{path} cannot be read as JSON ({error}); get it again") from error


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Read a file of one JSON object a line; empty lines are passed over.

    Raises:
        SourceError: A line is damaged, or not UTF-8.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                yield json.loads(line.decode("utf-8-sig"))
            except ValueError as error:
                raise SourceError(f"{path}, line {number}, is not JSON ({error}); get it again") from error


def only(paths: Iterable[Path], root: Path, wanted: str) -> Path:
    """Return the first of the paths that is there.

    Raises:
        SourceError: None is.
    """
    found = next((path for path in paths if path.exists()), None)
    if found is None:
        raise SourceError(f"{root} has no {wanted}")
    return found


def image_named(folder: Path, stem: str) -> Path | None:
    """Return the image of that name, whatever its suffix."""
    return next((path for suffix in IMAGES if (path := folder / f"{stem}{suffix}").is_file()), None)
