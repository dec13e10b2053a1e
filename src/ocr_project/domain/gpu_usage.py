"""What a GPU did while a shard was made: counts and sums, never means, so that shards add up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Samples: TypeAlias = tuple[tuple[int, int], ...]  # how often each value was seen, values in rising order


@dataclass(frozen=True, slots=True)
class GpuUsage:
    """One GPU over a stretch of time. What its driver does not tell is empty, or `None`.

    Attributes:
        index: NVML's number of the GPU, which is nvidia-smi's.
        name: For example `NVIDIA H200`.
        seconds: For which it was watched, busy or not.
        joules: Energy that it took, by its own counter; without one, by the power that was sampled.
        sm: Share of the time in which a kernel ran, percent: the `sm` of `nvidia-smi dmon`. 100 says that the GPU
            was never without work, not that all of it was at work.
        memory: Share of the time in which its memory was read or written, percent.
        used: Memory in use, by all processes, MiB, in steps of 256.
        watts: Power, in steps of 5.
    """

    index: int
    name: str
    seconds: float
    joules: float | None
    sm: Samples = ()
    memory: Samples = ()
    used: Samples = ()
    watts: Samples = ()
