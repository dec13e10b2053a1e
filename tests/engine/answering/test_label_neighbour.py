"""The laptop's baseline: labels found among words, values beside, above and below them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import FieldsOptions
from ocr_project.domain.types import Asked, Status
from ocr_project.engine.answering import build_answerer
from ocr_project.engine.answering.label_neighbour.finding import find_label, find_value
from ocr_project.engine.answering.label_neighbour.reading import PageLine, in_lines, languages_for
from ocr_project.engine.answering.label_neighbour.values import form_of
from ocr_project.engine.imaging.pixels import encode
from ocr_project.engine.imaging.tesseract import ReadWord
from ocr_project.testing.fakes import page

WIDTH = 10  # pixels of a letter; lines are 20 high


def words(*placed: tuple[str, int, int]) -> list[PageLine]:
    """Return lines of words given as text, left and top."""
    return in_lines(
        [
            ReadWord(text, (x, y, x + WIDTH * len(text), y + 20), 0.9, 0)
            for phrase, left, y in placed
            for text, x in _spread(phrase, left)
        ]
    )


def _spread(phrase: str, left: int) -> list[tuple[str, int]]:
    found = []
    for text in phrase.split():
        found.append((text, left))
        left += WIDTH * (len(text) + 1)
    return found


def value(field: str, lines: list[PageLine], *others: str) -> str:
    taken = [word for other in others if (label := find_label([other], lines)) for word in label.words]
    return find_value(field, find_label([field], lines), taken, lines)[0]


def test_the_value_beside_a_label() -> None:
    lines = words(("Фамилия Осипов Иван", 0, 0), ("Имя: Автоном", 0, 40))
    assert value("Фамилия", lines) == "Осипов Иван"
    assert value("Имя", lines) == "Автоном"


def test_a_misread_label_is_found_and_another_word_is_not_taken_for_one() -> None:
    lines = words(("Отнество Игоревич", 0, 0))
    assert value("Отчество", lines) == "Игоревич"
    assert value("Область", lines) == ""


def test_a_value_ends_at_a_wide_gap_and_at_another_label() -> None:
    lines = words(("Пол", 0, 0), ("мужской", 60, 0), ("Город Томпа", 160, 0), ("2018", 700, 0))
    assert value("Город", lines, "Пол") == "Томпа"
    lines = words(("Имя Анна Город Томпа", 0, 0))
    assert value("Имя", lines, "Город") == "Анна"


def test_a_value_that_is_typed_half_a_line_above_or_stands_below() -> None:
    raised = words(("КАРБАИНОВ", 200, 0), ("Фамилия", 0, 22))
    assert value("Фамилия", raised) == "КАРБАИНОВ"
    below = words(("Фамилия Имя", 0, 0), ("Осипов", 0, 30), ("Автоном", 250, 30))
    assert value("Фамилия", below, "Имя") == "Осипов"


def test_a_label_in_two_rows() -> None:
    lines = words(("Место", 0, 0), ("рождения", 0, 30), ("Томпа", 130, 28))
    assert value("Место рождения", lines) == "Томпа"


@pytest.mark.parametrize(
    ("field", "line", "expected"),
    [
        ("Дата рождения", "Дата рождения 25 июня 2018 года место", "25 июня 2018 года"),
        ("Date of birth", "Date of birth: 13.09.1985 M", "13.09.1985"),
        ("발급 일자", "발급 일자 2026년 11월 28일 끝", "2026년 11월 28일"),
        ("Date", "Date 17 Mar 2026 09:46", "17 Mar 2026"),
        ("Пол", "Пол МУЖ. Дата", "МУЖ."),
        ("ИНН", "ИНН физического лица 7707083893 КПП", "7707083893"),
        ("Итого", "Итого к оплате 34 165,00 руб.", "34 165,00 руб."),
    ],
)
def test_values_of_known_form_are_cut_out_of_their_neighbours(field: str, line: str, expected: str) -> None:
    assert value(field, words((line, 0, 0))) == expected


def test_what_is_unlike_all_else_needs_no_label_and_a_date_beside_another_label_is_not_taken() -> None:
    lines = words(("353-721-310 54", 0, 0), ("Дата рождения", 0, 60), ("Дата регистрации 09 октября 2012", 0, 300))
    assert value("Номер снилса", lines) == "353-721-310 54"
    assert value("Дата рождения", lines, "Дата регистрации") == ""


def test_a_date_in_a_line_of_its_own_needs_no_label() -> None:
    lines = words(("생년월일 1966년 2월 13일", 0, 0), ("2023년 7월 19일", 0, 200))
    assert value("발급일", lines, "생년월일") == "2023년 7월 19일"


@pytest.mark.parametrize(
    "lines",
    [
        words(("Ф.И.О. Осипов Автоном Игоревич", 0, 0), ("Пол мужской", 0, 200)),
        words(("Ф.И.О.", 0, 0), ("Осипов", 200, 0), ("Автоном", 200, 32), ("Игоревич", 200, 64), ("Пол", 0, 200)),
    ],
)
def test_parts_of_a_name_behind_one_label(lines: list[PageLine]) -> None:
    assert [value(field, lines) for field in ("Фамилия", "Имя", "Отчество")] == ["Осипов", "Автоном", "Игоревич"]
    assert value("Отчество", words(("Ф.И.О. Осипов Автоном", 0, 0))) == ""


def test_forms_are_chosen_by_whole_words_of_the_name() -> None:
    assert form_of("Полное имя") is None
    assert form_of("Фамилия") is None
    assert form_of("Номер СНИЛСа") is not None


def test_pages_are_read_in_the_language_of_the_labels() -> None:
    known = ["kor", "eng", "rus"]
    assert languages_for(["Фамилия", "ИНН"], known) == "rus"
    assert languages_for(["성명", "No"], known) == "kor+eng"
    assert languages_for(["Surname"], known) == "eng"
    assert languages_for(["Фамилия"], ["deu"]) == "deu"


def test_other_labels_are_an_option_and_fewer_pixels_read_less() -> None:
    pixels = np.full((200, 700, 3), 255, np.uint8)
    cv2.putText(pixels, "Family name: Osipov", (20, 100), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (0, 0, 0), 2, cv2.LINE_AA)
    one = page(1, image=encode(pixels), width=700, height=200)
    asked = [Asked(0, "card", "surname", "")]

    def said(**changes: object) -> tuple[str, Status]:
        block = {"languages": "eng", "labels": changes.pop("labels", {})}
        answerer = build_answerer(FieldsOptions.model_validate({"label_neighbour": block, **changes}))
        (row,) = answerer.answer(one, asked)
        return row.text, row.status

    assert said(labels={"surname": ["Family name"]}) == ("Osipov", Status.OK)
    assert said() == ("", Status.EMPTY)
    assert said(labels={"surname": ["Family name"]}, max_pixels=900) == ("", Status.EMPTY)


def test_a_language_that_is_not_installed_is_named() -> None:
    with pytest.raises(BackendError, match="no model for xyz"):
        build_answerer(FieldsOptions.model_validate({"label_neighbour": {"languages": "eng+xyz"}}))
