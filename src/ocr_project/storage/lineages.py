"""Results of different models, prompts or resolutions, side by side in one folder::

    pages/
      current.json                    {"lineage": "ingest-5e0c9c1f", …}: the one that readers see, and which was before
      ingest-5e0c9c1f/                one lineage
        lineage.json                  its stage, its identity, the lineage that it was made from
        6dc52d4f5c9cb5a4_00001.parquet
      ingest-77a1b2c3/                another one: say, at another resolution

Shards in the folder itself are from before there were lineages. They are read as long as nothing is
current, and are moved to where they belong when a stage asks for shards of their keys.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ocr_project.domain.errors import StorageError
from ocr_project.domain.types import Lineage, Prune, Shard
from ocr_project.storage.atomic import atomic_json, partial_of, remove_abandoned, storing, sync, this_writer
from ocr_project.storage.footers import read_footer
from ocr_project.storage.shard_folder import ShardFolder, shard_files

log = logging.getLogger(__name__)

UNSORTED = "unsorted"  # what shards from before there were lineages are called
_CURRENT, _ABOUT = "current.json", "lineage.json"


@dataclass(frozen=True, slots=True)
class StoredLineage:
    """What is stored of a lineage.

    Attributes:
        name: Of the lineage, or `UNSORTED`.
        lineage: What it was made by; all empty for `UNSORTED`.
        shards: Their number.
        pages: In all of them.
        bytes: On disk.
        made: When the newest shard was, local time; None where there is none.
        is_current: Whether it is what readers see.
    """

    name: str
    lineage: Lineage
    shards: int
    pages: int
    bytes: int
    made: datetime | None
    is_current: bool


class LineageFolder(ShardFolder):
    """The shards of one lineage, and the way to the others beside it. Also the `LineageSource` that nodes are given.

    Which lineage it shows is settled when it is made: a report reads one, although another run begins meanwhile.
    """

    def __init__(self, root: Path, row_type: type, lineage: str | None = None) -> None:
        """Open a lineage as it is; nothing is written.

        Args:
            root: The folder of all lineages.
            row_type: Type of the rows.
            lineage: Name of one; None: the current one, or what is in the folder itself where there is none.
        """
        self.root = root
        self.lineage = _current(root) if lineage is None else lineage
        super().__init__(root / self.lineage, row_type)

    @property
    def place(self) -> str:
        """Return the folder of all lineages."""
        return str(self.root)

    def keep(self, made: Shard | Prune) -> None:
        """Write a shard, or forget some, in the lineage that they name, whichever is shown or current."""
        if made.lineage in ("", self.lineage):
            super().keep(made)
        else:
            LineageFolder(self.root, self.row_type, made.lineage).keep(made)

    def open(self, lineage: Lineage, keys: Mapping[str, str]) -> LineageFolder:
        """Make a lineage the current one and return it, with the shards that it should have and the folder has.

        It may be killed anywhere, and done again.

        Args:
            lineage: One that is not there yet begins empty.
            keys: The key that each of its shards should have, by name.

        Raises:
            StorageError: The disk is full, or the folder cannot be written to.
        """
        opened = LineageFolder(self.root, self.row_type, lineage.name)
        if not (opened.folder / _ABOUT).is_file():
            others = [other.name for other in _subfolders(self.root)]
            if others:
                log.info("%s: %s begins beside %s, which stays", self.root, lineage.name, ", ".join(others))
            about = {"stage": lineage.stage, "identity": json.loads(lineage.identity), "source": lineage.source}
            atomic_json(opened.folder / _ABOUT, about)
        with storing(opened.folder):
            for folder in (self.root, opened.folder):
                remove_abandoned(folder)
            opened._adopt(keys)
        if _current(self.root) != lineage.name:
            atomic_json(self.root / _CURRENT, {"lineage": lineage.name, "before": _current(self.root)})
        return opened

    def _adopt(self, keys: Mapping[str, str]) -> None:
        """Move shards here from another place of the folder if they have the keys that are missing here.

        An equal key is an equal shard, wherever it is: from before there were lineages, or in a lineage that was
        named after a source from before.
        """
        have = {name: info.key for name, info in self.index().items()}
        missing = {name: key for name, key in keys.items() if have.get(name) != key}
        for folder in (self.root, *_subfolders(self.root)) if missing else ():
            if folder == self.folder:
                continue
            moved = [path for path in shard_files(folder) if path.stem in missing and _has(path, missing[path.stem])]
            if not moved:
                continue
            for path in moved:
                with suppress(FileNotFoundError):  # another worker of this run was faster
                    path.rename(self.folder / path.name)
            log.info("%s: %d shards taken over from %s", self.folder, len(moved), folder)
            sync(self.folder)
            sync(folder)
            if folder != self.root and not shard_files(folder):
                shutil.rmtree(folder, ignore_errors=True)


def lineages(root: Path) -> list[StoredLineage]:
    """List the lineages of a folder of results, the current one first, then by name.

    Args:
        root: Such as `data/03_primary/recognitions`.
    """
    current = _current(root)
    found = [_stored(folder, current) for folder in _subfolders(root)]
    unsorted = _stored(root, current)
    found += [unsorted] if unsorted.shards else []
    return sorted(found, key=lambda stored: (not stored.is_current, stored.name))


def remove(root: Path, name: str) -> None:
    """Remove a lineage with all of its shards.

    Args:
        root: The folder of all lineages.
        name: Of one, as `lineages` says it.

    Raises:
        StorageError: There is none of that name, or it is the one that readers see.
    """
    stored = {stored.name: stored for stored in lineages(root)}
    if name not in stored:
        raise StorageError(f"{root}: no results {name!r}; there are {', '.join(stored) or 'none'}")
    if stored[name].is_current:
        raise StorageError(f"{root}: {name!r} is the current one; run the stage with other options first")
    with storing(root):
        if name == UNSORTED:
            for path in shard_files(root):
                path.unlink(missing_ok=True)
            return
        leaving = partial_of(root / name, this_writer())
        (root / name).rename(leaving)  # a kill from here on leaves nothing that looks like results
        shutil.rmtree(leaving)


def previous(root: Path) -> str:
    """Return the name of the lineage that was current before this one; empty where none was, or it was removed."""
    found = _named(root).get("before", "")
    return found if (root / found / _ABOUT).is_file() else ""


def _current(root: Path) -> str:
    """Return the name of the current lineage; empty where none is."""
    return _named(root).get("lineage", "")


def _named(root: Path) -> Mapping[str, str]:
    """Return which lineage is current, and which was before it."""
    try:
        said = json.loads((root / _CURRENT).read_bytes())
        return {"lineage": str(said["lineage"]), "before": str(said.get("before", ""))}
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{root / _CURRENT} cannot be read ({error}); delete it and run again") from error


def _subfolders(root: Path) -> Iterator[Path]:
    for about in sorted(root.glob(f"*/{_ABOUT}")):
        if not about.parent.name.startswith("."):
            yield about.parent


def _stored(folder: Path, current: str) -> StoredLineage:
    about: dict[str, Any] = {"stage": "", "identity": None, "source": ""}
    name = ""
    if (folder / _ABOUT).is_file():
        name, about = folder.name, json.loads((folder / _ABOUT).read_bytes())
    identity = json.dumps(about["identity"], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    paths = shard_files(folder)
    found = [path.stat() for path in paths]
    pages = sum(info.pages for info in map(read_footer, paths) if info is not None)
    made = datetime.fromtimestamp(max(one.st_mtime for one in found)) if found else None
    lineage = Lineage(name, about["stage"], identity if about["identity"] else "", about["source"])
    size = sum(one.st_size for one in found)
    return StoredLineage(name or UNSORTED, lineage, len(found), pages, size, made, name == current)


def _has(path: Path, key: str) -> bool:
    info = read_footer(path)
    return info is not None and info.key == key
