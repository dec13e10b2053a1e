"""The GPUs that this process may use, and what NVML, NVIDIA's management library, says of them."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

log = logging.getLogger(__name__)

_VISIBLE = "CUDA_VISIBLE_DEVICES"
_SLICE = "MIG-"
_MIB = 1 << 20


def open_nvml() -> Any | None:
    """Return the module `pynvml`, started, or None where there is no library, no driver or no GPU.

    The caller ends it with `nvmlShutdown`; NVML counts, so others in this process may have it open too.
    """
    try:
        import pynvml
    except ImportError:  # it comes with the gpu extra: on a laptop there is nothing to see
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        log.debug("no GPU is watched: %s", error)  # `kedro doctor` says it aloud
        return None
    return pynvml


@dataclass(frozen=True, slots=True)
class GpuSample:
    """What a GPU does now; None for what it does not tell.

    Attributes:
        sm: Percent of the driver's last period (1/6 to 1 second) in which a kernel ran.
        memory: The same for reads and writes of memory.
        used: MiB.
        watts: On Ampere and later the mean of the last second.
    """

    sm: int | None
    memory: int | None
    used: float | None
    watts: float | None


class Gpu:
    """One GPU."""

    def __init__(self, nvml: Any, index: int) -> None:
        """Open one GPU.

        Args:
            nvml: `pynvml`, started.
            index: NVML's number.
        """
        self._nvml = nvml
        self._handle = nvml.nvmlDeviceGetHandleByIndex(index)
        self.error: type[Exception] = nvml.NVMLError
        self.index = index
        self.name: str = nvml.nvmlDeviceGetName(self._handle)
        self.uuid: str = nvml.nvmlDeviceGetUUID(self._handle)

    def read(self) -> GpuSample:
        """Ask what it does.

        Raises:
            NVMLError: It no longer answers.
        """
        rates = self._ask(self._nvml.nvmlDeviceGetUtilizationRates)
        memory = self._ask(self._nvml.nvmlDeviceGetMemoryInfo)
        milliwatts = self._ask(self._nvml.nvmlDeviceGetPowerUsage)
        return GpuSample(
            sm=None if rates is None else rates.gpu,
            memory=None if rates is None else rates.memory,
            used=None if memory is None else memory.used / _MIB,
            watts=None if milliwatts is None else milliwatts / 1000,
        )

    def joules(self) -> float | None:
        """Return the energy since its driver was loaded; None before Volta.

        Raises:
            NVMLError: It no longer answers.
        """
        millijoules = self._ask(self._nvml.nvmlDeviceGetTotalEnergyConsumption)
        return None if millijoules is None else millijoules / 1000

    def memory(self) -> tuple[float, float]:
        """Return total and free memory, GiB."""
        info = self._nvml.nvmlDeviceGetMemoryInfo(self._handle)
        return info.total / (1 << 30), info.free / (1 << 30)

    def capability(self) -> tuple[int, int]:
        """Return the compute capability: (9, 0) for Hopper."""
        major, minor = self._nvml.nvmlDeviceGetCudaComputeCapability(self._handle)
        return major, minor

    def _ask(self, question: Callable[[Any], Any]) -> Any:
        try:
            return question(self._handle)
        except self._nvml.NVMLError_NotSupported:
            return None


def visible_gpus(nvml: Any, environment: Mapping[str, str] = os.environ) -> list[Gpu]:
    """Return the GPUs that CUDA shows to this process and its children.

    Args:
        nvml: `pynvml`, started.
        environment: Its `CUDA_VISIBLE_DEVICES` holds numbers or the beginnings of UUIDs. Numbers are taken for
            nvidia-smi's, which CUDA does too where all GPUs are alike or `CUDA_DEVICE_ORDER=PCI_BUS_ID` is set.
            Like CUDA, it stops at the first that is not there; a MIG slice is such a one, since NVML counts
            neither the work nor the power of a slice.
    """
    return [gpu for _, gpu in takewhile(lambda shown: shown[1] is not None, shown_gpus(nvml, environment)) if gpu]


def shown_gpus(nvml: Any, environment: Mapping[str, str] = os.environ) -> list[tuple[str, Gpu | None]]:
    """Return what `CUDA_VISIBLE_DEVICES` calls each card that a process sees, in CUDA's order: its own or by number.

    Args:
        nvml: `pynvml`, started.
        environment: As above. A MIG slice is a card without a `Gpu`; whether there is such a slice is not looked at.
    """
    there = _permitted(nvml)
    if _VISIBLE not in environment:
        return [(str(number), gpu) for number, gpu in enumerate(there)]
    shown: list[tuple[str, Gpu | None]] = []
    for token in map(str.strip, environment[_VISIBLE].split(",")):
        gpu = _named(there, token)
        if gpu is None and not token.startswith(_SLICE):
            break
        shown.append((token, gpu))
    return shown


def _permitted(nvml: Any) -> list[Gpu]:
    """Return the cards that may be used; NVML counts those too that a job's cgroup withholds, and CUDA does not."""
    found = []
    for index in range(nvml.nvmlDeviceGetCount()):
        with suppress(nvml.NVMLError_NoPermission):
            found.append(Gpu(nvml, index))
    return found


def _named(there: Sequence[Gpu], token: str) -> Gpu | None:
    if token.isdecimal():
        return there[int(token)] if int(token) < len(there) else None
    return next((gpu for gpu in there if token and gpu.uuid.startswith(token)), None)
