"""The parts of the report: numbers, plots, tables, the card of a page."""

from __future__ import annotations

import base64
import dataclasses
import html
import io
import math
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ocr_project.domain.types import Box, Label, Region, Status
from ocr_project.engine.imaging.pixels import encode
from ocr_project.engine.metrics import Span
from ocr_project.engine.reporting import (
    Difference,
    FailureRow,
    GroupRow,
    PageCard,
    PagePoint,
    Rate,
    Report,
    Retrieval,
    RetrievalRow,
    StageRow,
    charts,
    markup,
    write_report,
)
from ocr_project.engine.reporting.differences import marked

NAN = math.nan


def rate(value: float) -> Rate:
    return Rate(value, NAN, NAN)


class Shown:
    """Writes a report of the parts that a test gives, and returns one of its tables or cards as HTML."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "report.html"

    def report(self, **parts: object) -> str:
        empty: dict[str, object] = {key: {} for key in ("facts", "parameters", "totals", "overall")}
        empty |= dict.fromkeys(("stages", "groups", "documents", "failures", "pages"), ()) | {"retrieval": Retrieval()}
        report = Report(title="", created="", **{**empty, **parts})  # type: ignore[arg-type]
        write_report(self._path, report)
        return self._path.read_text(encoding="utf-8")

    def table(self, name: str, **parts: object) -> str:
        match = re.search(f'<table id="{name}".*?</table>', self.report(**parts), re.DOTALL)
        assert match
        return match[0]

    def card(self, **changes: object) -> str:
        fields: dict[str, object] = {
            "page_id": "d_00003", "path": "g/d.pdf", "number": 3, "group": "g", "width": 2000, "height": 3000,
            "image": None, "regions": [], "reference": "가나다", "hypothesis": "가나다", "spans": [],
            "cer_no_space": 0.1, "confidence": 0.8, "status": "ok", "reason": "", "reference_kind": "silver",
        }  # fmt: skip
        page = PageCard(**{**fields, **changes})  # type: ignore[arg-type]
        match = re.search(r"<article.*</article>", self.report(pages=[page]), re.DOTALL)
        assert match
        return match[0]


@pytest.fixture
def shown(tmp_path: Path) -> Shown:
    return Shown(tmp_path)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_escaped_text_reads_back_but_for_what_cannot_be_shown(text: str) -> None:
    safe = str(markup.safe(text))
    assert not set("<>\"'") & set(safe)
    kept = re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "\ufffd", text.replace("\r\n", "\n"))
    assert html.unescape(safe) == kept


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0.00 s"), (0.416, "0.42 s"), (59.97, "1 min 00 s"), (185, "3 min 05 s"), (7620, "2 h 07 min")],
)  # fmt: skip
def test_durations(seconds: float, said: str) -> None:
    assert markup.duration(seconds) == said


@pytest.mark.parametrize(("rate", "said"), [(0.0421, "0.0421"), (0.4271, "0.427"), (13.11, "13.1"), (1234.5, "1,234")])
def test_speeds_have_three_digits(rate: float, said: str) -> None:
    assert markup.speed(rate) == said


def test_numbers_that_are_none_are_dashes() -> None:
    assert markup.percent(NAN) == markup.speed(0.0) == markup.duration(NAN) == markup.DASH


def test_histogram_counts_every_scored_page_once() -> None:
    rates = [0.0, 0.004, 0.005, 0.03, 0.5, 1.7, None]
    svg = ElementTree.fromstring(charts.cer_histogram([PagePoint(rate, 0.9) for rate in rates]))
    values = [node.text for node in svg.iter("text") if node.get("class") == "value"]
    assert values == ["2", "1", "1", "2"]
    titles = [node.findtext("title") for node in svg.iter("rect")]
    assert titles[0] == "2 pages with CER <0.5 %"
    assert titles[-1] == "2 pages with CER ≥50 %"


def test_scatter_plot_does_not_grow_with_the_corpus() -> None:
    random = np.random.default_rng(0)
    pairs = random.random((40_000, 2))
    points = [PagePoint(float(rate), float(sure)) for rate, sure in pairs]
    plot = charts.confidence_plot(points)
    assert len(plot) < 120_000
    titles = [node.findtext("title") or "" for node in ElementTree.fromstring(plot).iter("circle")]
    assert sum(int(title.split()[0].replace(",", "")) for title in titles) == 40_000


@pytest.mark.parametrize("rate", [0.0, 0.004, 0.3, 1.0, 25.0])
@pytest.mark.parametrize("confidence", [0.01, 0.9, 1.0])
def test_dots_lie_within_the_axes(rate: float, confidence: float) -> None:
    svg = ElementTree.fromstring(charts.confidence_plot([PagePoint(rate, confidence)]))
    (dot,) = svg.iter("circle")
    assert 44 <= float(dot.get("cx", "nan")) <= 428
    assert 22 <= float(dot.get("cy", "nan")) <= 206


def test_plots_without_data_are_left_out() -> None:
    unscored = [PagePoint(None, 0.9), PagePoint(0.1, None)]
    assert (
        charts.cer_histogram(unscored[:1])
        == charts.confidence_plot(unscored)
        == charts.stage_bars([])
        == markup.NOTHING
    )


def test_stage_bars_are_as_long_as_their_time() -> None:
    rows = [StageRow(name, "", 1, 8, 8, 0, s, 8 / s, s, s / 40) for name, s in (("a<b", 10.0), ("b", 30.0))]
    svg = ElementTree.fromstring(charts.stage_bars(rows))
    widths = [float(node.get("width", "nan")) for node in svg.iter("rect") if node.get("class") == "bar"]
    assert widths[1] / widths[0] == pytest.approx(3, abs=0.01)


def test_forest_dot_lies_on_its_interval() -> None:
    svg = ElementTree.fromstring(charts.forest(Rate(0.02, 0.01, 0.04, 2, 100), 0.04))
    whisker = next(node for node in svg.iter("line") if node.get("class") == "whisker")
    (dot,) = svg.iter("circle")
    assert [float(whisker.get(end, "nan")) for end in ("x1", "x2")] == [32, 116]
    assert float(dot.get("cx", "nan")) == 60
    assert charts.forest(Rate(NAN, NAN, NAN, 0, 0), 0.04) == markup.NOTHING


def test_score_table_sorts_by_numbers_and_leaves_unknown_ones_empty(shown: Shown) -> None:
    rows = [
        GroupRow("a", 1200, 40, {"cer_no_space": Rate(0.0312, 0.02, 0.05, 312, 10_000)}, "gold"),
        GroupRow("b", 1, 1, {}, "none"),
    ]
    table = shown.table("group-rows", groups=rows)
    assert 'data-v="0.0312" title="312 of 10,000 characters">3.12\u202f%</td>' in table
    assert "1,200" in table
    second = table.split("<tr>")[-1]
    assert 'data-v=""' in second
    assert "nan" not in table


def test_failures_say_what_to_do(shown: Shown) -> None:
    rows = [FailureRow("a.pdf", "ingest", "encrypted: needs a password"), FailureRow("b.pdf", "layout", "odd: x", "4")]
    table = shown.table("failure-rows", failures=rows)
    assert "without the password" in table
    assert "odd: x" in table  # a code that is not known stays part of the reason
    assert '<span class="chip failed">encrypted</span> needs a password' in table


def test_the_best_search_of_each_column_is_marked_and_the_least_error_rate(shown: Shown) -> None:
    rows = [
        RetrievalRow(name, "", 9, dict(zip(("ndcg@5", "mrr", "map", "cer_no_space"), map(rate, values), strict=True)))
        for name, values in (("a", (0.4, NAN, 0.2, 0.02)), ("b", (0.5, 0.3, 0.2, 0.03)))
    ]
    table = shown.table("retrieval-runs", retrieval=Retrieval(searches=rows))
    assert table.count("n main") == 2  # there is nothing to compare MRR with, and MAP is the same
    assert 'class="n main" data-v="0.5"' in table
    assert 'class="n main" data-v="0.02"' in table
    assert ">nDCG@5<" in table


def test_a_difference_stands_below_its_figure(shown: Shown) -> None:
    difference = Difference("b", "a", "mrr", -0.25, -0.5, NAN, 0.1, 9)
    clear = dataclasses.replace(difference, high=-0.1)
    row = RetrievalRow("b", "", 9, {"mrr": rate(0.5)}, {"mrr": clear})
    retrieval = Retrieval(searches=[row], differences=[difference, clear], recognizers=[row])
    assert "<i>-0.250 (-0.500 – -0.100)</i>" in shown.table("recognizer-rows", retrieval=retrieval)
    table = shown.table("retrieval-differences", retrieval=retrieval)
    assert table.count("n main") == 1
    assert table.count("MRR") == 2


def test_differences_are_marked() -> None:
    spans = [Span("equal", "a<", "a<"), Span("replace", "b", "c"), Span("delete", "d", ""), Span("insert", "", "e")]
    assert marked(spans) == "a&lt;<del>b</del><ins>c</ins><del>d</del><ins>e</ins>"


def test_white_space_alone_is_a_sign_and_missed_breaks_break_nothing() -> None:
    assert marked([Span("delete", "\n", ""), Span("insert", "", " \n")]) == (
        '<del class="space" data-sign="⏎"></del><ins class="space" data-sign="␣⏎"> \n</ins>'
    )


def test_a_reference_without_alignment_is_missed_as_a_whole(shown: Shown) -> None:
    assert "<del>가나다</del><ins>라</ins>" in shown.card(hypothesis="라")


def test_text_stands_as_it_was_written(shown: Shown) -> None:
    text = "\n  first\n\tsecond <b>  \n"
    assert f"<pre>\n{html.escape(text)}</pre>" in shown.card(hypothesis=text, reference=None)


def test_runaway_text_is_cut_and_says_so(shown: Shown) -> None:
    loop = "가" * 1_000_000
    spans = [Span("equal", "가", "가"), Span("insert", "", loop[1:]), Span("insert", "", "b" * 10)]
    made = shown.card(hypothesis=loop, spans=spans)
    assert len(made) < 100_000
    assert "980,010 more characters are not shown" in made
    assert "980,000 more characters are not shown" in made


def test_image_is_shrunk_to_webp(shown: Shown) -> None:
    made = shown.card(image=encode(np.full((3000, 2000, 3), 255, np.uint8)))
    match = re.search(r'src="data:image/webp;base64,([^"]+)" width="2000" height="3000"', made)
    assert match
    with Image.open(io.BytesIO(base64.b64decode(match[1]))) as image:
        assert (image.format, image.size) == ("WEBP", (800, 1200))


@pytest.mark.parametrize(("shape", "size"), [((20_000, 500), (100, 4000)), ((1, 1), (1, 1)), ((1, 9000), (800, 1))])
def test_odd_shapes_are_shown(shown: Shown, shape: tuple[int, int], size: tuple[int, int]) -> None:
    match = re.search(r"base64,([^\"]+)", shown.card(image=encode(np.zeros((*shape, 3), np.uint8))))
    assert match
    with Image.open(io.BytesIO(base64.b64decode(match[1]))) as image:
        assert image.size == size


@pytest.mark.parametrize(
    ("image", "said"), [(None, "could not be rendered"), (b"", "decoded"), (b"\x89PNG...", "decoded")]
)
def test_a_page_without_a_usable_image_says_why(shown: Shown, image: bytes | None, said: str) -> None:
    made = shown.card(image=image)
    assert "No image: " in made
    assert said in made
    assert "<img" not in made


def test_regions_are_drawn_in_reading_order_with_label_and_turn(shown: Shown) -> None:
    regions = [
        Region("p", 0, Label.TABLE, "<t>", Box(10, 20, 110, 220), score=0.5),
        Region(
            "p", 1, Label.TEXT, "t", Box(0, 0, 9, 9), quad=(5, 0, 9, 5, 5, 9, 0, 5), status=Status.FAILED, reason="r"
        ),
    ]
    made = shown.card(image=encode(np.zeros((30, 20, 3), np.uint8)), regions=regions)
    match = re.search(r'<svg class="overlay".*?</svg>', made, re.DOTALL)
    assert match
    svg = ElementTree.fromstring(match[0])
    assert svg.get("viewBox") == "0 0 2000 3000"
    groups = list(svg.iter("g"))
    assert [node.get("class") for node in groups] == ["r-table", "r-body failed"]
    assert [node.findtext("text") for node in groups] == ["1", "2"]
    assert groups[0].findtext("title") == "1 · table (<t>) · score 0.50"
    assert [node.get("points") for node in svg.iter("polygon")] == ["10,20 110,20 110,220 10,220", "5,0 9,5 5,9 0,5"]
    assert "failed r</td>" in made  # also in the list, for those who cannot hover
