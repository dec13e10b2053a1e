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


def test_of_a_launch_it_says_whose_work_it_is_and_shows_the_first_cards_of_many() -> None:
    cards = tuple(Lane(f"GPU {number}", True, ()) for number in range(20))
    timeline = Timeline(0.0, 10.0, (Lane("layout", False, (Span(0, 5, State.BUSY, "find", 0.5),)), *cards), 3, 1)
    lines = list(timeline_lines(timeline, columns=10))
    assert lines[1] == "    layout  ▅▅▅▅▅·····  2.5 s busy"
    assert sum("GPU " in line for line in lines) == 16
    assert [line.strip() for line in lines[-2:]] == [
        "and 4 more cards: timeline.html",
        "3 workers; a stage is as busy as the share of them that was at it;"
        " 1 more told nothing (killed?): their work is not in it",
    ]


def test_of_a_run_that_took_no_time_nothing_is_said() -> None:
    assert not list(timeline_lines(Timeline(0.0, 0.5, (Lane("layout", False, (Span(0, 0.5, State.BUSY, "x"),)),))))
