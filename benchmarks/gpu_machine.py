"""What the benchmarks of the GPU share: the machine in words, the clock, CPU time of our own, the result as JSON."""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ocr_project.domain.gpu_usage import GpuUsage
from ocr_project.engine.running.monitoring import GpuMonitor, figures
from ocr_project.engine.running.monitoring.nvml import open_nvml, visible_gpus

_TICKS = os.sysconf("SC_CLK_TCK")
_CROP_WORKER = b"engine.models.crops.worker"  # what its command line holds
_PACKAGES = ("torch", "transformers", "vllm")


def commit() -> str:
    """Return what `git describe` says, or an empty string where there is no repository."""
    with suppress(OSError):
        found = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
        return found.stdout.strip()
    return ""


def hardware() -> dict[str, Any]:
    """Return the processor, its cores, the GPU, and the versions that matter for speed."""
    found: dict[str, Any] = {"cores": len(os.sched_getaffinity(0)), "python": platform.python_version()}
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    with suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        found["cpu"] = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    if (nvml := open_nvml()) is not None:
        gpus = visible_gpus(nvml)
        found |= {"gpu": gpus[0].name, "gpus": len(gpus)} if gpus else {}
        found["driver"] = str(nvml.nvmlSystemGetDriverVersion())
        nvml.nvmlShutdown()
    return found


def own_cpu_seconds() -> float:
    """Return the CPU time of this process and of the processes that cut crops for it; servers are left out."""
    return time.process_time() + _crop_seconds()


def _crop_seconds() -> float:
    total = 0.0
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):
            for child in (task / "children").read_text().split():
                if _CROP_WORKER in Path(f"/proc/{child}/cmdline").read_bytes():
                    fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
                    total += (int(fields[11]) + int(fields[12])) / _TICKS
    return total


class HostSide:
    """What this process and its crop workers take from when it is made."""

    def __init__(self) -> None:
        self._began, self._busy = time.perf_counter(), busy_core_seconds()
        self._process, self._crops, self._threads = time.process_time(), _crop_seconds(), _thread_seconds()

    def taken(self) -> dict[str, float]:
        """Return what it was until now.

        Returns:
            `core_seconds` of this process and of those that cut its crops; the cores that are kept busy by this
            process, which Python's lock holds near one, by the busiest of its threads, by its crop workers, and by all
            that runs on the machine; `resident_mb`, the most that this process ever held.
        """
        seconds, process = time.perf_counter() - self._began, time.process_time() - self._process
        crops = _crop_seconds() - self._crops
        threads = [now - self._threads.get(thread, 0.0) for thread, now in _thread_seconds().items()]
        cores = {"process": process, "thread": max(threads, default=0.0), "crops": crops}
        cores["machine"] = busy_core_seconds() - self._busy
        return {
            "core_seconds": round(process + crops, 3),
            **{f"cores_of_{name}": round(spent / seconds, 3) for name, spent in cores.items()},
            "resident_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
        }


def _thread_seconds() -> dict[str, float]:
    found = {}
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):
            fields = (task / "stat").read_text().rpartition(")")[2].split()
            found[task.name] = (int(fields[11]) + int(fields[12])) / _TICKS
    return found


def busy_core_seconds() -> float:
    """Return the time that the cores of this machine have worked since it started, for any process."""
    user, nice, system, _idle, _wait, interrupts, soft, *_ = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + interrupts + soft) / _TICKS


@contextmanager
def gpu_watched(cards: int = 1) -> Iterator[dict[str, Any]]:
    """Fill the yielded dict, at the end, with what the first cards did meanwhile; nothing without a GPU.

    Args:
        cards: Those that are at work, of the ones that this process sees.

    Yields:
        `gpu_percent`, `gpu_watts` and `gpu_memory_gb` are means of one card, `gpu_percent_each` is of each,
        `gpu_memory_gb_max` the most of any, `watt_hours` of all of them together.
    """
    found = dict[str, Any]()
    with GpuMonitor() as monitor:
        try:
            yield found
        finally:
            usages = monitor.take()[:cards]
            if usages:
                found |= _told(usages)


def _told(usages: Sequence[GpuUsage]) -> dict[str, Any]:
    seen, gib = figures(usages, 0), 2**30 / 1e9
    alone = [figures([usage], 0) for usage in usages]
    return {
        "gpu_percent": seen.get("gpu_sm_mean", 0.0),
        "gpu_percent_each": [one.get("gpu_sm_mean", 0.0) for one in alone],
        "gpu_watts": seen.get("gpu_watts_mean", 0.0),
        "gpu_memory_gb": round(seen.get("gpu_gib_mean", 0.0) * gib, 1),
        "gpu_memory_gb_max": round(seen.get("gpu_gib_max", 0.0) * gib, 1),
        "watt_hours": seen.get("gpu_watt_hours", 0.0),
    }


def timed(work: Callable[[], Any], pages: int, *, repeats: int = 3) -> float:
    """Return the pages/s of the best of some runs, after one that does not count; torch's GPU is waited for."""
    best = float("inf")
    for turn in range(repeats + 1):
        _wait()
        start = time.perf_counter()
        work()
        _wait()
        if turn:
            best = min(best, time.perf_counter() - start)
    return pages / best


def report_rows(path: Path | None, name: str, commit: str, rows: Sequence[Mapping[str, Any]], **more: Any) -> None:
    """Print rows with `what` and `pages_per_second` as a table, and write all of it as JSON where one asked for it."""
    print(f"\n{name} · commit {commit} · {hardware()}")
    for row in rows:
        print(f"  {row['what']:<52} {row['pages_per_second']:>9.1f} pages/s {1000 / row['pages_per_second']:>9.3f} ms")
    for key, value in more.items():
        print(f"  {key}: {value}", flush=True)
    if path is not None:
        record = {"benchmark": name, "commit": commit, "at": datetime.now(UTC).isoformat(), "hardware": hardware()}
        _write(path, {**record, "rows": list(rows), **more})


def report(result: dict[str, Any], path: Path | None) -> None:
    """Print a result as JSON, and write it where one asked for it."""
    print(json.dumps(result, indent=1, ensure_ascii=False), flush=True)
    if path is not None:
        _write(path, result)


def _write(path: Path, result: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")


def _wait() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()


def add_to_path(folder: Path) -> None:
    """Let this process and the servers that it starts import from a folder."""
    sys.path.insert(0, str(folder.resolve()))
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(folder.resolve()), os.environ.get("PYTHONPATH", ""))))


def plugin_folder(folder: Path) -> Path:
    """Write the entry point that `pip install` would write, for a machine on which the project is not installed."""
    info = folder / "plugin" / "ocr_project_plugin-0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ocr_project_plugin\nVersion: 0\n")
    entry = "ocr_project_vision = ocr_project.engine.models.served.vision_plugin:register"
    (info / "entry_points.txt").write_text(f"[vllm.general_plugins]\n{entry}\n")
    return info.parent
