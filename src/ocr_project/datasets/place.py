"""What datasets of one file or one folder have in common, with or without versions."""

from __future__ import annotations

import logging
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from kedro.io import AbstractVersionedDataset, Version

from ocr_project.storage.scratch import remove_leftovers

_logger = logging.getLogger(__name__)
_said: set[str] = set()  # versions of runs that were warned

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

    def resolve_load_version(self) -> str | None:
        """Return the version that this run has saved; where it has saved none, the newest by its name.

        Kedro takes the newest always: with a clock that was set back, that is one of an earlier run.
        """
        version = self._version
        if version is not None and not version.load and version.save and self._is_there(version.save):
            return str(version.save)
        return super().resolve_load_version()

    def place_to_save(self) -> Path:
        """Return where to save; what killed runs left half written in other versions is removed."""
        path = Path(self._get_save_path())
        if self._version is not None:
            remove_leftovers(self.root, path.parent)
            self._compare_clocks(path.parent.name)
        return path

    def _compare_clocks(self, version: str) -> None:
        later = max((name for name in self.list_versions(full_path=False) if name > version), default="")
        if later and version not in _said:
            _said.add(version)
            _logger.warning(
                "%s has a version of %s, which is later than now: was the clock set back? This run uses what it saves"
                " itself; later ones take the version with the latest name. Remove that one if it is not wanted.",
                *(self.root, later),
            )

    def _is_there(self, version: str) -> bool:
        return Path(self._get_versioned_path(version)).exists()

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
