"""Recognitions to the text and Markdown of a page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ocr_project.domain.options import TranscriptOptions
from ocr_project.domain.types import Box, Label, Recognition, Region, Status, TextFormat, Transcript, Word
from ocr_project.engine.transcript import assemble, transcript_identity
from ocr_project.testing import fakes

PAGE = fakes.page(width=1000, height=1400)
DROPPED, KEPT = TranscriptOptions(), TranscriptOptions(headers_and_footers=True)
Pair = tuple[Region, Recognition]


def pair(index: int, label: Label, text: str, format: TextFormat = TextFormat.TEXT, **changes: Any) -> Pair:
    region = Region(PAGE.page_id, index, label, label.value, Box(50, 100.0 * index, 950, 100.0 * index + 90))
    return region, Recognition(PAGE.page_id, index, text, format, **changes)


def written(*pairs: Pair, options: TranscriptOptions = DROPPED) -> Transcript:
    return assemble(PAGE, [region for region, _ in pairs], [found for _, found in pairs], options)


def test_a_page_of_headings_paragraphs_and_lists() -> None:
    found = written(
        pair(0, Label.TITLE, "Report on\nrivers"),
        pair(1, Label.SECTION_HEADER, "1. Stones"),
        pair(2, Label.TEXT, "The office keeps a record of moun-\ntains and rivers."),
        pair(3, Label.LIST_ITEM, "first"),
        pair(4, Label.LIST_ITEM, "• second"),
        pair(5, Label.TEXT, "The end."),
    )
    assert found.markdown == (
        "# Report on rivers\n\n## 1\\. Stones\n\nThe office keeps a record of mountains and rivers."
        "\n\n- first\n- second\n\nThe end."
    )
    assert found.text == (
        "Report on\nrivers\n1. Stones\nThe office keeps a record of moun-\ntains and rivers."
        "\nfirst\n• second\nThe end."
    )
    assert (found.status, found.source, found.reason) == (Status.OK, "ocr", "")


def test_running_headers_are_an_option_in_markdown_and_always_in_the_text() -> None:
    pairs = [
        pair(0, Label.PAGE_HEADER, "Annual record"),
        pair(1, Label.TEXT, "body"),
        pair(2, Label.PAGE_FOOTER, "Office"),
        pair(3, Label.PAGE_NUMBER, "12"),
    ]
    assert written(*pairs).markdown == "body"
    assert written(*pairs, options=KEPT).markdown == "Annual record\n\nbody\n\nOffice\n\n12"
    assert written(*pairs).text == written(*pairs, options=KEPT).text == "Annual record\nbody\nOffice\n12"


def test_footnotes_come_last() -> None:
    found = written(pair(0, Label.TEXT, "left"), pair(1, Label.FOOTNOTE, "1) note"), pair(2, Label.TEXT, "right"))
    assert found.markdown.split("\n\n")[:2] == ["left", "right"]
    assert found.text == "left\n1) note\nright"


def test_figures_are_links_to_their_crops_with_captions() -> None:
    found = written(
        pair(0, Label.PICTURE, "", status=Status.SKIPPED, reason="a picture is kept as an image, not read"),
        pair(1, Label.CAPTION, "Figure 1. Hills"),
        pair(2, Label.CHART, "", status=Status.SKIPPED),
    )
    assert found.markdown == (
        "![picture](crops/d_00001_000.png)\n\n*Figure 1. Hills*\n\n![chart](crops/d_00001_002.png)"
    )
    assert (found.text, found.status, found.reason) == ("Figure 1. Hills", Status.OK, "")


def test_a_plain_table_is_a_pipe_table() -> None:
    html = "<table><tr><td>River</td><td>a | b</td></tr><tr><td>Stone<br>wall</td><td>&lt;1</td></tr></table>"
    found = written(pair(0, Label.TABLE, html, TextFormat.HTML))
    assert found.markdown == "| River | a \\| b |\n| --- | --- |\n| Stone<br>wall | <1 |"
    assert found.text == "River a | b\nStone wall <1"


def test_a_table_with_spans_stays_html_and_nothing_else_comes_through() -> None:
    html = (
        '<table onclick="x"><tr><th colspan="2">Total</th></tr><tr><td>1<script>alert(1)</script></td>'
        '<td rowspan="abc">2</td></tr></table>'
    )
    found = written(pair(0, Label.TABLE, html, TextFormat.HTML))
    assert found.markdown.splitlines() == [
        "<table>",
        '<tr><th colspan="2">Total</th></tr>',
        "<tr><td>1alert(1)</td><td>2</td></tr>",
        "</table>",
    ]


def test_short_rows_are_filled_up_and_broken_html_is_read() -> None:
    found = written(pair(0, Label.TABLE, "<tr><td>a<td>b<tr><td>c", TextFormat.HTML))
    assert found.markdown == "| a | b |\n| --- | --- |\n| c |  |"


def test_a_table_that_was_read_as_text_keeps_its_lines() -> None:
    assert written(pair(0, Label.TABLE, "River 120\nStone 450")).markdown == "River 120  \nStone 450"


@pytest.mark.parametrize("formula", ["x^2", "$$x^2$$", "\\[ x^2 \\]", "$x^2$"])
def test_formulas_are_fenced_once(formula: str) -> None:
    assert written(pair(0, Label.FORMULA, formula, TextFormat.LATEX)).markdown == "$$\nx^2\n$$"


def test_code_is_fenced_beyond_its_own_backticks() -> None:
    assert written(pair(0, Label.CODE, "a = ```\nb")).markdown == "````\na = ```\nb\n````"


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("# of rivers", "\\# of rivers"),
        ("a * b * c", "a \\* b \\* c"),
        ("file_name_here and _this_", "file_name_here and \\_this\\_"),
        ("x <b>bold</b>", "x \\<b>bold\\</b>"),
        ("see [1](page)", "see \\[1](page)"),
        ("2026. was a year", "2026\\. was a year"),
        ("3 < 4", "3 < 4"),
        ("> 5 of them", "\\> 5 of them"),
        ("---", "\\---"),
    ],
)
def test_what_markdown_would_take_for_more_than_text_is_escaped(text: str, markdown: str) -> None:
    assert written(pair(0, Label.TEXT, text)).markdown == markdown


def test_regions_are_read_in_the_order_of_their_index() -> None:
    found = written(pair(2, Label.TEXT, "third"), pair(0, Label.TEXT, "first"), pair(1, Label.TEXT, "second"))
    assert found.text == "first\nsecond\nthird"
    assert found.markdown == "first\n\nsecond\n\nthird"


def test_paragraphs_are_told_by_the_places_of_words() -> None:
    words = tuple(
        Word(text, Box(x0, 40.0 * line, x1, 40.0 * line + 20), 0.9, line)
        for text, x0, x1, line in (
            ("The", 50, 150, 0),
            ("record", 170, 940, 0),
            ("ends.", 50, 200, 1),
            ("It", 50, 90, 2),
        )
    )
    found = written(pair(0, Label.TEXT, "The record\nends.\nIt", words=words))
    assert found.markdown == "The record ends.\n\nIt"


def test_a_part_that_failed_is_named_and_the_rest_is_there() -> None:
    lost = pair(1, Label.TEXT, "", status=Status.FAILED, reason="too_large: lower ingest.dpi")
    found = written(pair(0, Label.TEXT, "body"), lost)
    assert (found.status, found.text) == (Status.OK, "body")
    assert found.reason == "1 of 2 regions could not be read: too_large: lower ingest.dpi"
    alone = written(lost)
    assert (alone.status, alone.reason) == (Status.SKIPPED, "too_large: lower ingest.dpi")


def test_what_was_skipped_on_purpose_is_no_loss() -> None:
    dropped = pair(1, Label.PAGE_HEADER, "", status=Status.SKIPPED, reason="header is dropped: see recognition.tasks")
    assert written(pair(0, Label.TEXT, "read"), dropped).reason == ""


def test_a_picture_with_print_in_it_is_the_reason_of_its_page() -> None:
    region, kept = pair(1, Label.PICTURE, "", status=Status.SKIPPED, reason="a picture is kept as an image, not read")
    doubted = replace(region, reason="about 60% of what looks like print lies in pictures")
    found = written(pair(0, Label.TEXT, "read"), (doubted, kept))
    assert (found.status, found.reason) == (Status.OK, doubted.reason)


def test_ink_that_no_word_covers_is_the_reason_of_its_page() -> None:
    found = written(pair(0, Label.TEXT, "read", reason="words cover 60% of the ink"), pair(1, Label.TEXT, "more"))
    assert (found.status, found.reason) == (Status.OK, "words cover 60% of the ink")


@pytest.mark.parametrize(("silent", "told"), [(1, False), (2, True)])
def test_regions_of_text_without_text_are_a_reason_where_they_are_many(silent: int, told: bool) -> None:
    read = [pair(place, Label.TEXT, "read") for place in range(8)]
    empty = [pair(8 + place, Label.TABLE, "", status=Status.EMPTY, reason="no text found") for place in range(silent)]
    reason = written(*read, *empty).reason
    assert reason.startswith("nothing was found to read in 2 of 10 regions of text") == told
    assert bool(reason) == told


def test_a_blank_page_is_empty_and_a_failed_one_is_skipped_with_its_reason() -> None:
    blank = written(pair(0, Label.PAGE, "", status=Status.EMPTY, reason="nothing to read"))
    assert (blank.status, blank.text, blank.markdown) == (Status.EMPTY, "", "")
    failed = fakes.page(status=Status.FAILED, reason="encrypted: needs a password")
    found = assemble(failed, [], [], DROPPED)
    assert (found.status, found.reason) == (Status.SKIPPED, "encrypted: needs a password")


def test_a_region_without_a_recognition_is_a_mistake_of_the_caller() -> None:
    region, _ = pair(3, Label.TEXT, "")
    with pytest.raises(ValueError, match=r"regions \[3\] of page d_00001 have no recognition"):
        assemble(PAGE, [region], [], DROPPED)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("AT&amp;T", "AT&T"),
        ("R&amp;D &amp; x &lt; y", "R&D & x < y"),
        ("&amp;amp;", "&amp;amp;"),
        ("&amp;#38;", "&amp;#38;"),
        ("&lt;b>", "&lt;b>"),
    ],
)
@pytest.mark.parametrize("span", ["", ' colspan="2"'])
def test_signs_in_a_table_stay_themselves_where_they_mean_nothing_more(said: str, shown: str, span: str) -> None:
    html = f"<table><tr><td{span}>{said}</td></tr></table>"
    found = written(pair(0, Label.TABLE, html, TextFormat.HTML)).markdown
    assert (f">{shown}</td>" if span else f"| {shown} |") in found


LAYER = (
    Word("Report", Box(60, 110, 160, 140), line=0),
    Word("outside", Box(60, 1300, 160, 1330), line=3),
    Word("on", Box(170, 110, 200, 140), line=0),
    Word("rivers", Box(60, 210, 160, 240), line=1),
)


def layered(attempts: int = 0, **changes: Any) -> Transcript:
    values = {"text_layer": "outside\nReport on\nrivers\n", "text_layer_words": LAYER, "text_layer_preferred": True}
    page = fakes.page(width=1000, height=1400, **{**values, **changes})
    pairs = [pair(1, Label.TITLE, "Report on", attempts=0), pair(2, Label.TEXT, "rivers", attempts=attempts)]
    return assemble(page, [region for region, _ in pairs], [found for _, found in pairs], DROPPED)


def test_words_of_a_preferred_text_layer_that_no_region_holds_come_last() -> None:
    found = layered()
    assert found.source == "text_layer"
    assert found.text == "Report on\nrivers\noutside"
    assert found.markdown == "# Report on\n\nrivers\n\noutside"


def test_a_word_that_is_doubted_is_not_among_them() -> None:
    found = layered(text_layer_words=(Word("outside", Box(60, 1300, 160, 1330), 0.0),))
    assert found.text == "Report on\nrivers"


def test_a_page_of_which_a_part_was_read_says_so() -> None:
    assert layered(attempts=1).source == "mixed"


def test_a_layer_that_is_only_a_reference_is_left_alone() -> None:
    found = layered(text_layer_preferred=False)
    assert (found.source, found.text) == ("ocr", "Report on\nrivers")


def test_only_what_changes_a_transcript_is_part_of_its_identity() -> None:
    same = transcript_identity(TranscriptOptions(jsonl=False, searchable_pdf=False, markdown=False))
    assert same.canonical() == transcript_identity(DROPPED).canonical() != transcript_identity(KEPT).canonical()


def test_a_page_of_nothing_but_pictures_says_so() -> None:
    seen = written(pair(0, Label.PICTURE, "", status=Status.SKIPPED, reason="a picture is kept as an image, not read"))
    assert (seen.status, seen.text) == (Status.EMPTY, "")
    assert seen.reason.startswith("all that is on the page was taken for pictures (1)")


def test_what_ingest_left_out_stands_before_what_was_missed() -> None:
    page = replace(PAGE, reason="the first of 3 frames")
    region, found = pair(0, Label.TEXT, "read", reason="words cover 60% of the ink")
    assert assemble(page, [region], [found], DROPPED).reason == "the first of 3 frames; words cover 60% of the ink"
    assert assemble(page, [region], [replace(found, reason="")], DROPPED).reason == "the first of 3 frames"
