"""The page of a timeline."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from ocr_project.engine.reporting.timeline_page import bars, clock, joined, write_timeline_page
from ocr_project.engine.running.timeline import Lane, Span, State, Timeline

TIMELINE = Timeline(
    0.0,
    100.0,
    (
        Lane("recognition", False, (Span(0, 60, State.STARTING, "servers"), Span(60, 90, State.BUSY, "read"))),
        Lane("GPU 0 of <host>", True, (Span(60, 90, State.BUSY, "recognition", 0.5),)),
    ),
)


def test_a_bar_is_as_long_as_its_span_and_a_card_as_dark_as_it_was_busy() -> None:
    drawn = ElementTree.fromstring(bars(TIMELINE))
    starting, reading, card = [rect for rect in drawn.iter("rect") if rect.get("class") != "track"]
    track = next(rect for rect in drawn.iter("rect") if rect.get("class") == "track")
    assert float(starting.get("width", 0)) == 0.6 * float(track.get("width", 0))
    assert (starting.get("class"), reading.get("class"), card.get("class")) == ("starting", "bar", "bar")
    assert (reading.get("fill-opacity"), card.get("fill-opacity")) == ("1.00", "0.50")
    assert card.findtext("title") == "recognition: busy, 50% of the time, 1:00 to 1:30"


def test_the_page_has_the_numbers_and_escapes_names(tmp_path: Path) -> None:
    write_timeline_page(tmp_path / "t.html", TIMELINE, "Timeline of a run", "today")
    page = (tmp_path / "t.html").read_text(encoding="utf-8")
    assert "GPU 0 of &lt;host&gt;" in page
    assert "<host>" not in page
    assert "1 min 00 s" in page
    assert "15.0 s" in page


def test_of_a_launch_it_says_whose_work_it_is_and_a_stage_is_as_dark_as_workers_were_at_it(tmp_path: Path) -> None:
    lanes = (Lane("layout", False, (Span(0, 60, State.BUSY, "find", 0.5),)), Lane(f"GPU 0 of {'n' * 40}", True, ()))
    timeline = Timeline(0.0, 100.0, lanes, 2, 1)
    drawn = ElementTree.fromstring(bars(timeline))
    (bar,) = [rect for rect in drawn.iter("rect") if rect.get("class") == "bar"]
    assert bar.get("fill-opacity") == "0.50"
    assert bar.findtext("title") == "find: busy, 50% of the workers, 0:00 to 1:00"
    assert float(bar.get("x", 0)) > 300, "the name of the machine has room"
    write_timeline_page(tmp_path / "t.html", timeline, "Timeline of a launch", "today")
    assert "1 more told nothing" in (tmp_path / "t.html").read_text(encoding="utf-8")


def test_nothing_done_is_said(tmp_path: Path) -> None:
    write_timeline_page(tmp_path / "t.html", Timeline(0.0, 1.0), "Timeline of a run", "today")
    assert "Nothing was done." in (tmp_path / "t.html").read_text(encoding="utf-8")


def test_many_spans_are_drawn_as_few_with_the_same_seconds() -> None:
    spans = tuple(Span(at, at + 1.0, State.BUSY, "layout", 0.25 * (at % 4)) for at in range(1000))
    few = joined(spans, most=100)
    assert len(few) <= 100
    assert sum(span.seconds * span.share for span in few) == sum(span.seconds * span.share for span in spans)


def test_a_time_is_written_as_a_clock_does() -> None:
    assert [clock(seconds) for seconds in (7, 754.9, 7500)] == ["0:07", "12:34", "2:05:00"]
