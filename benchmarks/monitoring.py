"""What watching the GPUs costs: CPU time of the sampling thread, and what one look at the GPUs takes.

usage: python -m benchmarks.monitoring [--seconds 20] [--interval 0.25]

It needs a GPU and nvidia-ml-py, nothing else of the project's environment. With torch there, it samples beside
matrix products, once with and once without the monitor in turn, and gives the ratio of their speeds.
"""

from __future__ import annotations

import argparse
import json
import time

from benchmarks.gpu_machine import commit

from ocr_project.engine.running.monitoring import GpuMonitor, figures
from ocr_project.engine.running.monitoring.nvml import open_nvml, visible_gpus
from ocr_project.engine.running.monitoring.sampler import INTERVAL

LOOKS = 200
ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--interval", type=float, default=INTERVAL)
    arguments = parser.parse_args()
    looks = look_cost()
    monitor = GpuMonitor(arguments.interval)
    started = time.perf_counter()
    with monitor:
        speed = products(arguments.seconds)
        usages = monitor.take()
    wall = time.perf_counter() - started
    print(
        json.dumps(
            {
                "commit": commit(),
                "gpus": [usage.name for usage in usages],
                "interval_seconds": arguments.interval,
                **looks,
                "sampler_share_of_a_core": round(monitor.cpu_seconds / wall, 6),
                "products_per_second": speed,
                "speed_with_over_without_monitor": ratio(arguments.seconds / ROUNDS, arguments.interval),
                "figures": figures(usages, pages=0),
            },
            indent=2,
        )
    )


def look_cost() -> dict[str, float]:
    nvml = open_nvml()
    if nvml is None:
        raise SystemExit("no GPU, or no nvidia-ml-py: there is nothing to measure")
    gpus = visible_gpus(nvml)
    wall, cpu = time.perf_counter(), time.thread_time()
    for _ in range(LOOKS):
        for gpu in gpus:
            gpu.read()
    wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
    nvml.nvmlShutdown()
    return {"look_ms": round(wall / LOOKS * 1000, 3), "look_cpu_ms": round(cpu / LOOKS * 1000, 3)}


def products(seconds: float) -> float | None:
    """Keep the GPU busy; return products of 4096-square bf16 matrices a second, None where torch is missing."""
    try:
        import torch
    except ImportError:
        time.sleep(seconds)
        return None
    left = torch.randn(4096, 4096, device="cuda", dtype=torch.bfloat16)
    count, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        for _ in range(50):
            left @ left
        torch.cuda.synchronize()
        count += 50
    return round(count / seconds, 1)


def ratio(seconds: float, interval: float) -> float | None:
    """Return the median over rounds of the speed beside the monitor to that without, one after the other."""
    found = []
    for _ in range(ROUNDS):
        without = products(seconds)
        with GpuMonitor(interval):
            beside = products(seconds)
        if without is None or beside is None:
            return None
        found.append(beside / without)
    return round(sorted(found)[len(found) // 2], 4)


if __name__ == "__main__":
    main()
