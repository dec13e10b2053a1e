"""Which corpora there are: of uploaded documents, and all that `ocr-project` has read; of a project, its own."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ocr_project.domain.errors import SourceError
from ocr_project.domain.outside_text import shown
from ocr_project.storage.workspace import Workspace, known, workspaces

_LONGEST_NAME = 180  # bytes: file systems take 255, and ` (2)` and the endings of results come on top
_RESERVED = re.compile(r'[<>:"|?*\x00-\x1f\x7f\ufffd]')  # NTFS refuses them; U+FFFD stands for what cannot be shown


class Corpora(Protocol):
    """Which corpora are shown."""

    @property
    def uploads(self) -> Path:
        """Where uploaded documents are kept."""
        ...

    @property
    def is_one(self) -> bool:
        """Whether there is one corpus, and no other can be opened."""
        ...

    def corpora(self) -> dict[str, Workspace]:
        """Return the corpora by the name in their address."""
        ...

    def takes_files(self, workspace: Workspace) -> bool:
        """Say whether files may be added: not to folders of users that are only read."""
        ...

    def open(self, name: str) -> Workspace:
        """Return the corpus of uploaded documents of this name; one that is not there yet begins empty.

        Raises:
            SourceError: The name has nothing that a folder could be called, or something else has it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Shelf:
    """The corpora that are shown.

    Attributes:
        uploads: Folder of uploaded documents, with a folder for each corpus.
    """

    uploads: Path

    @property
    def is_one(self) -> bool:
        return False

    def corpora(self) -> dict[str, Workspace]:
        """Return the uploaded ones first, each group by label."""
        own = [workspaces([str(folder)])[0] for folder in self._folders()]
        others = {workspace.folder: workspace for workspace in known()}
        for workspace in own:
            others.pop(workspace.folder, None)
        rest = sorted(others.values(), key=lambda workspace: workspace.label.casefold())
        return {workspace.folder.name: workspace for workspace in (*own, *rest)}

    def takes_files(self, workspace: Workspace) -> bool:
        return not workspace.names and workspace.source.parent == self.uploads.resolve()

    def open(self, name: str) -> Workspace:
        clean = file_name(name)
        if not clean:
            raise SourceError("the name of a corpus needs a letter or a digit")
        folder = self.uploads.resolve() / clean
        folder.mkdir(parents=True, exist_ok=True)
        if folder.is_symlink():
            raise SourceError(f"{clean} is a symbolic link: choose another name")
        return workspaces([str(folder)])[0]

    def _folders(self) -> list[Path]:
        if not self.uploads.is_dir():
            return []
        found = (path for path in self.uploads.resolve().iterdir() if path.is_dir() and not path.is_symlink())
        return sorted((path for path in found if not path.name.startswith(".")), key=lambda path: path.name.casefold())


def file_name(given: str) -> str:
    """Make a name from outside one that a file or folder can have here, and that leads nowhere else.

    Returns:
        The last part of a path, NFC, without leading dots, signs that some disks refuse, and what is not seen; an
        empty string where nothing is left.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given))[-1]
    clean = _RESERVED.sub("", shown(last)).strip().lstrip(".").strip()
    stem, dot, suffix = clean.rpartition(".")
    if not dot or len(suffix) > _LONGEST_SUFFIX:
        stem, dot, suffix = clean, "", ""
    room = _LONGEST_NAME - len(suffix.encode())
    stem = stem.encode()[:room].decode(errors="ignore").rstrip()
    return f"{stem}{dot}{suffix}" if any(character.isalnum() for character in stem) else ""


_LONGEST_SUFFIX = 5
