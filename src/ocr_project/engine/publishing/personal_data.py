"""Personal data in text, by rules: found, counted and masked.

What the rules know
- Resident numbers (주민등록번호): birth date, a digit for century and sex, six more. Up to October 2020 the last one
  is a check digit; numbers given out since then are random there (행정안전부, 주민등록법 시행규칙, in force 5 October
  2020), to adults who change theirs too. So a hyphen and a real date suffice, and without a hyphen either the check
  digit is right or the birth is recent enough to have none.
- Foreigner numbers (외국인등록번호): the same with 5 to 8 in the seventh place, and 13 instead of 11 in the check.
- Company numbers (법인등록번호) look alike and are not personal: their own check digit tells them apart.
- Card numbers: 15 or 16 digits, a first digit that is given out, and Luhn's check (ISO/IEC 7812-1).
- Phone numbers of Korea: mobile ones, and those of a place with a separator; hotlines (15xx, 080) are not personal.
- E-mail addresses, also with the spaces that OCR puts round the `@`.

What they do not know: names, addresses, faces, handwriting, passport and account numbers, and digits that were read
wrongly. They help a person who looks; they do not replace one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from ocr_project.domain.options import PersonalData
from ocr_project.domain.types import Word

MASK = "*"

_DASH = r"[-‐‑‒–—―−－]"
_GAP = rf"[ \t]{{0,2}}(?:{_DASH}[ \t]{{0,2}}\n?[ \t]?)?"
_ALONE = rf"(?<!\d)(?<!\d{_DASH})"  # not the rest of a longer number
_END = rf"(?!\d)(?!{_DASH}\d)"
_BREAK = rf"(?:[ \t]{{0,2}}(?:{_DASH}|[.)·])[ \t]{{0,2}}|[ \t])"

_RESIDENT_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
_COMPANY_WEIGHTS = (1, 2) * 6
_CENTURIES = {1: 1900, 2: 1900, 3: 2000, 4: 2000, 5: 1900, 6: 1900, 7: 2000, 8: 2000}  # 9 and 0: born before 1900
_FOREIGNERS = (5, 6, 7, 8)
_NO_CHECK_SINCE = date(2020, 10, 5)
_CARD_STARTS = "234569"  # 9: domestic cards of Korea


@dataclass(frozen=True, slots=True, order=True)
class PersonalSpan:
    """Where something stands in a text.

    Attributes:
        start: First character.
        end: Behind the last character.
    """

    start: int
    end: int
    kind: PersonalData


def scan(text: str) -> list[PersonalSpan]:
    """Find personal data in a text; findings never overlap.

    Returns:
        In the order of the text.
    """
    found: list[PersonalSpan] = []
    while True:
        more = list(_pass(text))
        if not more:
            return sorted(found)
        found += more
        for finding in more:  # what stood beside a longer number may be seen only now
            text = _blank(text, finding)


def mask(text: str, kinds: Collection[PersonalData], findings: Sequence[PersonalSpan] | None = None) -> str:
    """Replace letters and digits of what was found by asterisks: the text keeps its length and its separators.

    Args:
        text: Any text.
        kinds: What is masked; the rest stays.
        findings: From `scan` of the same text; None: it is scanned.
    """
    for finding in scan(text) if findings is None else findings:
        if finding.kind in kinds:
            text = _blank(text, finding)
    return text


def screen_text(text: str, kinds: Collection[PersonalData]) -> tuple[str, Counter[PersonalData]]:
    """Return a text with some kinds masked, and how often each kind was found."""
    findings = scan(text)
    return mask(text, kinds, findings), Counter(finding.kind for finding in findings)


def screen_words(
    words: Sequence[Word], kinds: Collection[PersonalData]
) -> tuple[tuple[Word, ...], Counter[PersonalData]]:
    """Do the same with words and their boxes: a number may be spread over several of them."""
    if not words:
        return (), Counter()
    text, starts = words[0].text, [0]
    for before, word in pairwise(words):
        text += " " if word.line == before.line else "\n"
        starts.append(len(text))
        text += word.text
    masked, counts = screen_text(text, kinds)
    if masked == text:
        return tuple(words), counts
    slices = (masked[start : start + len(word.text)] for word, start in zip(words, starts, strict=True))
    return tuple(replace(word, text=new) for word, new in zip(words, slices, strict=True)), counts


def _pass(text: str) -> Iterator[PersonalSpan]:
    taken: list[tuple[int, int]] = []
    for pattern, judge in _RULES:
        for match in pattern.finditer(text):
            kind = judge(match)
            start, end = match.span()
            if kind is not None and all(end <= first or last <= start for first, last in taken):
                taken.append((start, end))
                yield PersonalSpan(start, end, kind)


def _blank(text: str, finding: PersonalSpan) -> str:
    inside = "".join(MASK if char.isalnum() else char for char in text[finding.start : finding.end])
    return text[: finding.start] + inside + text[finding.end :]


def _digits(text: str) -> list[int]:
    return [int(char) for char in text if char.isdecimal()]


def _resident(match: re.Match[str]) -> PersonalData | None:
    digits = _digits(match.group())
    born = _birth(digits)
    if born is None:
        return None
    foreigner = digits[6] in _FOREIGNERS
    checked = resident_check_digit(digits) == digits[12]
    if not checked:
        hyphen = re.search(_DASH, match.group()) is not None
        if (not hyphen and born < _NO_CHECK_SINCE) or company_check_digit(digits) == digits[12]:
            return None
    return PersonalData.FOREIGNER_NUMBER if foreigner else PersonalData.RESIDENT_NUMBER


def _birth(digits: Sequence[int]) -> date | None:
    century = _CENTURIES.get(digits[6])
    year, month, day = (digits[i] * 10 + digits[i + 1] for i in (0, 2, 4))
    if century is None:
        return None
    try:
        return date(century + year, month, day)
    except ValueError:  # the thirtieth of February: no birth date
        return None


def resident_check_digit(digits: Sequence[int]) -> int:
    """Return the thirteenth digit that the first twelve ask for (주민등록법 시행규칙, up to October 2020)."""
    total = sum(weight * digit for weight, digit in zip(_RESIDENT_WEIGHTS, digits, strict=False))
    return ((13 if digits[6] in _FOREIGNERS else 11) - total % 11) % 10


def company_check_digit(digits: Sequence[int]) -> int:
    """Return the thirteenth digit of a company number (법인 등의 등기사항에 관한 특례규칙)."""
    total = sum(weight * digit for weight, digit in zip(_COMPANY_WEIGHTS, digits, strict=False))
    return (10 - total % 10) % 10


def _card(match: re.Match[str]) -> PersonalData | None:
    digits = _digits(match.group())
    known = str(digits[0]) in _CARD_STARTS and len(set(digits)) > 1
    return PersonalData.CARD_NUMBER if known and luhn(digits) else None


def luhn(digits: Sequence[int]) -> bool:
    """Say whether the last digit is the one that Luhn's formula asks for."""
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def _always(kind: PersonalData) -> Callable[[re.Match[str]], PersonalData | None]:
    return lambda match: kind


