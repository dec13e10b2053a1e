"""The rule for healthy text layers: a page on either side of each number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ocr_project.domain.types import Box
from ocr_project.engine.ingest.pdf_text import _letters
from ocr_project.engine.ingest.text_layer import LayerFacts, cleaned_layer, complaint, ink_under, is_healthy

GOOD = LayerFacts("가나다라 마바사아 " * 50, words=100, outside=1, unmapped=4, hidden=0.1, on_ink=0.8, covered=0.5)


def test_a_page_on_the_edge_of_every_number_is_healthy() -> None:
    assert complaint(GOOD) == ""
    assert is_healthy(GOOD)
    assert is_healthy(LayerFacts("가" * 16))
    assert is_healthy(replace(GOOD, text="가" * 396 + "\ufffd" * 4))


@pytest.mark.parametrize(
    ("change", "want"),
    [
        ({"text": " 가" * 15, "unmapped": 0}, "too few characters"),
        ({"text": "가" * 395 + "\ufffd" * 5}, "unreadable characters"),
        ({"text": "가" * 395 + "\ue000" * 5}, "unreadable characters"),
        ({"text": "가" * 395 + "\x03" * 5}, "unreadable characters"),
        ({"text": "가" * 395 + "\U000f0000" * 5}, "unreadable characters"),
        ({"unmapped": 5}, "unreadable characters"),
        ({"outside": 2}, "words outside of the page"),
        ({"hidden": 0.11}, "hidden text"),
        ({"on_ink": 0.79}, "words where nothing is drawn"),
        ({"covered": 0.49}, "most of the page is not in the text"),
        ({"unseen": 1}, "words that cannot be seen"),
        ({"lost": 1}, "text that is in no word"),
    ],
)
def test_one_step_over_any_number_is_not(change: dict[str, object], want: str) -> None:
    facts = replace(GOOD, **change)
    assert complaint(facts) == want
    assert not is_healthy(facts)


def test_line_ends_and_old_hangul_are_no_fault() -> None:
    assert is_healthy(LayerFacts("나랏말ᄊᆞ미\r\n듕귁에 달아\n\t문ᄍᆞᆼ와로 서르 ᄉᆞᄆᆞᆺ디"))


def page(*boxes: tuple[int, int, int, int], paper: int = 255, ink: int = 0) -> np.ndarray:
    """Return a page with stripes, as letters have them, in the given places."""
    pixels = np.full((100, 300, 3), paper, np.uint8)
    for x0, y0, x1, y1 in boxes:
        pixels[y0:y1, x0:x1:4] = ink
    return pixels


@pytest.mark.parametrize(("paper", "ink"), [(255, 0), (0, 255), (200, 100)])
def test_ink_is_counted_on_any_paper(paper: int, ink: int) -> None:
    first, second = (10, 10, 50, 20), (10, 50, 50, 60)
    drawn = page(first, second, paper=paper, ink=ink)
    assert ink_under([Box(*first), Box(*second)], drawn)[0] == 1.0
    assert ink_under([Box(8, 8, 52, 22)], drawn)[1] == pytest.approx(0.5, abs=0.01)
    assert ink_under([Box(60, 60, 90, 90), Box(8, 8, 52, 22)], drawn)[0] == 0.5
    assert ink_under([], drawn) == (1.0, 0.0)
    assert ink_under([Box(10, 10, 20, 20)], page()) == (0.0, 1.0)
    assert ink_under([Box(-50, -50, -10, -10), Box(200, 200, 300, 300)], drawn)[0] == 0.0


def test_rules_are_no_text() -> None:
    drawn = page((10, 10, 50, 13))
    drawn[30, 5:95] = drawn[60, 5:95] = drawn[30:60, 5] = drawn[30:60, 94] = 0
    assert ink_under([Box(8, 8, 52, 15)], drawn)[1] > 0.9


def test_letters_are_valid_unicode_one_for_each_code() -> None:
    codes = (0xD83D, 0xDCC4, ord("a"), 0xDCC4, 0xD83D, 0x02, 0xFFFE, 0x110000, 0x1F4C4)
    assert _letters(codes) == ["📄", "", "a", "\ufffd", "\ufffd", "-", "-", "\ufffd", "📄"]
    assert "".join(_letters(tuple(range(0xD700, 0xE100)))).encode()


def test_text_from_elsewhere_is_made_fit_to_keep() -> None:
    assert cleaned_layer("a\r\nb\rc\x00") == "a\nb\nc"
    assert cleaned_layer("\ud83d\udcc4 \ud83d") == "📄 \ufffd"
