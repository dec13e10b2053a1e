"""What a run's stages and cards did, put together from what it knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ocr_project.domain.gpu_usage import GpuUsage
from ocr_project.domain.types import ShardInfo
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

ZERO = 1_000_000.0


def work(stage: str, began: float, ended: float, name: str = "read_regions") -> Work:
    return Work(stage, name, ZERO + began, ZERO + ended)


def shard(stage: str, made: float, seconds: float, *cards: tuple[int, int], process: str = "host-1") -> ShardInfo:
    """Return the footer of a shard; `cards` are pairs of a GPU and the percent of the time in which it was at work."""
    gpus = tuple(GpuUsage(gpu, "NVIDIA Test", seconds, None, sm=((busy, 40),)) for gpu, busy in cards)
    return ShardInfo("a", "k", "a", 10, stage=stage, wall_seconds=seconds, made=ZERO + made, gpus=gpus,
                     process=process)  # fmt: skip


def event(what: str, at: float, who: str = "s0", gpu: int = 0, stage: str = "recognition") -> dict[str, Any]:
    return {"at": ZERO + at, "what": what, "stage": stage, "who": who, "gpu": gpu, "pages": 0}


def lane(timeline: Timeline, name: str) -> list[tuple[str, float, float, float]]:
    (found,) = [one for one in timeline.lanes if one.name == name]
    return [
        (span.state.value, round(span.began, 3), round(span.ended, 3), round(span.share, 3)) for span in found.spans
    ]


def test_a_stage_waits_starts_and_is_busy() -> None:
    events = [event("server started", 10), event("stage began", 10), event("server ready", 50)]
    timeline = timeline_of(ZERO, ZERO + 100, [work("layout", 0, 10), work("recognition", 10, 80)], [], events)
    assert [one.name for one in timeline.lanes] == ["layout", "recognition", "GPU 0"]
    assert lane(timeline, "layout") == [("busy", 0, 10, 1)]
    assert lane(timeline, "recognition") == [("starting", 10, 50, 1), ("busy", 50, 80, 1)]
    assert timeline.lanes[1].seconds(100) == {State.BUSY: 30, State.STARTING: 40, State.WAITING: 30}


def test_servers_that_started_early_are_ready_when_their_stage_begins() -> None:
    events = [event("server started", 0), event("server ready", 9)]
    timeline = timeline_of(ZERO, ZERO + 30, [work("layout", 0, 10), work("recognition", 10, 30)], [], events)
    assert lane(timeline, "recognition") == [("busy", 10, 30, 1)]
    assert lane(timeline, "GPU 0") == [("starting", 0, 9, 1)], "the card shows when it was"


def test_a_card_is_busy_by_the_share_of_its_samples_and_not_while_servers_start() -> None:
    made = [shard("layout", 10, 10, (0, 80), (1, 0)), shard("recognition", 100, 90, (0, 30), (1, 30))]
    events = [event("server started", 10, f"s{gpu}", gpu) for gpu in (0, 1)]
    events += [event("server ready", 70, f"s{gpu}", gpu) for gpu in (0, 1)]
    timeline = timeline_of(ZERO, ZERO + 120, [work("layout", 0, 10)], made, events)
    assert lane(timeline, "GPU 0") == [("busy", 0, 10, 0.8), ("starting", 10, 70, 1), ("busy", 70, 100, 0.9)]
    seconds = timeline.lanes[-1].seconds(120)
    assert seconds == pytest.approx({State.BUSY: 27, State.STARTING: 60, State.WAITING: 33})


def test_a_server_that_never_was_ready_starts_to_the_end() -> None:
    timeline = timeline_of(ZERO, ZERO + 60, [], [], [event("server started", 20)])
    assert lane(timeline, "GPU 0") == [("starting", 20, 60, 1)]


def test_a_server_that_died_starts_twice() -> None:
    events = [event("server started", 0), event("server ready", 10), event("server died", 30)]
    events += [event("server started", 31), event("server ready", 40)]
    timeline = timeline_of(ZERO, ZERO + 60, [], [], events)
    assert lane(timeline, "GPU 0") == [("starting", 0, 10, 1), ("starting", 31, 40, 1)]


def test_nodes_that_overlap_count_once() -> None:
    timeline = timeline_of(ZERO, ZERO + 20, [work("layout", 0, 10, "a"), work("layout", 5, 12, "b")], [], [])
    assert lane(timeline, "layout") == [("busy", 0, 10, 1), ("busy", 10, 12, 1)]


def test_figures_add_up_to_the_run() -> None:
    timeline = timeline_of(ZERO, ZERO + 20, [work("layout", 0, 10)], [shard("layout", 10, 10, (0, 50))], [])
    assert timeline.figures() == {
        "seconds": 20,
        "layout.busy_seconds": 10, "layout.waiting_seconds": 10,
        "GPU 0.busy_seconds": 5, "GPU 0.waiting_seconds": 15,
    }  # fmt: skip


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    timeline = Timeline(ZERO, 9.5, (Lane("GPU 0", True, (Span(1.0, 2.0, State.BUSY, "layout", 0.5),)),))
    write_timeline(tmp_path / "timeline.json", timeline)
    assert read_timeline(tmp_path / "timeline.json") == timeline
