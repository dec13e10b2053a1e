"""The Kedro face of a `ShardFolder`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

from ocr_project.domain.schemas import ROW_TYPES
from ocr_project.domain.types import Prune, Shard
from ocr_project.storage.shard_folder import ShardFolder


class ShardedParquet(AbstractDataset[Shard | Prune, ShardFolder]):
    """A folder of Parquet shards: loads lazily and never fails for being empty, saves one shard at a time.

    Why not Kedro's own: `PartitionedDataset` raises on an empty folder and, under a generator node, keeps
    either the last partition only or the stale ones too; the mark of `IncrementalDataset` skips `doc_10`
    after `doc_2`.
    """

    def __init__(self, *, filepath: str, row: str, metadata: dict[str, Any] | None = None) -> None:
        """Args:
        filepath: The folder.
        row: Name of the row type, a key of `ROW_TYPES`.
        metadata: For plugins such as kedro-viz; not used here.
        """
        self._folder = ShardFolder(Path(filepath), ROW_TYPES[row])
        self.metadata = metadata

    def load(self) -> ShardFolder:
        return self._folder

    def save(self, data: Shard | Prune) -> None:
        if isinstance(data, Prune):
            self._folder.prune(data)
        else:
            self._folder.write(data)

    def _exists(self) -> bool:
        return bool(self._folder.index())

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._folder.folder), "row": self._folder.row_type.__name__}
