"""Fields whose values are known by their form, whatever stands around them.

A form is chosen by words in the field's name. It cuts a value out of the words beside a label; where no label was
found, it is looked for on the whole page: the number of a SNILS card has no label at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_MONTHS = (
    r"январ[ья]|феврал[ья]|марта?|апрел[ья]|ма[йя]|июн[ья]|июл[ья]|августа?|сентябр[ья]|октябр[ья]|ноябр[ья]|декабр[ья]"
    r"|(?:january|february|march|april|may|june|july|august|september|october|november|december)"
    r"|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.?"
)
_DATE = (
    rf"\d{{1,2}}\s+(?:{_MONTHS})\s+\d{{4}}(?:\s*(?:года|г\.?))?"
    r"|\d{4}\s*년\s*\d{1,2}\s*월\s*\d{1,2}\s*일"
    r"|\d{4}[.\-/]\s?\d{1,2}[.\-/]\s?\d{1,2}"
    r"|\d{1,2}[.\-/]\d{1,2}[.\-/]\d{4}"
)
_AMOUNT = r"[₩$€₽]?\s?\d[\d\s.,]*\d(?:\s?(?:원|руб\.?|₽))?"


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a value.

    Attributes:
        names: Words of which one is in the names of such fields.
        pattern: What a value looks like.
        anywhere: Whether it is unlike all else on a page, so that it needs no label.
    """

    names: re.Pattern[str]
    pattern: re.Pattern[str]
    anywhere: bool = False


def _form(names: str, pattern: str, *, anywhere: bool = False) -> Form:
    return Form(re.compile(names, re.IGNORECASE), re.compile(pattern, re.IGNORECASE), anywhere)


_FORMS = (
    _form(r"снилс|snils", r"\d{3}\s?-\s?\d{3}\s?-\s?\d{3}\s*-?\s?\d{2}", anywhere=True),
    _form(r"\bинн\b|\binn\b|\btin\b", r"\b\d(?:\s?\d){9}(?:(?:\s?\d){2})?\b", anywhere=True),
    _form(r"사업자\s*등록\s*번호", r"\b\d{3}-\d{2}-\d{5}\b", anywhere=True),
    _form(r"주민\s*등록\s*번호", r"\b\d{6}-[\d*]{7}\b", anywhere=True),
    _form(r"\bдат[аыу]|\bdate\b|\bвыдан\b|일자|년월일|생일|날짜|발급일|입사일|작성일", _DATE),
    _form(r"^пол$|\bsex\b|\bgender\b|성별", r"\b(?:муж(?:ской|\.|\b)|жен(?:ский|\.|\b)|female|male|남자?|여자?)"),
    _form(
        r"\b(?:sub)?total\b|\btax\b|\bamount\b|\bитого\b|\bсумма\b|합계|금액",
        r"[₩$€₽]?\s?\d[\d\s.,]*\d(?:\s?(?:원|руб\.?|₽))?",
    ),
)


def form_of(field: str) -> Form | None:
    """Return the form of a field's values; None where they may be any words."""
    return next((form for form in _FORMS if form.names.search(field)), None)
