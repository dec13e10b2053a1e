"""CSV files that a person hands over."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocr_project.domain.errors import SourceError
from ocr_project.storage.given_table import read_given_table


def write(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_separators_line_ends_and_marks_do_not_matter(
    tmp_path: Path, separator: str, ends: str, encoding: str
) -> None:
    lines = (" id ", "answer"), ("0", "а"), ("1", ""), ("2", '"x\ny"')
    text = ends.join(separator.join(cells) for cells in lines)
    table = read_given_table(write(tmp_path, text, encoding))
    assert table.columns == ("id", "answer")
    assert [dict(row.cells) for row in table.rows] == [
        {"id": "0", "answer": "а"},
        {"id": "1", "answer": ""},
        {"id": "2", "answer": "x\ny"},
    ]


def test_rows_know_their_number_and_their_line(tmp_path: Path) -> None:
    table = read_given_table(write(tmp_path, 'a;b\n"1\n2";x\n\n3;y\n'))
    assert [(row.number, row.line) for row in table.rows] == [(0, 2), (1, 5)]
    assert table.place(table.rows[1], "b").endswith("table.csv, line 5, column b")


def test_a_row_of_empty_cells_is_a_row(tmp_path: Path) -> None:
    """It has a number: those after it would move."""
    table = read_given_table(write(tmp_path, "a;b\n;\n1;2"))
    assert [dict(row.cells) for row in table.rows] == [{"a": "", "b": ""}, {"a": "1", "b": "2"}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("\n  \n", "is empty"),
        ("a;a;b\n", "has the column a twice"),
        ("a;b\n1\n1;2;3\n1;2", "line 2 has 1 cells, not 2; line 3 has 3 cells, not 2"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        read_given_table(write(tmp_path, text))


def test_a_cell_longer_than_the_modules_limit_is_read(tmp_path: Path) -> None:
    table = read_given_table(write(tmp_path, f"a;b\n{'x' * 200_000};y"))
    assert len(table.rows[0].cells["a"]) == 200_000
