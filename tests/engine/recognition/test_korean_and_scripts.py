"""Latin words of a Korean line, and the language of a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from ocr_project.engine.imaging.tesseract import ReadWord
from ocr_project.engine.recognition.korean import read_latin
from ocr_project.engine.recognition.scripts import ENOUGH, SURE, Sampled, by_script, may_be_foreign, surest

Grey = NDArray[np.uint8]


def word(text: str, x0: int, x1: int, confidence: float = 0.9, parts: Sequence[ReadWord] = ()) -> ReadWord:
    return ReadWord(text, (x0, 2, x1, 28), confidence, 4, tuple(parts))


def scripted(answers: Sequence[ReadWord]) -> tuple[Callable[[Grey], list[ReadWord]], list[int]]:
    """Return a reader that gives these answers, and the widths of what it was asked for."""
    widths: list[int] = []

    def read(piece: Grey) -> list[ReadWord]:
        widths.append(piece.shape[1])
        return list(answers)

    return read, widths


LINE = np.full((30, 400), 255, np.uint8)
BEFORE = 15  # pixels that a piece begins before its first doubtful word: half of the line's height


def test_words_that_are_sure_or_hangul_are_not_read_again() -> None:
    read, widths = scripted([word("wrong", 0, 50)])
    words = [word("데이터를", 0, 90, 0.4), word("2026.", 100, 150, 0.95), word("가-1", 160, 200, 0.3)]
    assert read_latin(words, LINE, read) == words
    assert widths == []


def test_a_doubtful_word_becomes_the_latin_one_at_its_place() -> None:
    read, widths = scripted([word("Network", BEFORE, BEFORE + 100, 0.93)])
    words = [word("정보", 0, 60), word("46040「<", 100, 200, 0.3), word("을", 240, 260)]
    first, second, third = read_latin(words, LINE, read)
    assert [first.text, second.text, third.text] == ["정보", "Network", "을"]
    assert second.box == (100, 2, 200, 28)
    assert second.line == 4
    assert widths == [BEFORE + 100 + 3]


def test_a_doubtful_word_within_the_one_before_it_has_no_place_of_its_own() -> None:
    read, widths = scripted([word("Network", 0, 100, 0.93)])
    words = [word("정보를", 0, 90), word("460「<", 60, 80, 0.3)]
    assert read_latin(words, LINE, read) == words
    assert widths == []


def test_neighbours_in_doubt_are_read_in_one_go() -> None:
    read, widths = scripted([word("World", 15, 92, 0.9), word("Bank", 107, 172, 0.9)])
    words = [word("40ㅁ「10", 100, 180, 0.3), word("8<「>", 190, 260, 0.3)]
    assert [found.text for found in read_latin(words, LINE, read)] == ["World", "Bank"]
    assert widths == [BEFORE + 160 + 3]


def test_a_particle_stays_with_the_latin_word_before_it() -> None:
    parts = [word(sign, 100 + 20 * n, 118 + 20 * n, 0.3) for n, sign in enumerate("46<")] + [word("는", 161, 180, 0.9)]
    read, _ = scripted([word("API", BEFORE, BEFORE + 57, 0.95)])
    (found,) = read_latin([word("46<는", 100, 180, 0.45, parts)], LINE, read)
    assert found.text == "API는"
    assert found.box == (100, 2, 180, 28)


@pytest.mark.parametrize(
    "again",
    [[], [word("Netw0rk", 3, 103, 0.6)], [word("ab", 3, 103, 0.99)]],
    ids=["nothing", "no surer", "two letters"],
)
def test_what_is_no_surer_changes_nothing(again: list[ReadWord]) -> None:
    read, _ = scripted(again)
    words = [word("46가040「<", 100, 200, 0.3)]
    assert read_latin(words, LINE, read) == words


def test_the_word_before_is_not_read_again() -> None:
    read, widths = scripted([word("Linux", 4, 100, 0.93)])
    words = [word("정보", 0, 96), word("6040「<", 100, 200, 0.3)]
    assert [found.text for found in read_latin(words, LINE, read)] == ["정보", "Linux"]
    assert widths == [200 + 3 - 96]


def test_numbers_are_taken_where_the_second_reading_is_surer_in_each_word() -> None:
    words = [word("1,2M4", 100, 200, 0.5)]
    better, _ = scripted([word("1,234", 3, 103, 0.7)])
    worse, _ = scripted([word("1,234", 3, 90, 0.7), word("?", 92, 103, 0.4)])
    assert [found.text for found in read_latin(words, LINE, better)] == ["1,234"]
    assert read_latin(words, LINE, worse) == words


def test_a_doubtful_word_at_the_left_edge_is_cut_within_the_line() -> None:
    read, widths = scripted([word("Index", 1, 50, 0.9)])
    (found,) = read_latin([word("1ㅁ06*", 1, 50, 0.2)], LINE, read)
    assert found.box == (1, 2, 50, 28)
    assert widths == [53]


def test_korean_is_read_alone_and_russian_with_latin() -> None:
    scripts = by_script(["kor", "eng", "rus", "deu"])
    assert scripts == {"hangul": "kor", "latin": "eng+deu", "cyrillic": "rus+eng+deu"}
    assert list(scripts) == ["hangul", "latin", "cyrillic"]
    assert by_script(["rus"]) == {"cyrillic": "rus"}


def told(scores: Mapping[str, float], letters: int = ENOUGH) -> Callable[[str], Sampled]:
    """Return an answer of so many letters for each of these languages."""
    return lambda languages: Sampled(scores[languages], letters)


def test_the_first_sure_language_ends_the_search() -> None:
    asked: list[str] = []

    def ask(languages: str) -> Sampled:
        asked.append(languages)
        return Sampled({"kor": 0.3, "eng": SURE, "rus+eng": 0.99}[languages], ENOUGH)

    assert surest(["kor", "eng", "rus+eng"], ask) == "eng"
    assert asked == ["kor", "eng"]


def test_of_few_letters_all_languages_are_asked() -> None:
    title = {"kor": 0.87, "eng": 0.96, "rus+eng": 0.96}
    assert surest(list(title), told(title, ENOUGH - 1)) == "eng"
    assert surest(list(title), told(title, ENOUGH)) == "kor"


def test_of_doubtful_languages_the_surest_reads_and_the_leading_one_where_none_can() -> None:
    doubtful = {"kor": 0.2, "eng": 0.6, "rus": 0.5}
    assert surest(list(doubtful), told(doubtful)) == "eng"
    assert surest(["kor", "eng", "rus"], lambda _: Sampled(0.0, 0)) == "kor"


def test_more_languages_must_be_clearly_surer_than_fewer_of_them() -> None:
    latin = {"kor": 0.2, "eng": 0.6, "rus+eng": 0.75}
    assert surest(list(latin), told(latin)) == "eng", "it finds Cyrillic in Latin letters printed badly"
    cyrillic = {"kor": 0.2, "eng": 0.4, "rus+eng": 0.65}
    assert surest(list(cyrillic), told(cyrillic)) == "rus+eng"
    title = {"kor": 0.73, "eng": 0.87, "rus+eng": 0.96}
    assert surest(list(title), told(title, 5)) == "rus+eng", "certain: of clear print less will do"


def test_more_of_the_page_is_asked_for_where_no_language_is_sure_and_several_are_left() -> None:
    brief = {"kor": 0.1, "eng": 0.5, "rus+eng": 0.6}
    more = {"eng": 0.3, "rus+eng": 0.8}
    assert surest(list(brief), told(brief), told(more)) == "rus+eng"
    clear = {"kor": 0.1, "eng": 0.3, "rus+eng": 0.6}
    assert surest(list(clear), told(clear), told({})) == "rus+eng", "no second reading"


@pytest.mark.parametrize(
    ("text", "confidence", "script", "foreign"),
    [
        ("모든 수치는 천원 단위로", 0.8, "hangul", False),
        ("Signature 800 0266", 0.85, "hangul", True),
        ("2031-117", 0.85, "hangul", False),
        ("2031-117", 0.6, "hangul", True),
        ("All figures", 0.8, "latin", False),
        ("159g74t00C", 0.6, "latin", True),
        ("0ㅁ", 0.1, "hangul", False),
    ],
    ids=["own", "another", "numbers", "doubtful numbers", "sure", "doubtful", "too few"],
)
def test_a_line_may_be_in_another_language(text: str, confidence: float, script: str, foreign: bool) -> None:
    assert may_be_foreign([word(part, 0, 9) for part in text.split()], confidence, script) is foreign
