"""Why a page was found."""

import pytest

from ocr_project.engine.retrieval import snippet

FILLER = "이 문단은 찾는 말과 아무 상관이 없는 글로 채워져 있습니다. " * 12


def test_snippet_shows_the_match() -> None:
    text = FILLER + "\n개인정보처리자는\n민감정보를 처리하여서는 아니 된다.\n" + FILLER
    found = snippet(text, "민감정보의 처리", 80)
    assert "민감정보를 처리하여서는" in found
    assert len(found) <= 80
    assert "\n" not in found
    assert found.startswith("…")
    assert found.endswith("…")


def test_snippet_is_cut_at_the_borders_of_words() -> None:
    text = FILLER + "과징금을 부과할 수 있다. " + FILLER
    words = set(text.split())
    assert set(snippet(text, "과징금 부과", 60).strip("…").split()) <= words


def test_snippet_at_the_ends_of_a_text() -> None:
    assert snippet("과징금 부과 기준 " + FILLER, "과징금 부과", 40).startswith("과징금 부과 기준")
    assert snippet(FILLER + "과징금 부과 기준", "과징금 부과", 40).endswith("과징금 부과 기준")


def test_snippet_prefers_many_words_to_one_repeated() -> None:
    text = "정보 정보 정보 정보 정보 정보 " + FILLER + "신용정보 제공 동의 " + FILLER
    assert "신용정보 제공 동의" in snippet(text, "신용정보 제공 동의", 60)


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("", "질문", ""),
        ("짧은\n글", "질문", "짧은 글"),
        ("가나다라마바사아자차", "없음", "가나다…"),
        ("가나다", "가", "가나다"),
    ],
)
def test_snippet_of_short_text(text: str, query: str, expected: str) -> None:
    assert snippet(text, query, 5) == expected


@pytest.mark.parametrize("width", [0, 1, 2, 3, 10, 79])
@pytest.mark.parametrize("query", ["", "İ", "질문", "상관이 없는", "\ud800"])
def test_snippet_keeps_to_its_width(width: int, query: str) -> None:
    assert len(snippet("İstanbul " + FILLER, query, width)) <= width
