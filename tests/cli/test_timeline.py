"""The timeline in the summary."""

from __future__ import annotations

from ocr_project.cli.timeline import timeline_lines
from ocr_project.engine.running.timeline import Lane, Span, State, Timeline


def test_a_line_for_each_stage_and_card() -> None:
    stage = Lane("recognition", False, (Span(2, 6, State.STARTING, "servers"), Span(6, 8, State.BUSY, "read")))
    card = Lane("GPU 0", True, (Span(6, 8, State.BUSY, "recognition", 0.5),))
    head, *lines = timeline_lines(Timeline(0.0, 10.0, (stage, card)), columns=10)
    assert "1.0 s a column" in head
    assert lines == [
        "recognition  ··░░░░██··  2.0 s busy, 4.0 s starting",
        "      GPU 0  ······▅▅··  1.0 s busy",
    ]


def test_of_a_run_that_took_no_time_nothing_is_said() -> None:
    assert not list(timeline_lines(Timeline(0.0, 0.5, (Lane("layout", False, (Span(0, 0.5, State.BUSY, "x"),)),))))
