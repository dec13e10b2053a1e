"""What nodes made earlier: it comes back as it was, or not at all."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from ocr_project.domain.types import Reference
from ocr_project.storage.earlier import Earlier
from ocr_project.storage.scratch import Scratch
from ocr_project.storage.table_file import TableFile


@pytest.fixture
def earlier(tmp_path: Path) -> Earlier:
    return Earlier(tmp_path / "earlier", Scratch(tmp_path / "scratch"))


def test_tables_values_and_files_come_back(earlier: Earlier, tmp_path: Path) -> None:
    table = pd.DataFrame({"page_id": ["a", "b"], "rate": [0.5, float("nan")], "count": [1, 2]})
    table.attrs["made_from"] = {"pages": "abc"}
    report = tmp_path / "report.html"
    report.write_text("<p>one</p>", encoding="utf-8")
    earlier.keep("node", "key", [table, {"pages": 2.0}, report])
    found = earlier.find("node", "key")
    assert found is not None
    pd.testing.assert_frame_equal(found[0], table)
    assert found[0].attrs == table.attrs
    assert found[1] == {"pages": 2.0}
    assert found[2] != report
    assert found[2].read_text(encoding="utf-8") == "<p>one</p>"


def test_tables_whose_rows_go_by_come_back_as_drafts(earlier: Earlier, tmp_path: Path) -> None:
    rows = [Reference("p", "text", "gold")]
    tables = [TableFile.written(tmp_path / name, rows, Reference, {"of": name}) for name in ("a", "b")]
    earlier.keep("node", "key", tables)
    found = earlier.find("node", "key")
    assert found is not None
    assert [list(table.rows(Reference)) for table in found] == [rows, rows]
    assert [table.attrs for table in found] == [{"of": "a"}, {"of": "b"}]
    assert {table.path for table in found}.isdisjoint(table.path for table in tables)


def test_an_empty_table_keeps_its_columns(earlier: Earlier) -> None:
    table = pd.DataFrame(columns=["run", "slice", "value"])
    earlier.keep("node", "key", [table])
    found = earlier.find("node", "key")
    assert found is not None
    assert list(found[0].columns) == list(table.columns)
    assert found[0].to_csv() == table.to_csv()


def test_another_key_or_name_finds_nothing(earlier: Earlier) -> None:
    earlier.keep("node", "key", [{"a": 1}])
    assert earlier.find("node", "other") is None
    assert earlier.find("other", "key") is None


def test_the_latest_result_takes_the_place_of_the_one_before(earlier: Earlier) -> None:
    earlier.keep("node", "first", [{"a": 1}])
    earlier.keep("node", "second", [{"a": 2}])
    assert earlier.find("node", "first") is None
    assert earlier.find("node", "second") == ({"a": 2},)


@pytest.mark.parametrize("file", ["0", "about.json"])
def test_what_is_damaged_is_nothing(
    earlier: Earlier, tmp_path: Path, file: str, caplog: pytest.LogCaptureFixture
) -> None:
    earlier.keep("node", "key", [pd.DataFrame({"a": range(100)})])
    path = tmp_path / "earlier" / "node" / file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 64
    path.write_bytes(content)
    assert earlier.find("node", "key") is None
    assert "made again" in caplog.text or file == "about.json"


def test_only_a_file_that_is_what_was_kept_has_a_time(earlier: Earlier, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("now")
    assert earlier.made("node", page) is None
    earlier.keep("node", "key", [{"a": 1}, page])
    assert earlier.made("node", page) == (tmp_path / "earlier" / "node" / "about.json").stat().st_mtime
    page.write_text("made anew, and not kept")
    assert earlier.made("node", page) is None
