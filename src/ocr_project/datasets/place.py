"""What datasets of one file or one folder have in common, with or without versions."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from kedro.io import AbstractVersionedDataset, Version

Saved = TypeVar("Saved")
Loaded = TypeVar("Loaded")


class Place(AbstractVersionedDataset[Saved, Loaded]):
    """A file or folder on this machine."""

    def __init__(
        self, *, filepath: str, version: Version | None = None, metadata: dict[str, Any] | None = None
    ) -> None:
        """Name the place.

        Args:
            filepath: The file or folder.
            version: Set by Kedro for `versioned: true`.
            metadata: For plugins such as kedro-viz; not used here.
        """
        super().__init__(PurePosixPath(filepath), version, exists_function=_exists, glob_function=_glob)
        self.metadata = metadata

    @property
    def path(self) -> Path:
        """Return where it is loaded from; of a versioned one that is this run's version, or else the newest."""
        return Path(self._get_load_path())

    @property
    def root(self) -> Path:
        """Return the path in the catalog; of a versioned one that is the folder of its versions."""
        return Path(self._filepath)

    def _exists(self) -> bool:
        return self.path.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "version": self._version}


def _exists(path: str) -> bool:
    """Say whether a version is there, as Kedro asks."""
    return Path(path).exists()


def _glob(pattern: str) -> list[str]:
    """List the versions that match a pattern, as Kedro asks."""
    root = Path(pattern)
    while "*" in str(root):
        root = root.parent
    return [str(path) for path in root.glob(str(PurePosixPath(pattern).relative_to(root)))]
