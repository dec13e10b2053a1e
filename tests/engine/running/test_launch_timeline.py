"""The timelines of workers laid together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ocr_project.engine.running.launch_timeline import (
    CLOSING,
    Record,
    joined,
    joined_events,
    read_records,
    write_record,
)
from ocr_project.engine.running.timeline import (
    Lane,
    Span,
    State,
    Timeline,
    Work,
    read_timeline,
    timeline_of,
    write_timeline,
)
from tests.engine.running.test_timeline import ZERO, event, lane, shard, work

BUSY, STARTING = State.BUSY, State.STARTING


def record(
    name: str,
    began: float,
    ended: float,
    works: list[Work],
    shards: list[Any],
    events: list[dict[str, Any]],
    **more: Any,
) -> Record:
    timeline = timeline_of(ZERO + began, ZERO + ended, works, shards, events)
    return Record(name, **{"host": "a", "timeline": timeline, "shards": len(shards), "events": tuple(events), **more})


def two_hosts() -> tuple[list[Record], Record]:
    """Return a worker on host a (its card: NVML's 1), a later one on host b (0), and the run after them."""
    first = record(
        "a-1", 0, 60, [work("layout", 0, 20, "find"), work("recognition", 20, 60)],
        [shard("layout", 20, 20, (1, 40)), shard("recognition", 60, 20, (1, 100))],
        [event("server started", 20, gpu=1), event("server ready", 40, gpu=1),
         event("stage waits", 50), event("stage goes on", 55)],
        cards={"GPU 1": "GPU-aaaa"},
    )  # fmt: skip
    second = record(
        "b-2", 10, 60, [work("layout", 10, 20, "find"), work("recognition", 20, 60)], [],
        [event("server started", 30), event("server ready", 50)],
        host="b", cards={"GPU 0": "GPU-bbbb", "GPU 1": "GPU-cccc"},
    )  # fmt: skip
    return [first, second], record(CLOSING, 70, 100, [work("layout", 70, 71), work("benchmark", 80, 90)], [], [])


def test_a_stage_is_busy_by_the_share_of_the_workers_at_it_and_starts_where_none_is() -> None:
    timeline = joined(*two_hosts())
    assert (timeline.began, timeline.seconds, timeline.workers) == (ZERO, 100, 2)
    assert lane(timeline, "layout") == [("busy", 0, 10, 0.5), ("busy", 10, 20, 1), ("busy", 70, 71, 1)]
    assert lane(timeline, "recognition") == [
        ("starting", 20, 40, 1),  # both of them, from 30 on
        ("busy", 40, 55, 0.5),  # the first, while the other's servers start; the other, while the first waits
        ("busy", 55, 60, 1),
    ]
    assert lane(timeline, "benchmark") == [("busy", 80, 90, 1)], "alone, the closing run counts whole"
    assert [one.name for one in timeline.lanes[:3]] == ["layout", "recognition", "benchmark"]
    assert timeline.lanes[0].seconds(100)[BUSY] == pytest.approx((20 + 10) / 2 + 1)


def test_each_card_of_each_host_has_a_lane_with_the_starts_of_its_servers() -> None:
    timeline = joined(*two_hosts())
    assert [one.name for one in timeline.lanes[3:]] == ["GPU 1 of a", "GPU 0 of b", "GPU 1 of b"]
    assert lane(timeline, "GPU 1 of a") == [("busy", 0, 20, 0.4), ("starting", 20, 40, 1), ("busy", 40, 60, 1)]
    assert lane(timeline, "GPU 0 of b") == [("starting", 30, 50, 1)]
    assert lane(timeline, "GPU 1 of b") == [], "seen and not used: it waited all the time"


def test_on_one_host_cards_have_no_host_in_their_names() -> None:
    made = [record(f"a-{gpu}", 0, 9, [], [shard("layout", 9, 9, (gpu, 50))], [], cards={f"GPU {gpu}": f"GPU-{gpu}"})
            for gpu in (0, 2, 10)]  # fmt: skip
    timeline = joined(made, record(CLOSING, 9, 10, [], [], []))
    assert [one.name for one in timeline.lanes] == ["GPU 0", "GPU 2", "GPU 10"]


def test_a_card_that_two_workers_share_is_one_and_as_busy_as_both_measured() -> None:
    made = [record(name, 0, 20, [], [shard("layout", ended, 10, (0, busy))], [], cards={"GPU 0": "GPU-x"})
            for name, ended, busy in (("a-1", 10, 40), ("a-2", 15, 80))]  # fmt: skip
    timeline = joined(made, record(CLOSING, 20, 21, [], [], []))
    assert lane(timeline, "GPU 0") == [("busy", 0, 5, 0.4), ("busy", 5, 10, 0.6), ("busy", 10, 15, 0.8)]


def test_two_cards_that_containers_call_by_one_number_are_two() -> None:
    made = [record(f"a-{uuid}", 0, 9, [], [shard("layout", 9, 9, (0, 50))], [], cards={"GPU 0": f"GPU-{uuid}"})
            for uuid in ("1f00aa22-77", "2f00aa22-77")]  # fmt: skip
    timeline = joined(made, record(CLOSING, 9, 10, [], [], []))
    assert [one.name for one in timeline.lanes] == ["GPU 0 1f00aa22", "GPU 0 2f00aa22"]


def test_neighbours_that_are_alike_are_one_and_other_nodes_are_named() -> None:
    spans = (Span(0, 4, BUSY, "x"), Span(4, 9, BUSY, "x"), Span(9, 10, BUSY, "y"))
    made = [Record("a-1", "a", Timeline(ZERO, 10, (Lane("layout", False, spans),)), 1)]
    made.append(Record("a-2", "a", Timeline(ZERO, 10, (Lane("layout", False, (Span(8, 10, BUSY, "x"),)),)), 1))
    (found,) = joined(made, record(CLOSING, 10, 10, [], [], [])).lanes
    assert [(one.began, one.ended, one.what, one.share) for one in found.spans] == [
        (0, 8, "x", 0.5), (8, 9, "x", 1), (9, 10, "x, y", 1),
    ]  # fmt: skip


def test_a_worker_whose_clock_is_late_and_the_closing_run_are_no_more_than_all() -> None:
    made = [record("a-1", 0, 20, [work("layout", 0, 20)], [], [])]
    assert lane(joined(made, record(CLOSING, 15, 18, [work("layout", 15, 18)], [], [])), "layout") == [
        ("busy", 0, 20, 1)
    ]


def test_what_nothing_is_known_of_is_said(tmp_path: Path) -> None:
    timeline = joined([], record(CLOSING, 0, 9, [work("layout", 0, 9)], [], []), silent=2)
    assert "2 more told nothing" in timeline.about_workers()
    assert timeline.figures() | {"workers": 0, "silent_workers": 2, "layout.busy_seconds": 9} == timeline.figures()
    write_timeline(tmp_path / "t.json", timeline)
    assert read_timeline(tmp_path / "t.json") == timeline
    assert Timeline(ZERO, 9).about_workers() == ""


def test_records_are_read_again_in_the_order_of_their_beginnings_and_events_in_that_of_time(tmp_path: Path) -> None:
    workers, _ = two_hosts()
    for one in reversed(workers):
        write_record(tmp_path, one)
    assert read_records(tmp_path) == workers
    assert [(one["at"] - ZERO, one["worker"]) for one in joined_events(workers)] == [
        (20, "a-1"), (30, "b-2"), (40, "a-1"), (50, "a-1"), (50, "b-2"), (55, "a-1"),
    ]  # fmt: skip
    assert read_records(tmp_path / "none") == []
