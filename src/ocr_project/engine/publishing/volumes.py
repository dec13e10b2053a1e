"""Which shards make a file, and what it is made from: what has not changed is not written again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ocr_project.domain.options import PublishOptions
from ocr_project.domain.protocols import ShardSource

VERSION = "3"  # of this folder's code: raise it when the same rows would give other files

# What changes the rows; title, licence, target and the like stand in the card alone.
_MATTERS = {"images", "crop_quality", "mask", "file_megabytes"}


@dataclass(frozen=True, slots=True)
class Volume:
    """Shards that lie together in a file, or in parts of one where they are too large.

    Attributes:
        number: From 0, in the order of the corpus.
        shards: Their names.
        key: sha256 of all that the file depends on.
    """

    number: int
    shards: tuple[str, ...]
    key: str

    @property
    def stem(self) -> str:
        """What the names of its files begin with."""
        return f"{self.number:05d}"


def plan_volumes(sources: Sequence[ShardSource], options: PublishOptions) -> list[Volume]:
    """Lay the shards of a corpus out in volumes of about `file_pages` pages.

    Args:
        sources: Folders of shards of the same names; what is not in all of them yet is left out.
        options: What changes the files is part of their keys.
    """
    indices = [source.index() for source in sources]
    chosen = options.model_dump_json(include=_MATTERS)
    names = [name for name in indices[0] if all(name in index for index in indices)]
    sizes = [indices[0][name].pages for name in names]
    found = []
    for number, group in enumerate(_groups(names, sizes, options.file_pages)):
        keys = [index[name].source_key for name in group for index in indices]
        parts = json.dumps([VERSION, chosen, *group, *keys])
        found.append(Volume(number, tuple(group), hashlib.sha256(parts.encode()).hexdigest()))
    return found


def _groups(names: Sequence[str], sizes: Sequence[int], pages: int) -> Iterator[list[str]]:
    group: list[str] = []
    inside = 0
    for name, size in zip(names, sizes, strict=True):
        if group and inside + size > pages:
            yield group
            group, inside = [], 0
        group.append(name)
        inside += size
    if group:
        yield group
