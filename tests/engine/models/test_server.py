"""Servers of our own: ready, never ready, dead, out of memory; and nothing left of them, whatever happens to us."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from ocr_project.domain.errors import BackendError
from ocr_project.domain.gpu_usage import GpuUsage
from ocr_project.domain.options import VllmOptions
from ocr_project.domain.types import ShardInfo, Status
from ocr_project.engine.models.served.fleets import Expected, Fleets
from ocr_project.engine.models.served.requirements import require_cards
from ocr_project.engine.models.served.server import ServerFleet, serve_arguments
from ocr_project.engine.recognition.vision.vllm import VllmRecognizer
from ocr_project.engine.running.events import EVENTS
from ocr_project.engine.running.monitoring.nvml import visible_gpus
from ocr_project.engine.running.timeline import State, timeline_of
from ocr_project.testing.fake_vllm import EXECUTABLE
from ocr_project.testing.regions import drawn_page
from tests.fake_nvml import FakeGpu, FakeNvml
from tests.waiting import PATIENCE

SOURCE = Path(__file__).resolve().parents[3] / "src"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "GLM-OCR"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    return folder


@pytest.fixture
def pids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[int]]]:
    path = tmp_path / "pids"
    monkeypatch.setenv("FAKE_VLLM_PIDS", str(path))

    def found() -> list[int]:
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    yield found
    for process in filter(alive, found()):
        os.kill(process, signal.SIGKILL)


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def wait_until(true: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def options(model: Path, **changes: Any) -> VllmOptions:
    values: dict[str, Any] = {
        "model": str(model),
        "command": EXECUTABLE,
        "logs": model.parent / "logs",
        "crop_workers": 1,
        "requests": 8,
        "startup_seconds": 60,
    }
    return VllmOptions(**{**values, **changes})


def test_servers_start_with_the_first_page_share_it_and_are_gone_at_the_end(
    model: Path, pids: Callable[[], list[int]]
) -> None:
    recognizer = VllmRecognizer(options(model, gpus=(0, 3), replicas=2))
    assert pids() == []
    page, regions = drawn_page(1, 8)
    rows = recognizer.recognize(page, regions)
    assert all(row.status is Status.OK for row in rows)
    logs = sorted(path.name for path in (model.parent / "logs").iterdir())
    assert logs == ["gpu0-0.log", "gpu0-1.log", "gpu3-0.log", "gpu3-1.log"]
    assert len(pids()) == 8
    assert all(map(alive, pids()))
    recognizer.close()
    assert not any(map(alive, pids()))


def test_a_server_that_ends_before_it_is_ready_ends_the_run_with_its_log(
    model: Path, pids: Callable[[], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_VLLM", "exit")
    with pytest.raises(BackendError, match=r"(?s)ended with status 1 before it was ready.*this went wrong"):
        read_a_page(options(model))
    assert not any(map(alive, pids()))


def test_out_of_memory_says_which_option_to_lower(
    model: Path, pids: Callable[[], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_VLLM", "oom")
    with pytest.raises(BackendError, match=r"(?s)lower recognition\.vllm\.max_num_batched_tokens.*Tried to allocate"):
        read_a_page(options(model))


def test_a_server_that_is_never_ready_ends_the_run(
    model: Path, pids: Callable[[], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_VLLM", "never")
    with pytest.raises(BackendError, match="was not ready within 2 s"):
        read_a_page(options(model, startup_seconds=2))
    assert not any(map(alive, pids()))


def test_what_answers_on_the_port_with_another_model_is_not_ours(
    model: Path, pids: Callable[[], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_VLLM", "impostor")
    with pytest.raises(BackendError, match="was not ready within 5 s"):
        read_a_page(options(model, startup_seconds=5))


def test_a_command_that_is_not_there_ends_the_run(model: Path, pids: Callable[[], list[int]]) -> None:
    with pytest.raises(BackendError, match=r"(?s)before it was ready.*No such file"):
        read_a_page(options(model, command=("/no/such/vllm",)))


def test_a_server_that_dies_is_started_again_and_its_requests_are_asked_again(
    model: Path, pids: Callable[[], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    lives = model.parent / "lives"
    lives.write_text("2")
    monkeypatch.setenv("FAKE_VLLM_LIVES", str(lives))
    recognizer = VllmRecognizer(options(model))
    try:
        futures = [recognizer.submit(*drawn_page(number, 4)) for number in range(1, 9)]
        rows = [row for future in futures for row in future.result(PATIENCE)]
    finally:
        recognizer.close()
    assert len(rows) == 32
    assert {row.status for row in rows} == {Status.OK}
    assert lives.read_text() == "0"
    assert len(pids()) == 6  # three lives, each with its engine
    assert not any(map(alive, pids()))


def test_a_server_that_dies_too_often_ends_the_run(
    model: Path, pids: Callable[[], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    lives = model.parent / "lives"
    lives.write_text("100")
    monkeypatch.setenv("FAKE_VLLM_LIVES", str(lives))
    with pytest.raises(BackendError, match=r"(?s)status 7.*the engine died"):
        read_a_page(options(model, restarts=1, retries=50), regions=30)
    assert not any(map(alive, pids()))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_outlives_us(
    model: Path, pids: Callable[[], list[int]], monkeypatch: pytest.MonkeyPatch, how: int
) -> None:
    if how == signal.SIGKILL:
        monkeypatch.setenv("FAKE_VLLM_DEAF", "1")
    script = (
        "import sys, time\n"
        "from ocr_project.domain.options import VllmOptions\n"
        "from ocr_project.engine.recognition.vision.vllm import VllmRecognizer\n"
        "from ocr_project.testing.regions import drawn_page\n"
        "recognizer = VllmRecognizer(VllmOptions.model_validate_json(sys.argv[1]))\n"
        "recognizer.recognize(*drawn_page(1, 1))\n"
        "print('read', flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, options(model).model_dump_json()],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"read\n"
    left = [*pids(), *children_of(parent.pid)]
    assert len(left) >= 4  # a server, its engine, the launcher, the worker that cuts crops
    assert all(map(alive, left))
    os.kill(parent.pid, how)
    parent.wait(PATIENCE)
    parent.stdout.close()
    assert wait_until(lambda: not any(map(alive, left)))


def test_of_one_card_of_two_events_and_footers_have_one_number(
    model: Path, pids: Callable[[], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With CUDA_VISIBLE_DEVICES=1 a timeline had two cards: servers started on 0, shards were made on 1."""
    nvml = FakeNvml(FakeGpu(), FakeGpu())
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    EVENTS.take()
    began = time.time()
    fleet = ServerFleet(options(model))
    fleet.begin()
    assert len(fleet.wait()) == 1
    fleet.close()
    assert (model.parent / "logs" / "gpu0-0.log").is_file(), "by the number that options name it by"
    (watched,) = visible_gpus(nvml)
    info = ShardInfo("a", "k", "a", 1, made=time.time(), gpus=(GpuUsage(watched.index, watched.name, 0.1, None),))
    timeline = timeline_of(began, time.time(), [], [info], map(asdict, EVENTS.take()))
    (lane,) = timeline.lanes
    assert lane.name == "GPU 1"
    assert lane.spans[0].state is State.STARTING


