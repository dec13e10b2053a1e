"""A table in one Parquet file that a full disk, or a kill, leaves as it was before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from kedro.io import AbstractDataset

from ocr_project.domain.whole_file import atomic


class WholeTable(AbstractDataset[pd.DataFrame, pd.DataFrame]):
    """A data frame as one Parquet file, there whole or not at all.

    Why not `pandas.ParquetDataset`: it writes in place, and half a table is what the next stage finds.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Args:
        filepath: The file.
        metadata: For plugins such as kedro-viz; not used here.
        """
        self._path = Path(filepath)
        self.metadata = metadata

    def load(self) -> pd.DataFrame:
        return pd.read_parquet(self._path)

    def save(self, data: pd.DataFrame) -> None:
        with atomic(self._path) as file:
            data.to_parquet(file)

    def _exists(self) -> bool:
        return self._path.is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._path)}
