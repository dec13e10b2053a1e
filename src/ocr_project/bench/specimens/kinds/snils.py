"""A SNILS card of ten fields, 800 x 600: the places of values are those of the public annotation, the rest is ours."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from ocr_project.bench.specimens import numbers
from ocr_project.bench.specimens.kinds import russian
from ocr_project.bench.specimens.kinds.kind import Kind, Values
from ocr_project.bench.specimens.sheet import Sheet, Style

if TYPE_CHECKING:
    from faker import Faker

_QUESTIONS = {
    "Номер снилса": "Какой страховой номер (СНИЛС) указан на карточке?",
    "Фамилия": "Какая фамилия указана на карточке?",
    "Имя": "Какое имя указано на карточке?",
    "Отчество": "Какое отчество указано на карточке?",
    "Дата рождения": "Какая дата рождения указана на карточке?",
    "Город": "Какой город или населённый пункт указан в месте рождения?",
    "Область": "Какая область, край или республика указана в месте рождения?",
    "Страна": "Какая страна указана в месте рождения?",
    "Пол": "Какой пол указан на карточке?",
    "Дата регистрации": "Какая дата регистрации указана на карточке?",
}


def _invent(fake: Faker) -> Values:
    who = russian.person(fake)
    registered = fake.date_between(dt.date(2003, 1, 1), dt.date(2018, 12, 31))
    return {
        # as far as is known, the numbers of people begin with 0, 1 or 2
        "Номер снилса": numbers.snils(fake.random.randint(500_000_000, 999_999_999)),
        "Фамилия": who.surname.upper(),
        "Имя": who.name.upper(),
        "Отчество": who.patronymic.upper(),
        "Дата рождения": russian.in_words(who.born),
        "Город": fake.city(),
        "Область": fake.administrative_unit(),
        "Страна": "СССР" if who.born < dt.date(1991, 12, 26) else "Россия",
        "Пол": who.sex,
        "Дата регистрации": russian.in_words(registered),
    }


def _draw(sheet: Sheet, values: Values) -> None:
    sheet.frame(14, 14, 786, 586, 3, "#7f9c86")
    sheet.frame(22, 22, 778, 578, 1, "#7f9c86")
    for y, size, line in (
        (62, 24, "РОССИЙСКАЯ ФЕДЕРАЦИЯ"),
        (100, 29, "СТРАХОВОЕ СВИДЕТЕЛЬСТВО"),
        (134, 21, "ОБЯЗАТЕЛЬНОГО ПЕНСИОННОГО СТРАХОВАНИЯ"),
    ):
        sheet.text(400, y, line, Style("serif_bold", size, "ms", "#35533d"))
    sheet.field("Номер снилса", 400, 200, values["Номер снилса"], Style("mono_bold", 33, anchor="ms"))
    _value(sheet, values, "Ф.И.О.", (("Фамилия", 232), ("Имя", 264), ("Отчество", 296)))
    _label(sheet, 330, "Дата и место рождения")
    sheet.field("Дата рождения", 360, 330, values["Дата рождения"], Style("mono_bold", 23))
    for name, y in (("Город", 368), ("Область", 400), ("Страна", 432)):
        sheet.field(name, 160, y, values[name], Style("mono_bold", 23))
    _value(sheet, values, "Пол", (("Пол", 486),))
    _label(sheet, 540, "Дата регистрации")
    sheet.field("Дата регистрации", 290, 540, values["Дата регистрации"], Style("mono_bold", 23))


def _value(sheet: Sheet, values: Values, label: str, fields: tuple[tuple[str, int], ...]) -> None:
    _label(sheet, fields[0][1], label)
    for name, y in fields:
        sheet.field(name, 160, y, values[name], Style("mono_bold", 23))


def _label(sheet: Sheet, y: float, text: str) -> None:
    sheet.text(48, y, text, Style("serif", 22, ink="#35533d"))


KIND = Kind(
    doc_class="snils",
    locale="ru_RU",
    width=800,
    height=600,
    paper="#e6f0e4",
    faces=("serif", "serif_bold", "mono_bold", "sans_bold"),
    mark=russian.MARK,
    questions=_QUESTIONS,
    invent=_invent,
    draw=_draw,
)
