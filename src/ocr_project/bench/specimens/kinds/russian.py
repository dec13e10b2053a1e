"""What Russian documents have in common: people, places, dates in words."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from faker import Faker

MARK = "ОБРАЗЕЦ / SPECIMEN"
_MONTHS = (
    *("января", "февраля", "марта", "апреля", "мая", "июня"),
    *("июля", "августа", "сентября", "октября", "ноября", "декабря"),
)


class Person(NamedTuple):
    """A person who does not exist."""

    surname: str
    name: str
    patronymic: str
    sex: str
    born: dt.date


def person(fake: Faker) -> Person:
    """Invent a grown-up."""
    born = fake.date_between(dt.date(1950, 1, 1), dt.date(2002, 12, 31))
    if fake.random.random() < 0.5:
        return Person(fake.last_name_male(), fake.first_name_male(), fake.middle_name_male(), "мужской", born)
    return Person(fake.last_name_female(), fake.first_name_female(), fake.middle_name_female(), "женский", born)


def in_words(day: dt.date) -> str:
    """Return `25 июня 2018 года`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year} года"


def in_digits(day: dt.date) -> str:
    """Return `25.06.2018`."""
    return f"{day:%d.%m.%Y}"
