"""Lines to paragraphs: what is one word, one paragraph, one item."""

from __future__ import annotations

import pytest

from ocr_project.domain.types import Box
from ocr_project.engine.transcript.joining import Vocabulary, join
from ocr_project.engine.transcript.lines import Line
from ocr_project.engine.transcript.paragraphs import paragraphs

NOTHING = Vocabulary([])


@pytest.mark.parametrize(
    ("before", "after", "whole"),
    [
        ("공공기관의 장은 공공데이터", "를 제공하여야 한다", "공공기관의 장은 공공데이터를 제공하여야 한다"),
        ("기관이 보유", "하고 있는 정보", "기관이 보유하고 있는 정보"),
        ("대통령령", "으로 정한다", "대통령령으로 정한다"),
        ("서울", "로 간다", "서울로 간다"),
        ("2026", "년 1월", "2026년 1월"),
        ("(이하 “법”", "이라 한다)", "(이하 “법”이라 한다)"),
        ("API", "를 제공", "API를 제공"),
    ],
)
def test_korean_endings_join_the_word_before_them(before: str, after: str, whole: str) -> None:
    assert join(before, after, NOTHING) == whole


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("공공기관의", "장은"),
        ("데이터를 제공하여야", "한다"),
        ("기준을 정해야", "하며 이를"),
        ("다음 각 호의", "이 법에 따른"),
        ("대통령령", "를 정한다"),  # never after a final consonant
        ("데이터", "은 사람"),  # never after a vowel
        ("Network", "구성"),
        ("2026", "회계 연도"),
        ("제3", "시행 계획"),
    ],
)
def test_other_korean_words_are_set_apart(before: str, after: str) -> None:
    assert join(before, after, NOTHING) == f"{before} {after}"


@pytest.mark.parametrize("after", ["년", "개월", "명의 위원", "시간 이내", "일부터", "억원", "회,", "퍼센트 이상"])
def test_a_number_is_joined_to_what_it_counts(after: str) -> None:
    assert join("모두 30", after, NOTHING) == f"모두 30{after}"


def test_a_word_that_stands_whole_elsewhere_was_broken() -> None:
    vocabulary = Vocabulary(["이 법에서 활용지원센터라 함은 다음과 같다", "공공데이터활용지", "원센터 설치"])
    assert join("데이터 활용지", "원센터를 둔다", vocabulary) == "데이터 활용지원센터를 둔다"


def test_parts_that_stand_apart_elsewhere_had_a_space() -> None:
    vocabulary = Vocabulary(["그는 정보 공개 청구를 하였다", "모든 정보 그리고 공개 자료"])
    assert join("모든 정보", "공개 자료", vocabulary) == "모든 정보 공개 자료"


@pytest.mark.parametrize(
    ("before", "after", "whole"),
    [
        ("the govern-", "ment of", "the government of"),
        ("the govern\u2010", "ment of", "the government of"),
        ("the govern\u00ad", "ment of", "the government of"),
        ("the Anglo-", "Saxon law", "the Anglo-Saxon law"),
        ("the standard ISO-", "9001 says", "the standard ISO-9001 says"),
        ("the river", "and stone", "the river and stone"),
        ("госу-", "дарство", "государство"),
        ("pages 3 -", "5 of", "pages 3 - 5 of"),
    ],
)
def test_hyphens_at_line_ends(before: str, after: str, whole: str) -> None:
    assert join(before, after, NOTHING) == whole


def test_a_word_that_is_written_with_its_hyphen_elsewhere_keeps_it() -> None:
    vocabulary = Vocabulary(["a well-known river is here"])
    assert join("it is well-", "known that", vocabulary) == "it is well-known that"


def test_chinese_characters_are_joined_without_a_space() -> None:
    assert join("大韓", "民國", NOTHING) == "大韓民國"


def line(text: str, x0: float = 0, x1: float = 1000, row: int = 0) -> Line:
    """Make a line 20 pixels high whose first word is as wide as its share of the letters."""
    first = (x1 - x0) * len(text.split()[0]) / len(text)
    return Line(text, Box(x0, 40 * row, x1, 40 * row + 20), first)


def joined(*lines: Line) -> list[str]:
    return paragraphs(lines, Vocabulary(one.text for one in lines))


def test_full_lines_are_one_paragraph() -> None:
    found = joined(line("The office keeps a record of"), line("rivers and of mountains in"), line("winter.", x1=200))
    assert found == ["The office keeps a record of rivers and of mountains in winter."]


def test_a_short_line_ends_its_paragraph() -> None:
    found = joined(line("The office keeps a record of"), line("rivers.", x1=250), line("Mountains are not counted in"))
    assert found == ["The office keeps a record of rivers.", "Mountains are not counted in"]


def test_a_line_that_is_short_for_want_of_room_does_not() -> None:
    found = joined(
        line("The office keeps a record of"), line("rivers and their", x1=800), line("misunderstandings are")
    )
    assert found == ["The office keeps a record of rivers and their misunderstandings are"]


def test_an_indented_line_begins_a_paragraph() -> None:
    found = joined(
        line("The office keeps a record of"),
        line("rivers and mountains in snow."),
        line("Stones are counted in the", x0=40),
        line("winter and in the summer too"),
    )
    assert found == [
        "The office keeps a record of rivers and mountains in snow.",
        "Stones are counted in the winter and in the summer too",
    ]


def test_a_blank_line_ends_a_paragraph() -> None:
    assert joined(Line("one line"), Line(""), Line("another")) == ["one line", "another"]


@pytest.mark.parametrize(
    "items",
    [
        ["① 공공기관의 장은 데이터를 제공한다", "② 제1항에도 불구하고 다음은 그러하지 아니하다"],
        ["제1조(목적) 이 법은 데이터의 제공을 정한다", "제2조(정의) 이 법에서 쓰는 말은 다음과 같다"],
        ["1. the first of the items on the page", "2. the second of the items on the page"],
        ["가. 공공기관의 데이터 목록을 말한다", "나. 그 밖에 대통령령으로 정하는 것"],
        ["• the first of the items on the page", "• the second of the items on the page"],
    ],
)
def test_each_item_is_a_paragraph(items: list[str]) -> None:
    assert joined(*map(line, items)) == items


def test_a_number_at_a_line_start_in_the_middle_of_a_sentence_is_no_item() -> None:
    assert joined(line("이 법은 2020. 8."), line("4. 공포한 날부터 시행한다")) == [
        "이 법은 2020. 8. 4. 공포한 날부터 시행한다"
    ]


def test_lines_without_places_are_judged_by_their_length() -> None:
    found = joined(Line("The office keeps a record of the"), Line("rivers."), Line("Mountains are not counted in the"))
    assert found == ["The office keeps a record of the rivers.", "Mountains are not counted in the"]


def test_soft_hyphens_are_gone() -> None:
    assert joined(line("a moun\u00adtain in the win\u00ad"), line("ter", x1=60)) == ["a mountain in the winter"]
