"""What could not be read, looked for in the answer for the whole page."""

from __future__ import annotations

import pytest

from ocr_project.engine.recognition.vision.whole_page import remainder

PAGE = "머리말 2026\n제1장 총칙\n제1조 목적\n이 법은 …을 목적으로 한다.\n제2조 정의\n- 3 -"


@pytest.mark.parametrize(
    ("others", "first", "last", "found"),
    [
        (["제1장  총칙", "제2조 정의"], False, False, "제1조 목적\n이 법은 …을 목적으로 한다."),
        (["제1장 총칙", "제2조 정의"], False, True, "제1조 목적\n이 법은 …을 목적으로 한다.\n- 3 -"),
        (["제1조 목적\n이 법은 …을 목적으로 한다.", "제2조 정의"], True, False, "머리말 2026\n제1장 총칙"),
        ([], True, True, PAGE),
        ([PAGE], True, True, ""),
    ],
)
def test_what_no_other_region_says_is_the_lost_ones(others: list[str], first: bool, last: bool, found: str) -> None:
    assert remainder(PAGE, others, first=first, last=last) == found
