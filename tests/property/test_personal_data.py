"""What is planted in any text is found, what is masked is gone, and the rest stays as it was."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from ocr_project.domain.options import PersonalData
from ocr_project.engine.publishing.personal_data import luhn, mask, resident_check_digit, scan

ALL = tuple(PersonalData)
PROSE = st.text(st.characters(codec="utf-8", exclude_categories=("Nd", "Cs"), exclude_characters="@＠-‐‑‒–—―−－"))
ANY = st.text(st.sampled_from("0123456789-–. @()+abcZ*\n\t가힣-") | st.characters(codec="utf-8"), max_size=80)


@st.composite
def residents(draw: st.DrawFn) -> tuple[str, PersonalData]:
    born = draw(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
    foreign = draw(st.booleans())
    seventh = (5 if foreign else 1) + (2 if born.year >= 2000 else 0) + draw(st.integers(0, 1))
    digits = [int(char) for char in f"{born:%y%m%d}{seventh}"] + draw(
        st.lists(st.integers(0, 9), min_size=5, max_size=5)
    )
    text = "".join(map(str, [*digits, resident_check_digit(digits)]))
    dash = draw(st.sampled_from(["", "-", " - ", "–", " "]))
    return text[:6] + dash + text[6:], PersonalData.FOREIGNER_NUMBER if foreign else PersonalData.RESIDENT_NUMBER


@st.composite
def cards(draw: st.DrawFn) -> tuple[str, PersonalData]:
    digits = [draw(st.sampled_from([3, 4, 5, 6, 9])), *draw(st.lists(st.integers(0, 9), min_size=14, max_size=14))]
    (last,) = (digit for digit in range(10) if luhn([*digits, digit]))
    text = "".join(map(str, [*digits, last]))
    gap = draw(st.sampled_from(["", "-", " "]))
    return gap.join(text[i : i + 4] for i in range(0, 16, 4)), PersonalData.CARD_NUMBER


@st.composite
def phones(draw: st.DrawFn) -> tuple[str, PersonalData]:
    start = draw(st.sampled_from(["010", "011", "019", "02", "031", "064", "070"]))
    middle, last = draw(st.from_regex(r"[0-9]{3,4}", fullmatch=True)), draw(st.from_regex(r"[0-9]{4}", fullmatch=True))
    return draw(st.sampled_from(["-", ".", " - "])).join((start, middle, last)), PersonalData.PHONE_NUMBER


@given(PROSE, residents() | cards() | phones(), PROSE)
def test_what_is_planted_is_found(before: str, planted: tuple[str, PersonalData], after: str) -> None:
    number, kind = planted
    # brackets and plus signs belong to phone numbers
    text = f"{before.rstrip('(+')} {number} {after}"
    found = [(text[finding.start : finding.end].strip("( "), finding.kind) for finding in scan(text)]
    assert (number, kind) in found


@given(ANY)
def test_masking_leaves_nothing_and_changes_nothing_else(text: str) -> None:
    findings = scan(text)
    masked = mask(text, ALL)
    assert len(masked) == len(text)
    assert scan(masked) == []
    inside = {place for finding in findings for place in range(finding.start, finding.end)}
    assert all(a == b for place, (a, b) in enumerate(zip(text, masked, strict=True)) if place not in inside)
    assert all(b == ("*" if a.isalnum() else a) for place in inside for a, b in [(text[place], masked[place])])


@given(PROSE)
def test_prose_without_digits_and_addresses_is_left(text: str) -> None:
    assert scan(text) == []
