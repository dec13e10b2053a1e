"""The Kedro face of a `TableFile`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from kedro.io import DatasetError

from ocr_project.datasets.place import Place
from ocr_project.storage.table_file import TableFile

if TYPE_CHECKING:
    from kedro_datasets._typing import TablePreview


class LongTable(Place[TableFile, TableFile]):
    """A table with a row for each page, or several, as one Parquet file: no node holds it whole.

    The node writes a draft, and it is moved to where it belongs, as with `Written`. A small table is a `WholeTable`.
    """

    def load(self) -> TableFile:
        return TableFile(self.path)

    def save(self, data: TableFile) -> None:
        if not isinstance(data, TableFile):
            raise DatasetError(
                f"{type(self).__name__} keeps a TableFile, and a node returned a {type(data).__name__}: return"
                " TableFile.written(…), or let the catalog have this table as a pandas.ParquetDataset"
            )
        data.put(self.place_to_save())

    def preview(self, nrows: int = 5) -> TablePreview:
        """Return the first rows, for kedro-viz."""
        return cast("TablePreview", next(self.load().parts()).head(nrows).to_dict(orient="split"))
