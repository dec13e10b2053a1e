"""The normal form: what is made equal, and what is left alone."""

import unicodedata

import pytest

from ocr_project.engine.metrics import normalize, strip_spaces


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        (" \n\t ", ""),
        (unicodedata.normalize("NFD", "개인정보 보호법 й"), "개인정보 보호법 й"),
        ("가\r\n나\r다\n\n라\u2028마\x0c바", "가 나 다 라 마 바"),
        ("가\u00a0나\u3000다\u2009라\u202f마\u3164바\u2800사", "가 나 다 라 마 바 사"),
        ("개\u200b인\u00ad정\ufeff보\u2060법\u200e", "개인정보법"),
    ],
)
def test_white_space_and_composition(text: str, expected: str) -> None:
    assert normalize(text) == expected


@pytest.mark.parametrize("dot", ["\u318d", "\u00b7", "\u2024", "\u2027", "\u30fb", "\uff65", "\u0387"])
def test_middle_dots_are_one(dot: str) -> None:
    assert normalize(f"탄소중립{dot}녹색성장") == "탄소중립\u00b7녹색성장"


@pytest.mark.parametrize(
    "leader",
    ["...", "....................", "···", "․․․․", "…", "……", ". . . .", "· · ·", "…..", ".\u3000.\n.", "ㆍㆍㆍ"],
)
def test_leaders_are_one(leader: str) -> None:
    assert normalize(f"목차{leader}12") == "목차…12"


@pytest.mark.parametrize(
    "text", ["2023. 12. 21.", "끝. .", "가··나", "a.b.c", "3..4", "• 가", "“가” – ‘나’ — 다", "①②③"]
)
def test_other_signs_are_left_alone(text: str) -> None:
    assert normalize(text) == text


def test_strip_spaces_removes_every_kind() -> None:
    assert strip_spaces(" 가 나\u3000다\n라\u00a0") == "가나다라"
