"""The GPUs of this machine, as NVML really tells of them."""

from __future__ import annotations

import time

import pytest

from ocr_project.engine.running.monitoring import GpuMonitor, figures
from ocr_project.engine.running.monitoring.nvml import open_nvml, visible_gpus

pytestmark = pytest.mark.gpu


@pytest.fixture(autouse=True)
def gpu() -> None:
    pytest.importorskip("pynvml", reason="nvidia-ml-py comes with the gpu extra")
    nvml = open_nvml()
    if nvml is None:
        pytest.skip("no NVIDIA driver or GPU")
    there = visible_gpus(nvml)
    nvml.nvmlShutdown()
    if not there:
        pytest.skip("no visible GPU")


def test_an_idle_stretch_has_energy_memory_and_power() -> None:
    with GpuMonitor() as monitor:
        time.sleep(2.0)
        usages = monitor.take()
    found = figures(usages, pages=1000, price=1.0)
    assert found["gpus"] >= 1
    assert 1.5 * len(usages) < found["gpu_hours"] * 3600 < 10 * len(usages)
    assert 0 < found["gpu_watts_mean"] < 2000
    assert found["gpu_gib_max"] < 1000
    # by the counter: at the power that was sampled, within what a second's mean blurs
    assert found["gpu_watt_hours"] == pytest.approx(found["gpu_watts_mean"] * found["gpu_hours"], rel=0.5)


def test_work_is_seen() -> None:
    torch = pytest.importorskip("torch", reason="torch comes with the gpu extra")
    if not torch.cuda.is_available():
        pytest.skip("torch sees no GPU")
    matrix = torch.randn(8192, 8192, device="cuda")
    with GpuMonitor() as monitor:
        end = time.monotonic() + 4.0
        while time.monotonic() < end:
            matrix @ matrix
            torch.cuda.synchronize()
        usages = monitor.take()
    found = figures(usages, pages=1000)
    assert found["gpu_sm_max"] > 90
    assert found["gpu_gib_max"] > 0.2


def test_watching_costs_next_to_nothing() -> None:
    monitor = GpuMonitor()
    started = time.perf_counter()
    with monitor:
        time.sleep(4.0)
    assert monitor.cpu_seconds / (time.perf_counter() - started) < 0.02
