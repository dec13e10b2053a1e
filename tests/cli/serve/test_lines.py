"""The lines of a page: in the order of its text, where they stand, and what a correction makes of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ocr_project.cli.serve.lines import (
    TextLine,
    corrections_with,
    fingerprint,
    lines_of_page,
    with_corrections,
    with_line,
    with_reference,
)
from ocr_project.domain.options import TranscriptOptions
from ocr_project.domain.types import Box, Label, Recognition, Region, TextFormat
from ocr_project.engine.transcript import assemble
from tests.engine.reporting.test_review import TESSERACT, Made, drawn


def two_regions() -> Made:
    page, (first,), (read,) = drawn(1, ("하나", 0.99), ("둘", 0.2))
    html = "<table><tr><td>가</td><td>나</td></tr><tr><td>다</td></tr></table>"
    second = Region(page.page_id, 1, Label.TABLE, "table", Box(0, 0, 50, 50))
    return page, [second, first], [Recognition(page.page_id, 1, html, TextFormat.HTML), read]


def test_lines_are_those_of_the_text_in_its_order() -> None:
    page, regions, recognitions = two_regions()
    lines = lines_of_page(page, regions, recognitions, TESSERACT)
    assert "\n".join(line.text for line in lines) == assemble(page, regions, recognitions, TranscriptOptions()).text
    assert [line.number for line in lines] == [1, 2, 3, 4]
    assert [line.box is None for line in lines] == [False, False, True, True]
    assert [line.doubtful for line in lines] == [False, True, False, False]
    assert [line.confidence is None for line in lines] == [False, False, True, True]


def test_nothing_is_doubtful_where_nothing_is_known() -> None:
    page, regions, recognitions = two_regions()
    for one, identity in ((page, ""), (replace(page, text_layer_preferred=True), TESSERACT)):
        assert {line.confidence for line in lines_of_page(one, regions, recognitions, identity)} == {None}


READ = [TextLine(n, text, Box(0, 10 * n, 9, 10 * n + 9), 0.5, True) for n, text in enumerate("abcd", 1)]


@pytest.mark.parametrize(
    ("reference", "texts", "places", "corrected"),
    [
        ("a\nb\nc\nd\n", "abcd", [1, 2, 3, 4], []),
        ("a\nX\nc\nd", "aXcd", [1, 2, 3, 4], [2]),
        ("a\nc\nd\n", "acd", [1, 3, 4], []),
        ("a\nb\nX\nc\nd\n", "abXcd", [1, 2, 0, 3, 4], [3]),
        ("a\nX\nY\nZ\nd\n", "aXYZd", [1, 2, 3, 0, 4], [2, 3, 4]),
        ("", "", [], []),
    ],
)
def test_a_reference_stands_where_its_lines_were_read(
    reference: str, texts: str, places: list[int], corrected: list[int]
) -> None:
    lines = with_reference(READ, reference)
    assert [line.text for line in lines] == list(texts)
    assert [0 if line.box is None else line.box.y0 / 10 for line in lines] == places
    assert [line.number for line in lines if line.corrected] == corrected
    assert not any(line.doubtful for line in lines)


def test_one_line_is_changed_or_goes() -> None:
    assert with_line(READ, 2, " x\ty \n z") == "a\nx y z\nc\nd"
    assert with_line(READ, 4, "  ") == "a\nb\nc"
    assert fingerprint(READ) != fingerprint(READ[:3])
    blank = with_reference(READ, "a\n\nd")
    assert with_line(blank, 1, "x") == "x\n\nd"  # blank lines stay


def test_lines_that_were_corrected_alone_leave_the_others_as_doubtful_as_they_were() -> None:
    corrections = corrections_with(corrections_with([], READ[1], " X  Y "), READ[3], "")
    lines = with_corrections(READ, corrections)
    assert [(line.number, line.text, line.corrected, line.doubtful) for line in lines] == [
        (1, "a", False, True),
        (2, "X Y", True, False),
        (3, "c", False, True),
    ]
    again = corrections_with(corrections, lines[1], "Z")
    assert [line.text for line in with_corrections(READ, again)] == ["a", "Z", "c"]
    other_model = [replace(line, text=line.text.upper()) for line in READ]
    assert with_corrections(other_model, corrections) == other_model
