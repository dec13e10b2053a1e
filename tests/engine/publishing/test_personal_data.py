"""Korean numbers, cards, phones and addresses: what is found, what is left, what is masked."""

from __future__ import annotations

import pytest

from ocr_project.domain.options import PersonalData
from ocr_project.domain.types import Box, Word
from ocr_project.engine.publishing.personal_data import mask, scan, screen_words

ALL = tuple(PersonalData)
RESIDENT, FOREIGNER = PersonalData.RESIDENT_NUMBER, PersonalData.FOREIGNER_NUMBER
CARD, PHONE, EMAIL = PersonalData.CARD_NUMBER, PersonalData.PHONE_NUMBER, PersonalData.EMAIL


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("주민등록번호 800101-1234560입니다", RESIDENT),  # 8·2+0·3+0·4+1·5+0·6+1·7+1·8+2·9+3·2+4·3+5·4+6·5=122, 11-1=0
        ("8001011234560", RESIDENT),  # no hyphen, and the check digit is right
        ("800101 - 1234567", RESIDENT),  # given anew since 2020: no check digit
        ("201105-3234567", RESIDENT),
        ("2011053234568", RESIDENT),  # born when numbers had no check digit any more
        ("800101－1234560", RESIDENT),
        ("８００１０１-１２３４５６０", RESIDENT),
        ("외국인 800101-5234565", FOREIGNER),
        ("4111 1111 1111 1111", CARD),
        ("4111-1111-1111-1111", CARD),
        ("카드4111111111111111번", CARD),
        ("3782 822463 10005", CARD),
        ("전화 010-1234-5678로", PHONE),
        ("01012345678", PHONE),
        ("010.1234.5678", PHONE),
        ("+82-10-1234-5678", PHONE),
        ("02-123-4567", PHONE),
        ("(02) 123-4567", PHONE),
        ("044) 200-1234", PHONE),
        ("070-1234-5678", PHONE),
        ("hong.gildong@example.go.kr로 보내", EMAIL),
        ("hong @ example.com", EMAIL),
    ],
)
def test_is_found_and_masked(text: str, kind: PersonalData) -> None:
    (found,) = scan(text)
    assert found.kind is kind
    masked = mask(text, ALL)
    assert len(masked) == len(text)
    assert scan(masked) == []
    assert not any(char.isdecimal() for char in masked)
    assert mask(text, [other for other in ALL if other is not kind]) == text


@pytest.mark.parametrize(
    "text",
    [
        "800230-1234567",  # the thirtieth of February
        "801301-1234567",
        "8001011234567",  # neither a hyphen nor a check digit
        "800101-9234567",  # born before 1900
        "130111-0006246",  # a company
        "110111-1234569",  # a company whose number is a date: its own check digit is right, a person's is not
        "1800101-12345601",  # part of longer numbers
        "800101-1******",
        "4111 1111 1111 1112",
        "1111 1111 1111 1117",
        "0000000000000000",
        "1588-1234",
        "080-123-4567",
        "2024-01-15",
        "제2조제1항 12,345,678원 98.76%",
        "www.example.go.kr",
        "@example",
    ],
)
def test_is_left(text: str) -> None:
    assert scan(text) == []
    assert mask(text, ALL) == text


def test_a_number_spread_over_words_is_masked_in_each() -> None:
    box = Box(0, 0, 1, 1)
    words = [Word("번호", box), Word("800101-", box), Word("1234560", box), Word("010-1234", box, line=1)]
    masked, counts = screen_words([*words, Word("-5678", box, line=1)], ALL)
    assert [word.text for word in masked] == ["번호", "******-", "*******", "***-****", "-****"]
    assert counts == {RESIDENT: 1, PHONE: 1}
    assert {word.box for word in masked} == {box}


def test_several_kinds_in_one_text_are_found_in_order() -> None:
    text = "홍길동 800101-1234560, 010-1234-5678, a@b.kr"
    assert [(found.kind, text[found.start : found.end]) for found in scan(text)] == [
        (RESIDENT, "800101-1234560"),
        (PHONE, "010-1234-5678"),
        (EMAIL, "a@b.kr"),
    ]