def test_the_servers_share_the_memory_of_a_gpu() -> None:
    arguments = serve_arguments(VllmOptions(replicas=4, gpu_memory_utilization=0.8, quantization=None), 8000)
    assert arguments[arguments.index("--gpu-memory-utilization") + 1] == "0.2"
    assert "--quantization" not in arguments
    assert json.loads(arguments[arguments.index("--limit-mm-per-prompt") + 1]) == {"image": 1, "video": 0}


def test_a_model_that_is_nowhere_is_said_before_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BackendError, match=r"does not exist.*recognition\.vllm\.model"):
        VllmRecognizer(options(tmp_path / "nowhere"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(BackendError, match="hf download"):
        VllmRecognizer(VllmOptions(model="some/model", command=("x",)))


def test_a_machine_without_vllm_is_told(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BackendError, match=r"vllm is not installed.*recognition\.vllm\.urls"):
        VllmRecognizer(options(model, command=()))


def children_of(process: int) -> list[int]:
    return [
        int(number)
        for task in Path(f"/proc/{process}/task").iterdir()
        for number in (task / "children").read_text().split()
    ]


def read_a_page(chosen: VllmOptions, regions: int = 1) -> None:
    recognizer = VllmRecognizer(chosen)
    try:
        recognizer.recognize(*drawn_page(1, regions))
    finally:
        recognizer.close()


class SlowToEnd(ServerFleet):
    """Servers that end when they are told to."""

    may_end = threading.Event()

    def close(self) -> None:
        assert self.may_end.wait(PATIENCE)
        super().close()


def test_in_a_run_servers_end_beside_what_comes_next_and_the_next_ones_wait_for_their_card(model: Path) -> None:
    fleets, chosen = Fleets(), options(model)
    fleets.expect([Expected("recognition", chosen)])
    slow = SlowToEnd(chosen)
    fleets.give_back(slow)  # returns before they have ended
    with ThreadPoolExecutor(1) as pool:
        taken = pool.submit(fleets.take, chosen)
        assert not wait([taken], 0.2).done
        slow.may_end.set()
        assert taken.result(PATIENCE) is not slow
    fleets.close()


@pytest.mark.parametrize("chosen", ["", "spawn"])
def test_an_engine_is_forked_unless_a_person_says_otherwise(
    model: Path, monkeypatch: pytest.MonkeyPatch, chosen: str
) -> None:
    monkeypatch.delenv("VLLM_WORKER_MULTIPROC_METHOD", raising=False)
    if chosen:
        monkeypatch.setenv("VLLM_WORKER_MULTIPROC_METHOD", chosen)
    show = ("import os, sys; sys.exit('method ' + os.environ['VLLM_WORKER_MULTIPROC_METHOD'])",)
    with pytest.raises(BackendError, match=f"method {chosen or 'fork'}"):
        read_a_page(options(model, command=(sys.executable, "-c", *show)))


@pytest.mark.parametrize(
    ("visible", "gpus", "said"),
    [
        ("1", (0, 1), r"gpus is \[0, 1\], but GPUs 0 to 0 are shown to this process by CUDA_VISIBLE_DEVICES=1"),
        ("", (0,), "no GPU is shown to this process by CUDA_VISIBLE_DEVICES="),
        (None, (0, 2), r"GPUs 0 to 1 are shown to this process: see"),
        ("1", (0,), None),
        ("MIG-a", (0,), None),
        (None, (0, 1), None),
    ],
)
def test_cards_are_counted_as_this_process_sees_them(
    model: Path, visible: str | None, gpus: tuple[int, ...], said: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(FakeGpu(), FakeGpu()))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    with pytest.raises(BackendError, match=said) if said else nullcontext():
        require_cards(options(model, gpus=gpus))