_AREA = r"(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|50\d)"
_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], PersonalData | None]], ...] = (
    # Hangul before and behind a number is usual: \b would not see its ends
    (re.compile(rf"{_ALONE}\d{{6}}{_GAP}\d{{7}}{_END}"), _resident),
    (re.compile(rf"{_ALONE}(?:\d{{4}}(?:{_DASH}|[ \t])?){{3}}\d{{4}}{_END}"), _card),
    (re.compile(rf"{_ALONE}3\d{{3}}(?:{_DASH}|[ \t])?\d{{6}}(?:{_DASH}|[ \t])?\d{{5}}{_END}"), _card),
    (
        re.compile(rf"(?<!\d)(?:\+?82{_BREAK}?\(?0?\)?|\(?0)1[016789]\)?{_BREAK}?\d{{3,4}}{_BREAK}?\d{{4}}(?!\d)"),
        _always(PersonalData.PHONE_NUMBER),
    ),
    (
        re.compile(
            rf"{_ALONE}(?:\+?82{_BREAK}?\(?0?\)?|\(?0){_AREA}(?:\){_BREAK}?|{_BREAK})\d{{3,4}}{_BREAK}\d{{4}}{_END}"
        ),
        _always(PersonalData.PHONE_NUMBER),
    ),
    (
        re.compile(
            r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64} ?[@＠] ?"
            r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}(?![A-Za-z])"
        ),
        _always(PersonalData.EMAIL),
    ),
)
