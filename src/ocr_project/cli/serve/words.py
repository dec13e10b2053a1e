"""Texts of the pages, in the language that the browser asks for or its user chose."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

LANGUAGES: Mapping[str, str] = {"ko": "한국어", "en": "English", "ru": "Русский"}
_DEFAULT = "en"


@cache
def words_of(language: str) -> Mapping[str, str]:
    """Return the texts in one of `LANGUAGES`; each has a file of its own beside the templates."""
    text = (files(__package__) / "templates" / f"words.{language}.json").read_text(encoding="utf-8")
    words: dict[str, str] = json.loads(text)
    return words


def chosen(asked: str | None, accepted: str) -> str:
    """Choose a language.

    Args:
        asked: What the user chose; None, or one that there is not: the browser decides.
        accepted: The header `Accept-Language`, such as `ko-KR,ko;q=0.9,en;q=0.8`.
    """
    if asked is not None and asked in LANGUAGES:
        return asked
    wanted = []
    for part in accepted.split(","):
        tag, _, weight = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in LANGUAGES:
            wanted.append((_weight(weight), language))
    return max(wanted, key=lambda pair: pair[0], default=(0.0, _DEFAULT))[1]  # of equal ones the first


def _weight(given: str) -> float:
    name, _, value = given.strip().partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0
