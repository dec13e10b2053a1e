"""Letters of rhwp's drawing to words: places through transformations, spaces as the document has them."""

from __future__ import annotations

import numpy as np

from ocr_project.engine.ingest.hwp_spaces import OwnText
from ocr_project.engine.ingest.hwp_text import read_drawing


def svg(*elements: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100">{"".join(elements)}</svg>'


def line(text: str, y: float = 20, gap: float = 10) -> str:
    """A letter each `gap`, in an em of 10: rhwp squeezes the spaces of justified lines to nothing."""
    return "".join(f'<text x="{10 + gap * at}" y="{y}" font-size="10">{one}</text>' for at, one in enumerate(text))


def own(*paragraphs: str) -> OwnText:
    return OwnText({"body": [{"kind": "paragraph", "text": text, "inlines": [{"text": text}]} for text in paragraphs]})


def words(drawing: str, text: OwnText) -> list[str]:
    return [word[0] for word in read_drawing(drawing, text)[2]]


def test_letters_are_placed_through_transformations() -> None:
    turned = '<g transform="rotate(90 50 50)"><text x="10" y="50" font-size="10">가</text></g>'
    scaled = '<text transform="translate(10,90) scale(0.5,1)" font-size="10">나</text>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100">{turned}{scaled}</svg>'
    width, height, (first, second) = read_drawing(svg, OwnText([]))
    assert (width, height) == (100, 100)
    assert np.allclose(first[1:5], (48.6, 10, 58.6, 20))
    assert np.allclose(second[1:5], (10, 81.4, 15, 91.4))


def test_spaces_are_those_of_the_document_where_the_drawing_has_none() -> None:
    assert words(svg(line("영업정지처분을")), own("앞의 문단", "영업 정지 처분을 받은 자")) == [
        "영업",
        "정지",
        "처분을",
    ]
    assert words(svg(line("넓게벌린", gap=15)), own("넓게벌린 글")) == ["넓게벌린"]


def test_lines_that_the_document_does_not_have_are_cut_at_gaps() -> None:
    assert words(svg(line("가나"), '<text x="40" y="20" font-size="10">다</text>'), own("다른 글")) == ["가나", "다"]


def test_a_label_of_several_words_keeps_them() -> None:
    assert words(svg('<text x="10" y="20" font-size="10">Contents of page 3</text>'), own("다른 글")) == [
        "Contents",
        "of",
        "page",
        "3",
    ]


def test_a_number_before_a_paragraph_is_in_no_text_and_cut_at_its_gap() -> None:
    drawing = svg(
        '<text x="-4" y="20" font-size="10">3</text><text x="1" y="20" font-size="10">.</text>', line("문단번호")
    )
    assert words(drawing, own("문단 번호")) == ["3.", "문단", "번호"]


def test_a_line_that_is_there_twice_is_the_next_one() -> None:
    text = own("가나 다라", "다른 문단", "가 나다라")
    drawing = svg(line("가나다라"), line("다른문단", 40), line("가나다라", 60))
    assert words(drawing, text) == ["가나", "다라", "다른", "문단", "가", "나다라"]


def test_a_dot_is_the_one_of_the_document() -> None:
    dot = '<circle cx="35" cy="16.5" r="0.8"/>'
    drawing = svg(
        line("상업"), dot, '<text x="40" y="20" font-size="10">문</text><text x="50" y="20" font-size="10">화</text>'
    )
    assert words(drawing, own("상업ㆍ문화 시설")) == ["상업ㆍ문화"]
