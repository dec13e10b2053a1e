"""What the GPUs did: sampled, added up, and on its way to tables and footers."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ocr_project.datasets import ShardFolder
from ocr_project.domain.gpu_usage import GpuUsage
from ocr_project.domain.options import RuntimeOptions
from ocr_project.domain.types import Page, Shard, ShardInfo
from ocr_project.engine.running.monitoring import GpuMonitor, add_up, figures
from ocr_project.engine.running.monitoring.figures import mean, percentile
from ocr_project.engine.running.monitoring.nvml import visible_gpus
from ocr_project.engine.running.plan import pending
from ocr_project.engine.running.stage_metrics import measure_stage, tabulate_shards
from ocr_project.engine.running.stream import stream
from ocr_project.testing.fakes import MemoryShards, identity, page
from tests.fake_nvml import FakeGpu, FakeNvml
from tests.waiting import wait_for

QUIET = RuntimeOptions(workers=2, progress=False, ahead=1)
FAST = 0.005  # seconds between two samples
USAGE = GpuUsage(
    0, "NVIDIA H200", 100.0, 36_000.0, ((90, 10), (100, 90)), ((40, 100),), ((102_400, 100),), ((400, 50), (500, 50))
)


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeNvml]:
    def put(*gpus: FakeGpu, **values: Any) -> FakeNvml:
        fake = FakeNvml(*gpus, **values)
        monkeypatch.setitem(sys.modules, "pynvml", fake)
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        return fake

    return put


def watching() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "gpu-monitor"]


@pytest.mark.parametrize("why", ["no library", "no driver", "no GPU", "none visible"])
def test_without_a_gpu_nothing_is_said_and_no_thread_is_started(
    why: str, install: Callable[..., FakeNvml], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fake = install(*([FakeGpu()] if why == "none visible" else []), broken="no driver" if why == "no driver" else "")
    if why == "no library":
        monkeypatch.setitem(sys.modules, "pynvml", None)
    if why == "none visible":
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with GpuMonitor(FAST) as monitor:
        assert watching() == []
        assert monitor.take() == ()
    assert fake.opened == 0
    assert caplog.text == ""


def test_samples_are_taken_in_the_background_and_counted(install: Callable[..., FakeNvml]) -> None:
    gpu = FakeGpu(busy=[100, 100, 80], watts=[300, 302, 100])
    fake = install(gpu)
    with GpuMonitor(FAST) as monitor:
        wait_for(lambda: gpu.asked["nvmlDeviceGetPowerUsage"] >= 5)
        (usage,) = monitor.take()
    assert "gpu-monitor" in fake.threads
    assert dict(usage.sm)[100] == 2
    assert dict(usage.memory)[50] == 2
    assert dict(usage.watts)[300] == 2  # 302 is 300 in steps of 5
    assert dict(usage.used) == {10 * 1024: sum(count for _, count in usage.sm)}
    assert usage.name == "NVIDIA Test"
    assert usage.seconds > 0


def test_energy_is_what_the_counter_says(install: Callable[..., FakeNvml]) -> None:
    install(FakeGpu(counter=30.0))
    with GpuMonitor(60) as monitor:
        assert monitor.take()[0].joules == pytest.approx(30.0)
        assert monitor.take()[0].joules == pytest.approx(30.0)


def test_without_a_counter_power_is_integrated(install: Callable[..., FakeNvml]) -> None:
    gpu = FakeGpu(counter=None, watts=[200.0])
    install(gpu)
    with GpuMonitor(FAST) as monitor:
        wait_for(lambda: gpu.asked["nvmlDeviceGetPowerUsage"] >= 5)
        (usage,) = monitor.take()
    assert usage.joules == pytest.approx(200.0 * usage.seconds)


def test_what_a_gpu_does_not_tell_is_left_out(install: Callable[..., FakeNvml]) -> None:
    silent = frozenset({"nvmlDeviceGetUtilizationRates", "nvmlDeviceGetPowerUsage"})
    install(FakeGpu(counter=None, mute=silent))
    with GpuMonitor(FAST) as monitor:
        (usage,) = monitor.take()
    assert usage.joules is None
    assert usage.sm == ()
    found = figures([usage], pages=10, price=2.0)
    assert "gpu_gib_max" in found
    assert "gpu_cost_per_1000_pages" in found
    assert not [name for name in found if "watt" in name or "sm" in name]


def test_a_gpu_that_is_lost_is_given_up_with_one_line(
    install: Callable[..., FakeNvml], caplog: pytest.LogCaptureFixture
) -> None:
    lost, well = FakeGpu(lost_after=2), FakeGpu()
    install(lost, well)
    with caplog.at_level(logging.WARNING), GpuMonitor(FAST) as monitor:
        wait_for(lambda: well.asked["nvmlDeviceGetUtilizationRates"] > 10)
        usages = monitor.take()
    assert [usage.index for usage in usages] == [1]
    assert len(caplog.records) == 1
    assert "GPU 0 (NVIDIA Test) is no longer watched" in caplog.text


@pytest.mark.parametrize(
    ("visible", "expected"),
    [("1", [1]), ("1,0", [1, 0]), ("GPU-1", [1]), ("0,7,1", [0]), ("-1", []), ("MIG-x", []), ("", [])],
)
def test_only_visible_gpus_are_watched(visible: str, expected: list[int]) -> None:
    fake = FakeNvml(FakeGpu(), FakeGpu())
    assert [gpu.index for gpu in visible_gpus(fake, {"CUDA_VISIBLE_DEVICES": visible})] == expected


def test_the_thread_ends_with_an_error_too(install: Callable[..., FakeNvml]) -> None:
    fake = install(FakeGpu())

    def fail() -> None:
        with GpuMonitor(FAST):
            assert len(watching()) == 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert watching() == []
    assert fake.opened == 0


def pages_of(name: str) -> list[Page]:
    return [page(number, name) for number in (1, 2)]


def made(work: Callable[[Sequence[Page]], Sequence[Page]] = lambda batch: batch) -> Any:
    source = {name: ShardInfo(name=name, key=name, order=name, pages=2) for name in ("a", "b")}
    return stream(pending(source, MemoryShards(), "layout", identity()), pages_of, work, QUIET)


def test_each_shard_says_what_the_gpus_did(install: Callable[..., FakeNvml]) -> None:
    gpu = FakeGpu(counter=30.0)
    fake = install(gpu, FakeGpu(counter=10.0))
    shards = list(made())
    assert [[usage.joules for usage in shard.info.gpus] for shard in shards] == [[30.0, 10.0]] * 2
    assert all(usage.sm for shard in shards for usage in shard.info.gpus)
    assert fake.opened == 0
    assert watching() == []


@pytest.mark.parametrize("way", ["closed", "error"])
def test_no_way_out_of_a_stage_leaves_the_sampler_behind(install: Callable[..., FakeNvml], way: str) -> None:
    def broken(batch: Sequence[Page]) -> Sequence[Page]:
        raise RuntimeError("boom")

    fake = install(FakeGpu())
    if way == "error":
        with pytest.raises(RuntimeError, match="boom"):
            list(made(broken))
    else:
        shards = made()
        next(shards)
        assert len(watching()) == 1
        shards.close()
    assert watching() == []
    assert fake.opened == 0


def test_without_a_gpu_a_shard_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    shards = list(made())
    assert [shard.info.gpus for shard in shards] == [(), ()]
    assert not [key for key in measure_stage(_stored(shards), QUIET) if key.startswith("gpu")]


def test_the_footer_keeps_it(tmp_path: Path) -> None:
    folder = ShardFolder(tmp_path, Page)
    info = ShardInfo("a", "k", "a", 1, gpus=(USAGE, replace(USAGE, index=1, joules=None)))
    folder.write(Shard(info, [page(1)]))
    assert folder.index()["a"] == info


def test_percentiles_are_by_nearest_rank() -> None:
    samples = ((10, 94), (20, 5), (30, 1))
    assert percentile(samples, 0.94) == 10
    assert percentile(samples, 0.95) == 20
    assert percentile(((7, 1),), 0.95) == 7
    assert mean(samples) == pytest.approx(10.7)


def test_figures_of_one_gpu() -> None:
    found = figures([USAGE], pages=500, price=3.6)
    assert found == {
        "gpus": 1,
        "gpu_hours": pytest.approx(100 / 3600, abs=1e-6),
        "gpu_sm_mean": 99.0,
        "gpu_sm_p95": 100,
        "gpu_sm_max": 100,
        "gpu_memory_mean": 40.0,
        "gpu_memory_p95": 40,
        "gpu_memory_max": 40,
        "gpu_gib_mean": 100.0,
        "gpu_gib_p95": 100,
        "gpu_gib_max": 100,
        "gpu_watts_mean": 450.0,
        "gpu_watts_p95": 500,
        "gpu_watts_max": 500,
        "gpu_watt_hours": 10.0,
        "gpu_watt_hours_per_1000_pages": 20.0,
        "gpu_cost_per_1000_pages": pytest.approx(0.2),
    }


def test_shards_add_up_to_their_stage() -> None:
    (total,) = add_up([USAGE, USAGE])
    assert (total.seconds, total.joules) == (200.0, 72_000.0)
    assert total.sm == ((90, 20), (100, 180))
    once, twice = figures([USAGE], 500, 1.0), figures([USAGE, USAGE], 1000, 1.0)
    assert once["gpu_watt_hours_per_1000_pages"] == twice["gpu_watt_hours_per_1000_pages"]
    assert once["gpu_sm_p95"] == twice["gpu_sm_p95"]


def test_energies_of_gpus_are_summed_and_utilisation_is_averaged() -> None:
    idle = replace(USAGE, index=1, joules=3_600.0, sm=((0, 100),))
    found = figures([USAGE, idle], pages=1000, price=1.0)
    assert found["gpus"] == 2
    assert found["gpu_watt_hours"] == 11.0
    assert found["gpu_sm_mean"] == 49.5
    assert (found["gpu0_sm_mean"], found["gpu1_sm_mean"]) == (99.0, 0.0)
    assert found["gpu_cost_per_1000_pages"] == pytest.approx(200 / 3600, abs=1e-6)  # two GPUs for 100 seconds


def test_an_energy_that_is_known_in_part_is_not_shown() -> None:
    assert "gpu_watt_hours" not in figures([USAGE, replace(USAGE, index=1, joules=None)], 10)


def test_pages_of_shards_that_were_made_without_a_gpu_do_not_count() -> None:
    infos = [ShardInfo("a", "k", "a", 500, gpus=(USAGE,)), ShardInfo("b", "k", "b", 500)]
    source = MemoryShards({info.name: (info, []) for info in infos})
    assert measure_stage(source, RuntimeOptions())["gpu_watt_hours_per_1000_pages"] == 20.0
    assert "gpu_cost_per_1000_pages" not in measure_stage(source, RuntimeOptions())
    assert measure_stage(source, RuntimeOptions(gpu_hour_price=3.6))["gpu_cost_per_1000_pages"] == pytest.approx(0.2)


def test_the_table_of_shards_has_a_row_for_each_and_is_no_error_without_any() -> None:
    infos = [ShardInfo("a", "k", "a", 500, stage="layout", gpus=(USAGE,)), ShardInfo("b", "k", "b", 5, stage="layout")]
    source = MemoryShards({info.name: (info, []) for info in infos})
    table = tabulate_shards(RuntimeOptions(), source, source)
    assert list(table["shard"]) == ["a", "b", "a", "b"]
    assert table["gpu_sm_p95"].isna().tolist() == [False, True, False, True]
    assert tabulate_shards(RuntimeOptions(), MemoryShards()).empty


def _stored(shards: Sequence[Shard]) -> MemoryShards:
    return MemoryShards({shard.info.name: (shard.info, list(shard.rows)) for shard in shards})
