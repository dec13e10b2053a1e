"""VLMHyperBench's folders, as they are and as they must not be."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocr_project.bench.fields.annotation import read_field_set, select_questions
from ocr_project.domain.errors import SourceError
from ocr_project.domain.options import FieldsOptions
from ocr_project.domain.types import Box

HEAD = "data_index;split;image_path;question;answer;doc_class;question_type;answer_bbox"
CARD = "data index;split;image path;question;answer;doc class;question type;answear bbox"
ROWS = (
    "1;clean;images/1.jpg;Напиши Фамилия;Осипов;snils;Фамилия;[157.5, 222.0, 361.7, 252.7]",
    "1;clean;images/1.jpg;Напиши Пол;;snils;Пол;[]",
    "2;dirty;images/2.jpg;Напиши Номер;44;invoice;Номер;",
)


def folder(tmp_path: Path, head: str = HEAD, rows: tuple[str, ...] = ROWS, name: str = "annotation.csv") -> Path:
    root = tmp_path / "snils_x2"
    (root / "images").mkdir(parents=True, exist_ok=True)
    for number in (1, 2):
        (root / "images" / f"{number}.jpg").write_bytes(b"image")
    (root / name).write_text("\n".join((head, *rows)), encoding="utf-8")
    return root


def boxless(rows: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(row.replace(";[]", ";") for row in rows)


def test_questions_are_numbered_by_row_and_share_the_page_of_their_image(tmp_path: Path) -> None:
    found = read_field_set(folder(tmp_path, rows=boxless(ROWS)))
    first, second, third = found.questions
    assert found.name == "snils_x2"
    assert [question.question_id for question in found.questions] == [0, 1, 2]
    assert first.page_id == second.page_id != third.page_id
    assert [question.document for question in found.questions] == ["1", "1", "2"]
    assert (first.doc_type, first.field, first.split, first.text) == ("snils", "Фамилия", "clean", "Напиши Фамилия")
    assert (first.truth, second.truth) == ("Осипов", "")
    assert (first.box, third.box) == (Box(157.5, 222.0, 361.7, 252.7), None)


@pytest.mark.parametrize(
    ("name", "head", "mark", "separator"),
    [
        ("annotation.csv", HEAD, "\ufeff", ";"),
        ("annotation.\u0441sv", HEAD, "", ";"),  # the card's file name: a Cyrillic letter
        (
            "Annotation.csv",
            "data index;split;image path;question;answer;doc class;question type;answear bbox",
            "",
            ";",
        ),
        ("annotation.csv", HEAD.upper(), "\ufeff", ","),
    ],
)
def test_every_spelling_of_the_card_and_the_code_is_read(
    tmp_path: Path, name: str, head: str, mark: str, separator: str
) -> None:
    rows = tuple(row.replace("[157.5, 222.0, 361.7, 252.7]", "").replace(";[]", ";") for row in ROWS)
    root = folder(tmp_path, name="old.csv", rows=rows)
    plain = (root / "old.csv").read_text(encoding="utf-8").replace(HEAD, head).replace(";", separator)
    (root / "old.csv").unlink()
    (root / name).write_text(mark + plain, encoding="utf-8")
    found = read_field_set(root)
    assert [question.truth for question in found.questions] == ["Осипов", "", "44"]
    assert [question.field for question in found.questions] == ["Фамилия", "Пол", "Номер"]


def test_all_bad_rows_are_refused_with_line_and_column(tmp_path: Path) -> None:
    rows = (
        "1;clean;images/1.jpg;q;a;snils;Пол;[1, 2, 3]",
        "1;clean;images/7.jpg;q;a;snils;Пол;",
        "1;clean;images/1.jpg;q;a;;Пол;[1, 2, 3, __import__('os')]",
        "1;clean;../../secret.jpg;q;a;snils;;",
    )
    with pytest.raises(SourceError) as refused:
        read_field_set(folder(tmp_path, rows=rows))
    said = str(refused.value)
    assert "line 2, column answer_bbox: '[1, 2, 3]' is not a box" in said
    assert "line 3, column image_path: there is no image images/7.jpg" in said
    assert "line 4, column doc_class is empty" in said
    assert "line 4, column answer_bbox" in said
    assert "line 5, column question_type is empty" in said
    assert "line 5, column image_path: there is no image ../../secret.jpg" in said


def test_missing_columns_and_rows_of_another_length_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no column answer, question_type; it has data_index, image_path, doc_class"):
        read_field_set(folder(tmp_path, head="data_index;image_path;doc_class", rows=()))
    with pytest.raises(SourceError, match="line 3 has 3 cells, not 8"):
        read_field_set(folder(tmp_path, rows=(boxless(ROWS)[0], "1;2;3")))


def test_answers_may_be_scored_where_the_images_are_not(tmp_path: Path) -> None:
    root = folder(tmp_path, rows=boxless(ROWS))
    (root / "images" / "1.jpg").unlink()
    assert len(read_field_set(root / "annotation.csv", images=False).questions) == 3
    with pytest.raises(SourceError, match="there is no image"):
        read_field_set(root)


def test_further_columns_are_slices(tmp_path: Path) -> None:
    rows = tuple(f"{row};{damage}" for row, damage in zip(boxless(ROWS), ("glare", "", "fold"), strict=True))
    found = read_field_set(folder(tmp_path, head=f"{HEAD};Damage kind", rows=rows))
    assert [question.slices for question in found.questions] == [
        (("Damage kind", "glare"),),
        (),
        (("Damage kind", "fold"),),
    ]


def test_each_filter_works_alone_and_keeps_numbers(tmp_path: Path) -> None:
    found = read_field_set(folder(tmp_path, rows=boxless(ROWS)))

    def kept(**filters: object) -> list[int]:
        options = FieldsOptions.model_validate(filters)
        return [question.question_id for question in select_questions(found, options).questions]

    assert kept(doc_type="invoice") == [2]
    assert kept(field="Пол+Номер") == [1, 2]
    assert kept(split=["clean"]) == [0, 1]
    assert kept(limit=1) in ([0, 1], [2])
    with pytest.raises(SourceError, match=r"fields\.doc_type: the set has no passport; it has invoice, snils"):
        kept(doc_type="passport")
    with pytest.raises(SourceError, match="no question of the set has"):
        kept(doc_type="invoice", field="Пол")


def test_text_stays_as_it_is_written(tmp_path: Path) -> None:
    """Theirs reads a column of digits as numbers, and `NA` as NaN."""
    rows = tuple(f"1;clean;images/1.jpg;q;{truth};snils;{field};" for field, truth in (("a", "0044"), ("b", "NA")))
    assert [question.truth for question in read_field_set(folder(tmp_path, rows=rows)).questions] == ["0044", "NA"]
