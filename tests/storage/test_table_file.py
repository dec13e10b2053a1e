"""Tables whose rows go by: what pandas reads of them, what is looked up, and what stays of half a table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ocr_project.domain.schemas import to_frame
from ocr_project.domain.types import Embedding, Reference, Score, Status
from ocr_project.storage.known_rows import KnownRows
from ocr_project.storage.page_places import PagePlaces
from ocr_project.storage.table_file import AT_ONCE, TableFile

ROWS = [Reference(f"d_{number:05d}", f"글 {number}", "gold") for number in range(2 * AT_ONCE + 5)]


def test_for_pandas_it_is_the_table_that_a_frame_would_be(tmp_path: Path) -> None:
    rows = [Score(f"p{number}", "d", "", "cer", number, 10, Status.OK, "") for number in range(AT_ONCE + 1)]
    TableFile.written(tmp_path / "lazy.parquet", iter(rows), Score, {"made_from": {"pages": "abc"}})
    whole = to_frame(rows, Score)
    whole.attrs["made_from"] = {"pages": "abc"}
    whole.to_parquet(tmp_path / "whole.parquet")
    found, expected = (pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("lazy", "whole"))
    pd.testing.assert_frame_equal(found, expected)
    assert found.attrs == expected.attrs


def test_who_takes_it_for_a_data_frame_is_told_how_to_have_one(tmp_path: Path) -> None:
    table = TableFile.written(tmp_path / "table.parquet", iter(ROWS), Reference, {"made_from": {"pages": "abc"}})
    pd.testing.assert_frame_equal(table.frame(), pd.read_parquet(table.path))
    assert table.frame().attrs == {"made_from": {"pages": "abc"}}
    assert list(table.frame("text").columns) == ["text"]
    assert "2,005 rows" in repr(table)
    with pytest.raises(AttributeError, match=r"no 'groupby': \.frame\(\) is a data frame"):
        table.groupby("kind")
    with pytest.raises(TypeError, match=r"\.frame\(\) is a data frame"):
        table["kind"]
    with pytest.raises(TypeError, match=r"\.frame\(\) is a data frame"):
        list(table)


def test_rows_come_back_in_order_and_by_their_place(tmp_path: Path) -> None:
    table = TableFile.written(tmp_path / "table.parquet", iter(ROWS), Reference, {})
    assert list(table.rows(Reference)) == ROWS
    assert len(table) == len(ROWS)
    assert table.group(2, Reference) == ROWS[2 * AT_ONCE :]
    assert [len(part) for part in table.parts("page_id")] == [AT_ONCE, AT_ONCE, 5]


@pytest.mark.parametrize(("at_once", "parts"), [(2, [2, 2, 1]), (5, [5]), (AT_ONCE, [5])])
def test_rows_are_known_by_their_ids(tmp_path: Path, at_once: int, parts: list[int]) -> None:
    rows = [Embedding(f"q{number}", "query", "text", np.full(3, number, np.float32)) for number in range(5)]
    table = TableFile.written(tmp_path / "table.parquet", iter(rows), Embedding, {}, at_once)
    assert [len(part) for part in table.parts("item_id")] == parts
    known = KnownRows(table, Embedding, "item_id")
    found = [known.get(row_id) for row_id in ("q4", "q0", "q3", "q5")]
    assert [row and (row.item_id, *row.vector) for row in found] == [
        ("q4", 4, 4, 4),
        ("q0", 0, 0, 0),
        ("q3", 3, 3, 3),
        None,
    ]
    assert [row.item_id for row in table.rows(Embedding)] == [row.item_id for row in rows]


def test_a_table_without_rows_has_its_columns_and_attributes(tmp_path: Path) -> None:
    table = TableFile.written(tmp_path / "table.parquet", [], Reference, {"made_from": {}})
    assert not len(table)
    assert list(table.rows(Reference)) == []
    assert [list(part.columns) for part in table.parts("text")] == [["text"]]
    assert table.attrs == {"made_from": {}}
    assert list(pd.read_parquet(table.path).columns) == ["page_id", "text", "kind"]


def test_an_error_of_what_makes_the_rows_is_said(tmp_path: Path) -> None:
    def rows() -> Iterator[Reference]:
        yield ROWS[0]
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        TableFile.written(tmp_path / "table.parquet", rows(), Reference, {})


def test_places_are_found_whatever_the_order_and_the_length_of_ids() -> None:
    places = PagePlaces([["b", "long_00001"], [], ["a", "글"]])
    assert [places.find(page_id) for page_id in ("b", "long_00001", "a", "글", "long", "long_000012", "")] == [
        *(0, 1, 2, 3),
        *(-1, -1, -1),
    ]
    assert "글" in places
    assert "none" not in places
    assert list(places.find_all(["a", "x"])) == [2, -1]
    assert PagePlaces([]).find("a") == -1
