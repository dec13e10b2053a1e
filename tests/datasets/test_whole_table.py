"""Tables in one file, there whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from kedro.io import DatasetError, Version

from ocr_project.datasets import LongTable, WholeTable
from ocr_project.domain.schemas import to_frame
from ocr_project.domain.types import PageConfidence
from ocr_project.storage.table_file import AT_ONCE, TableFile
from tests.whole_job import ROOT

TABLE = pd.DataFrame({"name": ["a", "나"], "rate": [0.5, 0.25]})


@pytest.mark.parametrize("name", ["table.parquet", "table.csv"])
def test_what_is_saved_comes_back(name: str, tmp_path: Path) -> None:
    table = WholeTable(filepath=str(tmp_path / "deep" / name))
    assert not table.exists()
    table.save(TABLE)
    assert table.exists()
    pd.testing.assert_frame_equal(table.load(), TABLE)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == [name]
    assert table.preview(1) == {"index": [0], "columns": ["name", "rate"], "data": [["a", 0.5]]}


@pytest.mark.parametrize("name", ["table.parquet", "table.csv"])
def test_a_draft_whose_rows_go_by_is_the_table_that_a_frame_would_be(name: str, tmp_path: Path) -> None:
    rows = [PageConfidence("=p", "d", page, page / 7 if page % 2 else None, 0) for page in range(AT_ONCE + 1)]
    draft = TableFile.written(tmp_path / "draft", rows, PageConfidence, {"made_from": {"pages": "abc"}})
    frame = to_frame(rows, PageConfidence)
    frame.attrs["made_from"] = {"pages": "abc"}
    whole, by_rows = (WholeTable(filepath=str(tmp_path / folder / name)) for folder in ("whole", "rows"))
    whole.save(frame)
    by_rows.save(draft)
    pd.testing.assert_frame_equal(by_rows.load(), whole.load())
    assert by_rows.load().attrs == frame.attrs
    if name.endswith(".csv"):
        assert by_rows.path.read_bytes() == whole.path.read_bytes()
    assert not draft.path.exists()


def test_a_long_table_is_loaded_without_being_read(tmp_path: Path) -> None:
    rows = [PageConfidence("p", "d", page, 0.5, 0) for page in range(3)]
    table = LongTable(filepath=str(tmp_path / "deep" / "table.parquet"))
    table.save(TableFile.written(tmp_path / "draft", rows, PageConfidence, {}))
    assert list(table.load().rows(PageConfidence)) == rows
    assert table.preview(1)["data"] == [["p", "d", 0, 0.5, 0]]
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]


@pytest.mark.parametrize("name", ["mine.parquet", "mine.csv", "long.parquet"])
def test_a_table_that_a_node_of_ones_own_passes_on_stays_where_it_was(name: str, tmp_path: Path) -> None:
    rows = [PageConfidence("p", "d", page, 0.5, 0) for page in range(3)]
    kept = LongTable(filepath=str(tmp_path / "kept.parquet"))
    kept.save(TableFile.written(tmp_path / "draft", rows, PageConfidence, {}))
    mine = (LongTable if name == "long.parquet" else WholeTable)(filepath=str(tmp_path / name))
    mine.save(kept.load())
    found = mine.load()
    assert len(found) == 3
    assert list(kept.load().rows(PageConfidence)) == rows


def test_a_frame_is_no_long_table_and_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"keeps a TableFile, and a node returned a DataFrame: return TableFile\."):
        LongTable(filepath=str(tmp_path / "table.parquet")).save(TABLE)


def test_versions_rest_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    for rate, day in ((0.5, 1), (0.75, 2)):  # by the clock, both may be of one millisecond
        version = Version(None, f"2026-01-0{day}T00.00.00.000Z")
        WholeTable(filepath=str(path), version=version).save(TABLE.assign(rate=rate))
    assert len(list(path.glob("*/table.csv"))) == 2
    assert set(WholeTable(filepath=str(path), version=Version(None, None)).load()["rate"]) == {0.75}


def test_a_table_that_cannot_be_written_stays_as_it_was(tmp_path: Path) -> None:
    table = WholeTable(filepath=str(tmp_path / "table.parquet"))
    table.save(TABLE)
    with pytest.raises(Exception, match="mixed"):
        table.save(pd.DataFrame({"mixed": [1, "a", b"\xff"]}))
    pd.testing.assert_frame_equal(table.load(), TABLE)
    assert [path.name for path in tmp_path.iterdir()] == ["table.parquet"]


def test_what_most_runs_do_not_need_is_not_imported_to_start_one() -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from kedro.framework.project import pipelines\n"
        "from kedro.framework.session import KedroSession\n"
        "from kedro.framework.startup import bootstrap_project\n"
        "bootstrap_project(Path.cwd()); dict(pipelines)\n"
        "with KedroSession.create(project_path=Path.cwd()) as session:\n"
        "    catalog = session.load_context().catalog\n"
        "    [catalog.get(name) for name in ('documents', 'score_table', 'ingest_metrics')]\n"
        "print(*sorted({'huggingface_hub', 'pandas_gbq', 'IPython', 'torch', 'transformers'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "DO_NOT_TRACK": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not done.stdout.strip()


def test_a_csv_holds_nothing_that_a_spreadsheet_computes_and_comes_back_as_it_was(tmp_path: Path) -> None:
    names = ["=HYPERLINK(1)", "'=1", "@a", "-2+3", "+1", "NA", "nan", "", '가, "나"', "\t=1"]
    saved = pd.DataFrame({"name": names, "rate": [0.5, -0.25, float("nan"), *range(7)]})
    table = WholeTable(filepath=str(tmp_path / "table.csv"))
    table.save(saved)
    lines = (tmp_path / "table.csv").read_text().splitlines()[1:]
    assert lines[:5] == ["'=HYPERLINK(1),0.5", "''=1,-0.25", "'@a,", "'-2+3,0.0", "+1,1.0"]
    found = table.load()
    assert list(found["name"]) == names
    pd.testing.assert_series_equal(found["rate"], saved["rate"])
