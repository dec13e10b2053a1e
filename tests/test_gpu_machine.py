"""What the benchmarks of the GPU tell of the machine."""

from __future__ import annotations

import sys
import threading
import time

import pytest
from benchmarks.gpu_machine import _CROP_WORKER, HostSide, gpu_watched

from ocr_project.engine.models.crops import worker
from tests.fake_nvml import FakeGpu, FakeNvml


def test_crop_workers_are_known_by_their_module() -> None:
    assert worker.__name__.encode().endswith(_CROP_WORKER)


def test_the_busiest_thread_is_told_apart_from_the_process() -> None:
    host = HostSide()
    threads = [threading.Thread(target=burn, args=(0.2,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    burn(0.1)
    told = host.taken()
    for thread in threads:
        thread.join()
    assert told["core_seconds"] > 0
    assert 0 < told["cores_of_thread"] <= told["cores_of_process"] + 0.2, "ticks of a hundredth of a second"
    assert told["cores_of_crops"] == 0
    assert told["resident_mb"] > 10


def burn(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


@pytest.mark.parametrize("cards", [1, 2])
def test_the_cards_that_are_at_work_are_watched_and_no_others(monkeypatch: pytest.MonkeyPatch, cards: int) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(FakeGpu(busy=(90,)), FakeGpu(busy=(30,)), FakeGpu(busy=(0,))))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    with gpu_watched(cards) as gpu:
        pass
    assert gpu["gpu_percent_each"] == [90, 30][:cards]
    assert gpu["gpu_percent"] == (90 if cards == 1 else 60)
    assert gpu["watt_hours"] > 0


def test_without_a_gpu_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    with gpu_watched(2) as gpu:
        pass
    assert gpu == {}
