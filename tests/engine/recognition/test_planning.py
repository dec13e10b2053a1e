"""Which regions a model is asked for, and which rows need none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ocr_project.domain.options import DialectName
from ocr_project.domain.types import Box, Label, Page, Region, Status, Task, Word
from ocr_project.engine.models import dialect_of
from ocr_project.engine.recognition.vision.planning import plan_page
from ocr_project.testing.fakes import page

NUMBER = Region("d_00001", 0, Label.PAGE_NUMBER, "number", Box(40, 120, 60, 134))
READ = {"number": Task.TEXT}  # left out by default
WORDS = (Word("-", Box(42, 122, 44, 130)), Word("12", Box(46, 122, 52, 130)), Word("-", Box(54, 122, 56, 130)))


def typed(*words: Word, healthy: bool = True) -> Page:
    return replace(page(), image=b"an image", text_layer_healthy=healthy, text_layer_words=words)


def planned(one: Page, region: Region = NUMBER) -> tuple[int, str, str, int]:
    """Return how many regions are asked for, and of the one that is not its text, reason and attempts."""
    wanted, rows = plan_page(one, [region], READ, dialect_of("zai-org/GLM-OCR", DialectName.AUTO))
    row = rows.get(0)
    return (len(wanted), row.text, row.reason, row.attempts) if row else (len(wanted), "", "", 0)


def test_a_number_of_a_page_is_that_of_its_text_layer() -> None:
    elsewhere = Word("2024", Box(10, 10, 30, 20))
    asked, text, reason, attempts = planned(typed(elsewhere, *WORDS))
    assert (asked, text, attempts) == (0, "- 12 -", 0)
    assert "text layer" in reason
    (row,) = plan_page(typed(*WORDS), [NUMBER], READ, dialect_of("zai-org/GLM-OCR", DialectName.AUTO))[1].values()
    assert row.status is Status.OK
    assert [word.text for word in row.words] == ["-", "12", "-"]


@pytest.mark.parametrize(
    ("one", "region"),
    [
        pytest.param(typed(), NUMBER, id="no layer"),
        pytest.param(typed(*WORDS, healthy=False), NUMBER, id="a layer that is not right"),
        pytest.param(typed(*WORDS, Word("page", Box(41, 122, 43, 130))), NUMBER, id="more than digits"),
        pytest.param(typed(replace(WORDS[1], confidence=0.0)), NUMBER, id="a word that is not seen"),
        pytest.param(typed(*WORDS), replace(NUMBER, label=Label.TEXT), id="another region"),
    ],
)
def test_all_others_are_asked_for(one: Page, region: Region) -> None:
    assert planned(one, region) == (1, "", "", 0)
