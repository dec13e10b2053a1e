"""The part of `pynvml` that the project uses, with GPUs that do what a script says."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

GIB = 1 << 30


class NVMLError(Exception):
    """Anything that NVML complains of."""


class NVMLError_NotSupported(NVMLError):  # noqa: N801 - pynvml's name
    """A GPU does not tell."""


class NVMLError_NoPermission(NVMLError):  # noqa: N801 - pynvml's name
    """A GPU is counted, and this process may not use it."""


class NVMLError_GpuIsLost(NVMLError):  # noqa: N801 - pynvml's name
    """A GPU fell off the bus."""


@dataclass(eq=False)
class FakeGpu:
    """A GPU.

    Attributes:
        busy: Its utilisation at each question; the last value for ever after.
        watts: Its power.
        counter: Joules by which its energy counter grows at each question; None: it has no counter.
        lost_after: Questions for utilisation after which it no longer answers.
        mute: Functions that it does not support.
        withheld: Whether the cgroup of a job keeps it from this process.
    """

    name: str = "NVIDIA Test"
    busy: Iterable[int] = (50,)
    watts: Iterable[float] = (100.0,)
    total: int = 80 * GIB
    used: int = 10 * GIB
    counter: float | None = 30.0
    capability: tuple[int, int] = (9, 0)
    lost_after: int | None = None
    mute: frozenset[str] = frozenset()
    withheld: bool = False
    joules: float = 1000.0
    asked: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._busy = _for_ever(self.busy)
        self._watts = _for_ever(self.watts)


class FakeNvml:
    """A module `pynvml` for `sys.modules`."""

    NVMLError = NVMLError
    NVMLError_NotSupported = NVMLError_NotSupported
    NVMLError_NoPermission = NVMLError_NoPermission

    def __init__(self, *gpus: FakeGpu, driver: str = "580.95.05", cuda: int = 13000, broken: str = "") -> None:
        self.gpus = gpus
        self.driver = driver
        self.cuda = cuda
        self.broken = broken
        self.opened = 0
        self.threads: set[str] = set()

    def nvmlInit(self) -> None:  # noqa: N802
        if self.broken:
            raise NVMLError(self.broken)
        self.opened += 1

    def nvmlShutdown(self) -> None:  # noqa: N802
        assert self.opened > 0
        self.opened -= 1

    def nvmlSystemGetDriverVersion(self) -> str:  # noqa: N802
        return self.driver

    def nvmlSystemGetCudaDriverVersion_v2(self) -> int:  # noqa: N802
        return self.cuda

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return len(self.gpus)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> FakeGpu:  # noqa: N802
        if self.gpus[index].withheld:
            raise NVMLError_NoPermission
        return self.gpus[index]

    def nvmlDeviceGetName(self, gpu: FakeGpu) -> str:  # noqa: N802
        return gpu.name

    def nvmlDeviceGetUUID(self, gpu: FakeGpu) -> str:  # noqa: N802
        return f"GPU-{self.gpus.index(gpu)}aaa-bbb"

    def nvmlDeviceGetCudaComputeCapability(self, gpu: FakeGpu) -> tuple[int, int]:  # noqa: N802
        return gpu.capability

    def nvmlDeviceGetUtilizationRates(self, gpu: FakeGpu) -> Any:  # noqa: N802
        self._ask(gpu, "nvmlDeviceGetUtilizationRates")
        busy = next(gpu._busy)
        return SimpleNamespace(gpu=busy, memory=busy // 2)

    def nvmlDeviceGetMemoryInfo(self, gpu: FakeGpu) -> Any:  # noqa: N802
        self._ask(gpu, "nvmlDeviceGetMemoryInfo")
        return SimpleNamespace(total=gpu.total, used=gpu.used, free=gpu.total - gpu.used)

    def nvmlDeviceGetPowerUsage(self, gpu: FakeGpu) -> int:  # noqa: N802
        self._ask(gpu, "nvmlDeviceGetPowerUsage")
        return int(next(gpu._watts) * 1000)

    def nvmlDeviceGetTotalEnergyConsumption(self, gpu: FakeGpu) -> int:  # noqa: N802
        self._ask(gpu, "nvmlDeviceGetTotalEnergyConsumption")
        if gpu.counter is None:
            raise NVMLError_NotSupported
        gpu.joules += gpu.counter
        return int(gpu.joules * 1000)

    def _ask(self, gpu: FakeGpu, function: str) -> None:
        assert self.opened, "nvmlInit comes first"
        self.threads.add(threading.current_thread().name)
        gpu.asked[function] += 1
        if function in gpu.mute:
            raise NVMLError_NotSupported
        if gpu.lost_after is not None and gpu.asked["nvmlDeviceGetUtilizationRates"] > gpu.lost_after:
            raise NVMLError_GpuIsLost("GPU is lost")


def _for_ever(values: Iterable[Any]) -> Iterator[Any]:
    values = list(values)
    return itertools.chain(values, itertools.repeat(values[-1]))
