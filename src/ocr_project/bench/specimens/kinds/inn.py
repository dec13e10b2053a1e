"""A certificate of an INN, the old form of eleven fields, 1,220 x 1,524."""

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
    "Фамилия": "Какая фамилия указана в свидетельстве?",
    "Имя": "Какое имя указано в свидетельстве?",
    "Отчество": "Какое отчество указано в свидетельстве?",
    "Пол": "Какой пол указан в свидетельстве?",
    "Дата рождения": "Какая дата рождения указана в свидетельстве?",
    "Место рождения": "Какое место рождения указано в свидетельстве?",
    "Дата постановки на учет": "С какой даты лицо поставлено на учет?",
    "Налоговый орган": "Какой налоговый орган поставил лицо на учет?",
    "Код налогового органа": "Какой код налогового органа указан в свидетельстве?",
    "ИНН": "Какой ИНН указан в свидетельстве?",
    "Серия и номер": "Какие серия и номер у свидетельства?",
}
_LEFT, _VALUE, _RIGHT = 110, 400, 1110


def _invent(fake: Faker) -> Values:
    who = russian.person(fake)
    region, office = fake.random.randint(1, 79), fake.random.randint(1, 49)
    code = f"{region:02d}{office:02d}"
    registered = fake.date_between(dt.date(2004, 1, 1), dt.date(2012, 12, 31))
    return {
        "Фамилия": who.surname.upper(),
        "Имя": who.name.upper(),
        "Отчество": who.patronymic.upper(),
        "Пол": who.sex,
        "Дата рождения": russian.in_digits(who.born),
        "Место рождения": f"{fake.city()}, {fake.administrative_unit()}",
        "Дата постановки на учет": russian.in_words(registered),
        "Налоговый орган": "Межрайонная инспекция Федеральной налоговой службы"
        f" № {office}, {fake.city()}, {fake.administrative_unit()}",
        "Код налогового органа": code,
        "ИНН": numbers.inn(f"{code}{fake.random.randint(0, 999_999):06d}"),
        "Серия и номер": f"{region:02d} № {fake.random.randint(1, 9_999_999):09d}",
    }


def _draw(sheet: Sheet, values: Values) -> None:
    sheet.frame(40, 40, 1180, 1484, 4, "#8a8fa8")
    sheet.frame(52, 52, 1168, 1472, 1, "#8a8fa8")
    _title(sheet)
    y = 500.0
    for name in ("Фамилия", "Имя", "Отчество", "Пол", "Дата рождения", "Место рождения"):
        y = _row(sheet, name, name, values, y)
    sheet.text(_LEFT, y + 14, "поставлено на учет в соответствии с положениями Налогового кодекса", Style("serif", 27))
    y = _row(sheet, "Дата постановки на учет", "Дата постановки на учет", values, y + 72)
    y = _row(sheet, "Налоговый орган", "Налоговый орган", values, y)
    y = _row(sheet, "Код налогового органа", "Код налогового органа", values, y)
    sheet.text(_LEFT, y + 24, "и присвоен идентификационный номер налогоплательщика (ИНН)", Style("serif", 27))
    _cells(sheet, values["ИНН"], y + 52)
    sheet.text(_LEFT, 1392, "Руководитель налогового органа", Style("serif", 25))
    sheet.rule(500, 1394, 760, 1394)
    sheet.text(_LEFT, 1446, "М.П.", Style("serif", 25))
    sheet.text(755, 1446, "серия и номер", Style("serif", 25, "rs"))
    sheet.field("Серия и номер", 775, 1446, values["Серия и номер"], Style("mono_bold", 30))


def _title(sheet: Sheet) -> None:
    sheet.text(610, 128, "ФЕДЕРАЛЬНАЯ НАЛОГОВАЯ СЛУЖБА", Style("serif_bold", 34, "ms", "#2b3153"))
    sheet.rule(260, 152, 960, 152, 2, "#8a8fa8")
    sheet.text(610, 226, "СВИДЕТЕЛЬСТВО", Style("serif_bold", 54, "ms", "#2b3153"))
    for y, line in (
        (278, "О ПОСТАНОВКЕ НА УЧЕТ ФИЗИЧЕСКОГО ЛИЦА"),
        (318, "В НАЛОГОВОМ ОРГАНЕ ПО МЕСТУ ЖИТЕЛЬСТВА"),
    ):
        sheet.text(610, y, line, Style("serif_bold", 29, "ms", "#2b3153"))
    sheet.text(_LEFT, 404, "Настоящее свидетельство подтверждает, что физическое лицо", Style("serif", 27))


def _row(sheet: Sheet, name: str, label: str, values: Values, y: float) -> float:
    """Print a label and its value over a rule, in as many lines as it takes; return where the next row stands."""
    labels = sheet.lines(label, _VALUE - _LEFT - 20, Style("serif", 26))
    lines = sheet.lines(values[name], _RIGHT - _VALUE, Style("mono_bold", 27))
    for place, line in enumerate(labels):
        sheet.text(_VALUE - 20, y + place * 34, line, Style("serif", 26, "rs", "#2b3153"))
    for place, line in enumerate(lines):
        sheet.field(name, _VALUE, y + place * 38, line, Style("mono_bold", 27))
        sheet.rule(_VALUE, y + place * 38 + 10, _RIGHT, y + place * 38 + 10, 1, "#8a8fa8")
    return y + max(len(lines) * 38, len(labels) * 34) + 20


def _cells(sheet: Sheet, digits: str, y: float) -> None:
    side = 54
    left = 610 - side * len(digits) / 2
    for place, digit in enumerate(digits):
        x = left + place * side
        sheet.frame(x, y, x + side, y + 62, 2, "#2b3153")
        sheet.field("ИНН", x + side / 2, y + 47, digit, Style("mono_bold", 42, anchor="ms"))


KIND = Kind(
    doc_class="tin_old",
    locale="ru_RU",
    width=1220,
    height=1524,
    paper="#f4f1e6",
    faces=("serif", "serif_bold", "mono_bold", "sans_bold"),
    mark=russian.MARK,
    questions=_QUESTIONS,
    invent=_invent,
    draw=_draw,
)
