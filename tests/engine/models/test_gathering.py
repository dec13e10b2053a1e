"""Requests that vLLM lets in together: over a stand-in that admits as its scheduler does, up to its limit."""

from __future__ import annotations

import importlib
import sys
import traceback
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ocr_project.domain.options import VllmOptions
from ocr_project.engine.models.served import server
from ocr_project.engine.models.served.server_log import explain_server_log

SEATS = 12
MODULE = "vllm.v1.core.sched.async_scheduler"


class Plan(int):
    """How many are let in, and whether that used up all tokens of the step."""

    total_num_scheduled_tokens = 0


class StandIn:
    """vLLM's scheduler, as far as ours touches it."""

    limit_name = "max_num_running_reqs"
    max_num_scheduled_tokens = 16384

    def __init__(self) -> None:
        setattr(self, self.limit_name, SEATS)
        self.running: list[int] = []  # tokens that each has to write yet
        self.waiting: list[int] = []
        self.fit = SEATS  # new requests that a step has tokens for
        self.memory = SEATS  # places that it has memory for
        self.blocked = False  # those that wait: a grammar is not ready, or vLLM puts prefills off

    def get_request_counts(self) -> tuple[int, int]:
        return len(self.running), len(self.waiting)

    def schedule(self, throttle_prefills: bool = False) -> Plan:
        most = min(self.fit, len(self.waiting), getattr(self, self.limit_name) - len(self.running))
        new = Plan(0 if self.blocked else max(0, min(most, self.memory - len(self.running))))
        new.total_num_scheduled_tokens = self.max_num_scheduled_tokens if new == self.fit else new
        self.running += self.waiting[:new]
        del self.waiting[:new]
        return new

    def write(self) -> None:
        """Write a token of each that runs."""
        self.running = [left - 1 for left in self.running if left > 1]


class OfVllm32(StandIn):
    limit_name = "max_num_active_reqs"


Made = Callable[..., Any]


@pytest.fixture
def scheduler(monkeypatch: pytest.MonkeyPatch) -> Made:
    def made(batch: int, base: type = StandIn) -> Any:
        for name in ("vllm", "vllm.v1", "vllm.v1.core", "vllm.v1.core.sched"):
            monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
        module = types.ModuleType(MODULE)
        module.AsyncScheduler = base  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, MODULE, module)
        monkeypatch.setenv(server._PREFILL_BATCH, str(batch))
        path, _, name = server._SCHEDULER.rpartition(".")
        monkeypatch.delitem(sys.modules, path, raising=False)
        return getattr(importlib.import_module(path), name)()

    return made


@pytest.mark.parametrize("base", [StandIn, OfVllm32])
def test_requests_are_let_in_by_batches_and_all_of_them(scheduler: Made, base: type) -> None:
    ours = scheduler(4, base)
    ours.waiting = [1 + number % 7 for number in range(60)]
    admitted = steps = 0
    batches = []
    while ours.running or ours.waiting:
        new = ours.schedule()
        ours.write()
        steps += 1
        admitted += new
        batches += [new] if new else []
        assert len(ours.running) <= SEATS
        assert getattr(ours, base.limit_name) == SEATS
        assert steps < 200
    assert admitted == 60
    assert batches[0] == SEATS
    assert min(batches[:-1]) >= 4


def test_few_that_run_do_not_let_others_wait(scheduler: Made) -> None:
    ours = scheduler(32)
    ours.running, ours.waiting = [50, 50], [5]
    assert ours.schedule() == 1
    ours.running, ours.waiting = [], [5]
    assert ours.schedule() == 1


def test_a_request_that_no_other_joins_is_let_in_after_some_steps(scheduler: Made) -> None:
    ours = scheduler(8)
    ours.running, ours.waiting = [1000] * 10, [5]
    steps = next(step for step in range(1, 1000) if ours.schedule())
    assert 10 < steps <= 65


def test_a_request_that_could_not_be_let_in_does_not_wait_for_us_once_more(scheduler: Made) -> None:
    ours = scheduler(8)
    ours.running, ours.waiting, ours.blocked = [1000] * 10, [5], True
    for _ in range(100):
        ours.schedule()
    ours.blocked = False
    assert ours.schedule() == 1


