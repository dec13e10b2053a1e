"""Rules of writing and of size for lines of Russian."""

from __future__ import annotations

import numpy as np
import pytest

from ocr_project.engine.imaging.tesseract import ReadWord
from ocr_project.engine.recognition.russian import mend_russian

_SMALL, _TALL = 14, 22  # heights of letters in pixels


def mended(text: str, heights: tuple[int, ...] = ()) -> str:
    """Mend words whose ink is as high as given, from the line up; all are tall if nothing is given."""
    drawn = np.full((40, 1000), 255, np.uint8)
    words, left = [], 5
    for place, part in enumerate(text.split()):
        right = left + 12 * len(part)
        high = heights[place] if heights else _TALL
        drawn[30 - high : 30, left:right] = 0
        words.append(ReadWord(part, (left, 4, right, 36), 0.9, 0))
        left = right + 10
    return " ".join(word.text for word in mend_russian(words, drawn))


@pytest.mark.parametrize(
    ("read", "right"),
    [
        ("данных‚ или иных", "данных, или иных"),
        ("‚данные’ и", "‚данные’ и"),
        ("закона М 152-ФЗ", "закона N 152-ФЗ"),
        ("класса М и выше", "класса М и выше"),
        ("06 утверждении порядка", "Об утверждении порядка"),
        ("«06 утверждении порядка", "«Об утверждении порядка"),
        ("106 утверждений", "106 утверждений"),
        ("06 августа года", "06 августа года"),
        ("06 марта года", "06 марта года"),
        ("№ n/n", "№ п/п"),
        ("номер n/n", "номер п/п"),
    ],
)
def test_rules_of_writing(read: str, right: str) -> None:
    assert mended(read) == right


def test_capitals_as_low_as_small_letters_are_small() -> None:
    low = (_SMALL, _SMALL, _SMALL)
    assert mended("сетях ИЛИ на", low) == "сетях или на"
    assert mended("защита OT нас", low) == "защита от нас"  # of Latin letters
    assert mended("Новая ВОЗМОЖНОСТЬ", (_TALL, _SMALL)) == "Новая возможность"


def test_capitals_stay_where_they_are_high_or_nothing_tells() -> None:
    assert mended("сетях ИЛИ на", (_SMALL, _TALL, _SMALL)) == "сетях ИЛИ на"
    assert mended("ИЛИ НЕТ", (_SMALL, _SMALL)) == "ИЛИ НЕТ"
    assert mended("Таблица ВВП", (_TALL + 6, _TALL)) == "Таблица ВВП"  # a letter that reaches below the line
