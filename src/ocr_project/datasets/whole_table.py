"""A table in one file, Parquet or CSV, that a full disk, or a kill, leaves as it was before."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from ocr_project.datasets.place import Place
from ocr_project.domain.outside_text import csv_cell, csv_text
from ocr_project.storage.atomic import atomic_file, atomic_json
from ocr_project.storage.table_file import AT_ONCE, TableFile

if TYPE_CHECKING:
    from kedro_datasets._typing import TablePreview

_CSV = ".csv"


class WholeTable(Place[pd.DataFrame | TableFile, pd.DataFrame]):
    """A data frame as one Parquet or CSV file, by its suffix; CSV without the index. There whole or not at all.

    In CSV, text that a spreadsheet would compute has an apostrophe before it. Loaded, it is as it was saved: a folder
    may be called `NA`, `+1` or `=HYPERLINK(…)`, and what lies in none has the name "".

    A node may return a draft of it, a `TableFile`: its rows go by on their way into CSV, and it is gone then.

    Attributes of a table (`DataFrame.attrs`) are kept: in Parquet's own metadata, else in a hidden file beside it.

    Why not Kedro's own: they write in place, and half a table is what the next stage finds. And asking for one of them
    imports all of them, BigQuery's client included: 0.3 s of every start.
    """

    def load(self) -> pd.DataFrame:
        path = self.path
        if path.suffix != _CSV:
            return pd.read_parquet(path, use_threads=False)  # each thread keeps some of the memory that it freed
        table, beside = _read_csv(path), _beside(path)
        if beside.is_file():
            table.attrs = json.loads(beside.read_text(encoding="utf-8"))
        return table

    def save(self, data: pd.DataFrame | TableFile) -> None:
        path = self.place_to_save()
        if path.suffix == _CSV:
            self._save_csv(data, path)
        elif isinstance(data, TableFile):
            data.put(path)
        else:
            with atomic_file(path) as file:
                data.to_parquet(file)

    def _save_csv(self, data: pd.DataFrame | TableFile, path: Path) -> None:
        _beside(path).unlink(missing_ok=True)  # before the table: that of another one would be worse than none
        with atomic_file(path) as file:
            for place, part in enumerate(_parts(data)):
                _each_text(part, csv_cell).to_csv(file, index=False, header=not place)
        if data.attrs:
            atomic_json(_beside(path), data.attrs)
        if isinstance(data, TableFile) and data.is_draft:
            data.path.unlink()

    def preview(self, nrows: int = 5) -> TablePreview:
        """Return the first rows, for kedro-viz."""
        return cast("TablePreview", self.load().head(nrows).to_dict(orient="split"))


def _parts(data: pd.DataFrame | TableFile) -> Iterator[pd.DataFrame]:
    """Yield the rows some at a time; at least once, for the names of the columns."""
    if isinstance(data, pd.DataFrame):
        yield from (data.iloc[first : first + AT_ONCE] for first in range(0, len(data) or 1, AT_ONCE))
    else:
        yield from data.parts()


def _beside(path: Path) -> Path:
    """Return the file of a CSV's attributes, for which it has no room: what it was made from."""
    return path.with_name(f".{path.name}.attributes.json")


def _read_csv(path: Path) -> pd.DataFrame:
    table = pd.read_csv(path, keep_default_na=False, na_values=[""])
    return table.assign(**{name: _as_saved(table[name]) for name in _texts(table)})


def _as_saved(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return texts without the marks of `csv_cell`; of those that have none, no object is made."""
    texts = column.fillna("")
    marked = texts.astype("str").str.startswith("'")
    return texts.mask(marked, texts[marked].map(csv_text)) if marked.any() else texts


def _each_text(table: pd.DataFrame, change: Callable[[Any], Any]) -> pd.DataFrame:
    """Change the cells of the columns that hold text."""
    return table.assign(**{name: table[name].map(change) for name in _texts(table)})


def _texts(table: pd.DataFrame) -> list[str]:
    return [name for name in table.columns if pd.api.types.is_string_dtype(table[name]) or table[name].dtype == object]
