"""What nodes need of the world beside data: the checkout, a folder for drafts, and what options name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, NoReturn, TypeVar

from kedro.io import AbstractDataset, DatasetError

from ocr_project.domain.project import Project
from ocr_project.storage.checkout import describe
from ocr_project.storage.earlier import Earlier
from ocr_project.storage.scratch import Scratch

Loaded = TypeVar("Loaded")


class _LoadedOnly(AbstractDataset[NoReturn, Loaded], Generic[Loaded]):
    def __init__(self, metadata: dict[str, Any] | None) -> None:
        self.metadata = metadata

    def save(self, data: NoReturn) -> None:
        raise DatasetError(f"{type(self).__name__} is read-only: it cannot be saved")

    def _exists(self) -> bool:
        return True


class Checkout(_LoadedOnly[Project]):
    """The project's folder, its commit, and the folder of its data."""

    def __init__(self, *, filepath: str, data: str, metadata: dict[str, Any] | None = None) -> None:
        """Name the folders; git is asked when it is loaded.

        Args:
            filepath: The folder of the project, `.` in the catalog.
            data: The folder of the data, from the project's.
            metadata: For plugins such as kedro-viz; not used here.
        """
        super().__init__(metadata)
        self._root = Path(filepath)
        self.data = self._root / str(data)  # a folder may be called 2026
        self.profile = "base"  # a catalog is not told: a hook says which it is

    def load(self) -> Project:
        return Project(self._root, self.data, describe(self._root), self.profile)

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._root), "data": str(self.data)}


class ScratchFolder(_LoadedOnly[Scratch]):
    """A folder in which nodes write drafts; what killed runs left in it is removed when it is loaded."""

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Name the folder.

        Args:
            filepath: The folder, on the file system of the results.
            metadata: For plugins such as kedro-viz; not used here.
        """
        super().__init__(metadata)
        self._root = Path(filepath)

    def load(self) -> Scratch:
        scratch = Scratch(self._root)
        scratch.sweep()
        return scratch

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._root)}


class EarlierResults(_LoadedOnly[Earlier]):
    """What nodes made in earlier runs: they look there before they make it again (`engine.running.once`)."""

    def __init__(self, *, filepath: str, scratch: str, metadata: dict[str, Any] | None = None) -> None:
        """Name the folders.

        Args:
            filepath: The folder of the results.
            scratch: The folder of drafts, on the same file system.
            metadata: For plugins such as kedro-viz; not used here.
        """
        super().__init__(metadata)
        self._root = Path(filepath)
        self._scratch = Path(scratch)

    def load(self) -> Earlier:
        return Earlier(self._root, Scratch(self._scratch))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._root)}


class NamedByOption(_LoadedOnly[Loaded]):
    """What a path among the options leads to. A catalog cannot read options: a hook says how it is looked up."""

    def __init__(self, *, option: str, metadata: dict[str, Any] | None = None) -> None:
        """Name the option.

        Args:
            option: For example `ingest.source`.
            metadata: For plugins such as kedro-viz; not used here.
        """
        super().__init__(metadata)
        self._option = option
        self._look_up: Callable[[], Loaded] | None = None

    def bind(self, look_up: Callable[[], Loaded]) -> None:
        """Say how it is looked up; that is done at each load."""
        self._look_up = look_up

    def load(self) -> Loaded:
        if self._look_up is None:
            raise DatasetError(f"{self._option} is resolved by the project's hooks, which do not run here")
        return self._look_up()

    def _describe(self) -> dict[str, Any]:
        return {"option": self._option}
