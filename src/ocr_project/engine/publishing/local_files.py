"""The files of a folder as the Hub knows files: by sha256 where they are large, by git's hash where they are not."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file to be published.

    Attributes:
        path: Where it lies.
        name: In the repository.
        sha256: Of its bytes, hexadecimal: what the Hub knows large files by.
        blob: git's own hash (sha1 of a header and the bytes): what it knows the others by.
    """

    path: Path
    name: str
    size: int
    sha256: str
    blob: str


def list_files(folder: Path) -> list[LocalFile]:
    """Read and hash all files of a folder, sorted by name; hidden ones are left out."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("."))
    return [_hashed(path, path.relative_to(folder).as_posix()) for path in paths]


def _hashed(path: Path, name: str) -> LocalFile:
    size = path.stat().st_size
    sha256, blob = hashlib.sha256(), hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sha256.update(chunk)
            blob.update(chunk)
    return LocalFile(path, name, size, sha256.hexdigest(), blob.hexdigest())
