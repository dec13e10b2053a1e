"""A file or folder that is written by whoever knows how, and loads as its path.

For what is a stream on its way out and a path on its way in: reports, exports, vectors to map into
memory. The node returns a function that writes to the path it is given; the catalog says where.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from kedro.io import AbstractVersionedDataset, Version

Writer = Callable[[Path], None]


class Written(AbstractVersionedDataset[Writer, Path]):
    """Saves by calling, loads as a path. The writer is the one who keeps the write atomic."""

    def __init__(
        self, *, filepath: str, version: Version | None = None, metadata: dict[str, Any] | None = None
    ) -> None:
        """Args:
        filepath: The file or folder.
        version: Set by Kedro for `versioned: true`.
        metadata: For plugins such as kedro-viz; not used here.
        """
        super().__init__(PurePosixPath(filepath), version, exists_function=exists, glob_function=glob)
        self.metadata = metadata

    def load(self) -> Path:
        return Path(self._get_load_path())

    def save(self, data: Writer) -> None:
        path = Path(self._get_save_path())
        path.parent.mkdir(parents=True, exist_ok=True)
        data(path)

    def _exists(self) -> bool:
        return Path(self._get_load_path()).exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "version": self._version}


def exists(path: str) -> bool:
    """Say whether a version is there, as Kedro asks."""
    return Path(path).exists()


def glob(pattern: str) -> list[str]:
    """List the versions that match a pattern, as Kedro asks."""
    root = Path(pattern)
    while "*" in str(root):
        root = root.parent
    return [str(path) for path in root.glob(str(PurePosixPath(pattern).relative_to(root)))]