def test_places_that_are_all_taken_are_not_waited_for(scheduler: Made) -> None:
    ours = scheduler(4)
    ours.running, ours.waiting = [1000] * SEATS, [5] * 4
    for _ in range(64):
        ours.schedule()
    ours.running = [1000] * (SEATS - 1)
    assert ours.schedule() == 0  # the first that is free waits for others
    ours.running = [1000] * (SEATS - 4)
    assert ours.schedule() == 4


def test_what_a_step_has_tokens_for_is_enough(scheduler: Made) -> None:
    ours = scheduler(6)
    ours.fit = 3
    ours.running, ours.waiting = [1000] * 6, [5] * 6
    assert [ours.schedule() for _ in range(3)] == [3, 3, 0]
    ours.running, ours.waiting = [1000] * 9, [5] * 3
    assert [ours.schedule() for _ in range(3)] == [0, 0, 0]  # it tries whether a step has room for more by now
    ours.waiting.append(5)
    ours.running.pop()
    assert ours.schedule() == 3
    assert ours.schedule() == 0


def test_memory_that_is_full_does_not_make_batches_smaller(scheduler: Made) -> None:
    ours = scheduler(4)
    ours.memory, ours.running, ours.waiting = 9, [1000] * 8, [5] * 4
    assert [ours.schedule() for _ in range(5)] == [1, 0, 0, 0, 0]
    ours.running, ours.memory = [1000] * 9, SEATS
    assert ours.schedule() == 0
    ours.waiting.append(5)
    ours.running.pop()
    assert ours.schedule() == 4


def test_batches_are_full_again_when_a_step_has_room(scheduler: Made) -> None:
    ours = scheduler(6)
    ours.fit, ours.running, ours.waiting = 1, [1000] * 6, [5] * 2
    while not ours.schedule():
        pass
    ours.fit, ours.running, ours.waiting = SEATS, [1000] * 6, []
    batches = []
    for _ in range(50):
        ours.waiting.append(5)
        new = ours.schedule()
        batches += [new] if new else []
        ours.running = [1000] * 6
    assert batches == sorted(batches)
    assert batches[-1] == 3  # half of those at work


def test_waiting_follows_the_limit_of_running_and_errors_leave_it(
    scheduler: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = scheduler(4)
    ours.running, ours.waiting = [9] * 8, [9]

    def fails(self: Any) -> int:
        raise KeyError("a step")

    monkeypatch.setattr(StandIn, "schedule", fails)
    with pytest.raises(KeyError):
        ours.schedule()
    assert ours.max_num_running_reqs == SEATS


def test_a_vllm_with_another_limit_is_named_and_its_server_says_how_to_do_without(
    scheduler: Made, tmp_path: Path
) -> None:
    class Other(StandIn):
        limit_name = "something_else"

    with pytest.raises(RuntimeError, match="set prefill_batch=0") as failed:
        scheduler(4, Other)
    path = tmp_path / "gpu0-0.log"
    lines = [*traceback.format_exception(failed.value), "RuntimeError: Engine core initialization failed.\n"]
    path.write_text("".join(lines), "utf-8")
    assert "set embedding.vllm.prefill_batch=0" in explain_server_log(path, option="embedding.vllm")


def test_a_python_without_this_project_is_told(tmp_path: Path) -> None:
    path = tmp_path / "gpu0-0.log"
    path.write_text("(EngineCore pid=7) ModuleNotFoundError: No module named 'ocr_project'\n", "utf-8")
    assert "set recognition.vllm.prefill_batch=0" in explain_server_log(path)


def test_servers_are_told_of_it_where_it_is_wanted(tmp_path: Path) -> None:
    def told(batch: int) -> tuple[list[str], dict[str, str]]:
        options = VllmOptions(model="m", prefill_batch=batch, logs=tmp_path)
        return server.serve_arguments(options, 8000), server._environment(options, 0)

    arguments, environment = told(32)
    assert arguments[arguments.index("--scheduler-cls") + 1] == server._SCHEDULER
    assert environment[server._PREFILL_BATCH] == "32"
    arguments, environment = told(0)
    assert "--scheduler-cls" not in arguments
    assert server._PREFILL_BATCH not in environment
