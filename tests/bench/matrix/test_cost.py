"""Clocks, memory, energy and money of a run, from hand-made times and lines of real logs."""

from __future__ import annotations

import math

import pytest

from ocr_project.bench.matrix.cost import (
    ServerMemory,
    Timing,
    measure_energy,
    measure_memory,
    measure_times,
    read_server_memory,
    unlike_cards,
)
from ocr_project.domain.gpu_usage import GpuUsage
from ocr_project.domain.options.matrix import Clock

# As vLLM 0.10 to 0.32 writes them; the long line at its level DEBUG only.
INFO = """
INFO 09-28 21:12:30 [gpu_model_runner.py:2392] Model loading took 8.8012 GiB memory and 3.1 seconds
INFO 09-28 21:12:43 [v1/worker/gpu_worker.py:298] Available KV cache memory: 8.60 GiB
INFO 09-28 21:12:44 [v1/core/kv_cache_utils.py:864] GPU KV cache size: 62,608 tokens
"""
DEBUG = """
DEBUG 09-28 21:12:43 [v1/worker/gpu_worker.py:284] Initial free memory: 23.08 GiB; Requested memory: 0.80 (util), 18.82 GiB
DEBUG 09-28 21:12:43 [v1/worker/gpu_worker.py:297] Memory profiling takes 14.40 seconds. Total non KV cache memory: \
10.22GiB; torch peak memory increase: 1.40GiB; non-torch forward increase memory: 0.02GiB; weights memory: 8.80GiB.
"""  # noqa: E501


def single(seconds: list[float], preparing: float = 0.1) -> Timing:
    return Timing(Clock.SINGLE, "a", 0.0, 9.0, preparing, tuple(seconds), 10)


def load(began: float, ended: float, attempt: str = "a") -> Timing:
    return Timing(Clock.LOAD, attempt, began, ended, 0.0, (0.5, 0.5), 20)


def test_the_clocks_are_not_mixed() -> None:
    found = measure_times([single([0.2, 0.3]), single([0.5, 0.6]), load(0, 2), load(1, 4)], limit=1.0)
    assert found["question_p50"] == pytest.approx(0.4)
    assert found["document_p50"] == pytest.approx((0.6 + 1.2) / 2)
    assert (found["over_limit"], found["single_documents"], found["load_documents"]) == (1, 2, 2)
    assert found["documents_per_second"] == pytest.approx(2 / 4)
    assert found["tokens_per_second"] == pytest.approx(40 / 4)
    assert not {"documents_per_second", "load_documents"} & set(measure_times([single([0.2])], 1.0))


def test_the_time_between_two_attempts_does_not_count() -> None:
    found = measure_times([load(0, 2), load(1000, 1002, "b")], limit=1.0)
    assert found["documents_per_second"] == pytest.approx(0.5)


def test_memory_from_the_log_with_and_without_its_details() -> None:
    brief = read_server_memory(INFO, requested=18.82)
    assert brief.weights == pytest.approx(8.8012)
    assert brief.activations == pytest.approx(18.82 - 8.8012 - 8.60)
    assert brief.kv_of(62_608) == pytest.approx(8.60)
    full = read_server_memory(DEBUG + INFO)
    assert (full.weights, full.activations) == (8.80, 1.40)
    measured = measure_memory(full, longest=6_260)
    assert measured["needed_gib"] == pytest.approx(8.8 + 1.4 + 0.86, abs=0.001)
    assert measure_memory(ServerMemory(weights=4.0), 100) == {"weights_gib": 4.0}
    assert math.isnan(read_server_memory("nothing of it").weights)


def test_activations_that_the_log_tells_at_its_level_info_are_taken_from_it() -> None:
    told = (  # vLLM 0.26.0 on an H200
        "Free memory on device (139.29/139.8 GiB) on startup. Desired GPU memory utilization is (0.6, 83.88 GiB). "
        "Actual usage is 4.26 GiB for weight, 1.0 GiB for peak activation, 0.22 GiB for non-torch memory, and 0.14 GiB"
        " for CUDAGraph memory."
    )
    assert read_server_memory(INFO + told, requested=18.82).activations == 1.0


def test_energy_and_money_of_a_thousand_documents() -> None:
    usage = GpuUsage(0, "NVIDIA H100", 36.0, 36_000.0, used=((10_240, 3), (20_480, 1)), watts=((1000, 4),))
    found = measure_energy([(Clock.LOAD, 100, [usage])], hour_price=2.0, kwh_price=0.3)
    assert found["peak_gib"] == 20.0
    assert found["watt_hours_per_1000"] == pytest.approx(100.0)
    assert found["money_per_1000"] == pytest.approx(0.01 * 2.0 * 10 + 0.1 * 0.3)
    assert "money_per_1000" not in measure_energy([(Clock.LOAD, 100, [usage])], 0.0, 0.0)
    assert measure_energy([(Clock.LOAD, 100, [])], 2.0, 0.3) == {}
    assert measure_energy([(Clock.SINGLE, 100, [usage])], 2.0, 0.3) == {"peak_gib": 20.0}


def test_unlike_cards_are_said() -> None:
    assert unlike_cards({"a": ["NVIDIA H100"], "b": ["NVIDIA H100"], "laptop": []}) == ""
    assert unlike_cards({"a": ["NVIDIA H100"], "b": ["NVIDIA L4"]}) == "NVIDIA H100: a; NVIDIA L4: b"
