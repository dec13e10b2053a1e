"""Where `ocr-project` keeps what it has read: a folder in the user's cache for each set of documents."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ocr_project.domain.errors import SourceError
from ocr_project.storage.atomic import atomic_json

PACKAGE = Path(__file__).resolve().parents[1]
_GLOB = re.compile(r"([*?\[])")
_SETTINGS = "settings.json"
_LATEST = "latest.json"
_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Workspace:
    """What is kept of a set of documents.

    Attributes:
        source: A folder, or one file.
        names: Which files of the folder; empty: all of it.
        folder: Where pages, text and scores are kept.
    """

    source: Path
    names: tuple[str, ...]
    folder: Path

    @property
    def data(self) -> Path:
        """Its data folder."""
        return self.folder / "data"

    @property
    def label(self) -> str:
        """What a person calls it."""
        return self.source.stem if self.source.is_file() else self.source.name

    def ingest(self) -> dict[str, Any]:
        """Return the options by which a run reads it."""
        include = {"include": [_GLOB.sub(r"[\1]", name) for name in self.names]} if self.names else {}
        return {"source": str(self.source), **include}

    def remember(self, env: str, options: Mapping[str, Any]) -> None:
        """Keep how it is read, for a later search, and that it was the last one."""
        atomic_json(self.folder / _SETTINGS, {"env": env, "options": options, "sources": self.sources()})
        atomic_json(cache_folder() / _LATEST, self.sources())

    @property
    def was_read(self) -> bool:
        """Whether a run over it was begun."""
        return (self.folder / _SETTINGS).is_file()

    @property
    def settings_changed(self) -> int:
        """When a run over it was begun last, nanoseconds since 1970."""
        return (self.folder / _SETTINGS).stat().st_mtime_ns

    def settings(self) -> tuple[str, dict[str, Any]]:
        """Return the environment and the options with which it was read.

        Raises:
            SourceError: It was not read yet.
        """
        path = self.folder / _SETTINGS
        if not self.was_read:
            raise SourceError(f"{self.source} was not read yet: ocr-project read {self.source} -o OUT")
        kept = json.loads(path.read_text(encoding="ascii"))
        return str(kept["env"]), dict(kept["options"])

    def sources(self) -> list[str]:
        """Return the paths that it was made from."""
        return [str(self.source / name) for name in self.names] or [str(self.source)]


def known() -> list[Workspace]:
    """Return all sets of documents that were read here, whether or not their files are still there."""
    found = []
    for path in sorted((cache_folder() / "workspaces").glob(f"*/{_SETTINGS}")):
        sources = [Path(source) for source in json.loads(path.read_text(encoding="ascii"))["sources"]]
        alone = len(sources) == 1
        names = () if alone else tuple(source.name for source in sources)
        found.append(Workspace(sources[0] if alone else sources[0].parent, names, path.parent))
    return found


def cache_folder() -> Path:
    """Return the project's folder in the user's cache: `XDG_CACHE_HOME`, or `~/.cache`."""
    home = os.environ.get("XDG_CACHE_HOME")
    return Path(home if home else Path.home() / ".cache") / "ocr_project"


def tracking_store() -> str:
    """Return the store of MLflow in the user's cache: of `ocr-project`, where the environment names no other."""
    return f"sqlite:///{cache_folder() / 'mlflow.db'}"


def uploads_folder() -> Path:
    """Return where `ocr-project serve` keeps uploaded documents: in `XDG_DATA_HOME`, or `~/.local/share`."""
    home = os.environ.get("XDG_DATA_HOME")
    return Path(home if home else Path.home() / ".local/share") / "ocr_project" / "documents"


def shipped_conf() -> Path:
    """Return the configuration: that of the wheel, or of the checkout."""
    inside = PACKAGE / "conf"
    return inside if inside.is_dir() else PACKAGE.parents[1] / "conf"


def workspaces(sources: Sequence[str]) -> list[Workspace]:
    """Group files and folders into sets of documents: each folder is one, and so are the files of the same folder.

    Raises:
        SourceError: One is not there.
    """
    files: dict[Path, list[str]] = {}
    folders: list[Path] = []
    for path in map(_existing, sources):
        if path.is_dir():
            folders.append(path)
        else:
            files.setdefault(path.parent, []).append(path.name)
    groups: list[tuple[Path, tuple[str, ...]]] = [(folder, ()) for folder in dict.fromkeys(folders)]
    for parent, names in files.items():
        chosen = tuple(sorted(set(names)))
        groups.append((parent / chosen[0], ()) if len(chosen) == 1 else (parent, chosen))
    return [Workspace(source, names, _place(source, names)) for source, names in groups]


def latest() -> list[Workspace]:
    """Return the set of documents that was read last.

    Raises:
        SourceError: None was read yet.
    """
    path = cache_folder() / _LATEST
    if not path.is_file():
        raise SourceError("nothing was read yet: ocr-project read FILE -o OUT")
    return workspaces(json.loads(path.read_text(encoding="ascii")))


def _existing(source: str) -> Path:
    path = Path(source).expanduser()
    if not path.exists():
        raise SourceError(f"{source} does not exist")
    return path.resolve()


def _place(source: Path, names: Sequence[str]) -> Path:
    key = hashlib.sha256("\0".join([str(source), *names]).encode("utf-8", "surrogateescape")).hexdigest()
    name = re.sub(r"[^\w.-]", "_", source.name)[:40] or "root"
    return cache_folder() / "workspaces" / f"{name}-{key[:_DIGITS]}"
