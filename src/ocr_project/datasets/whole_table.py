"""A table in one file, Parquet or CSV, that a full disk, or a kill, leaves as it was before."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, cast

import pandas as pd
from kedro.io import AbstractVersionedDataset, Version

from ocr_project.datasets.written import exists, glob
from ocr_project.storage.atomic import atomic_file

if TYPE_CHECKING:
    from kedro_datasets._typing import TablePreview

_CSV = ".csv"


class WholeTable(AbstractVersionedDataset[pd.DataFrame, pd.DataFrame]):
    """A data frame as one Parquet or CSV file, by its suffix; there whole or not at all.

    Why not Kedro's own: they write in place, and half a table is what the next stage finds. And asking for one of them
    imports all of them, BigQuery's client included: 0.3 s of every start.
    """

    def __init__(
        self, *, filepath: str, version: Version | None = None, metadata: dict[str, Any] | None = None
    ) -> None:
        """Args:
        filepath: The file. CSV is written without the index.
        version: Set by Kedro for `versioned: true`.
        metadata: For plugins such as kedro-viz; not used here.
        """
        super().__init__(PurePosixPath(filepath), version, exists_function=exists, glob_function=glob)
        self.metadata = metadata

    def load(self) -> pd.DataFrame:
        path = Path(self._get_load_path())
        return pd.read_csv(path) if path.suffix == _CSV else pd.read_parquet(path)

    def save(self, data: pd.DataFrame) -> None:
        path = Path(self._get_save_path())
        with atomic_file(path) as file:
            if path.suffix == _CSV:
                data.to_csv(file, index=False)
            else:
                data.to_parquet(file)

    def preview(self, nrows: int = 5) -> TablePreview:
        """Return the first rows, for kedro-viz."""
        return cast("TablePreview", self.load().head(nrows).to_dict(orient="split"))

    def _exists(self) -> bool:
        return exists(str(self._get_load_path()))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "version": self._version}
