"""Asks the GPUs in the background what they do, four times a second."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar

from ocr_project.domain.gpu_usage import GpuUsage, Samples
from ocr_project.engine.running.monitoring.nvml import Gpu, GpuSample, open_nvml, visible_gpus

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

# Seconds. NVML's own figures are means over 1/6 to 1 second: asking more often shows nothing more.
INTERVAL = 0.25
_STEP_MIB = 256
_STEP_WATTS = 5


class GpuMonitor:
    """Watches the GPUs of this process from `with` to its end.

    Without a GPU, its driver or `nvidia-ml-py` it says nothing, starts no thread and costs nothing. A GPU that
    stops answering is dropped with one line in the log: monitoring never ends a run.

    Attributes:
        cpu_seconds: CPU time that the sampling thread has taken, once it has ended.
    """

    def __init__(self, interval: float = INTERVAL) -> None:
        """Prepare to watch; nothing starts before `with`.

        Args:
            interval: Seconds between two samples.
        """
        self._interval = interval
        self._nvml: Any | None = None
        self._windows: list[_Window] = []
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self.cpu_seconds = 0.0

    def __enter__(self) -> Self:
        self._nvml = open_nvml()
        if self._nvml is not None:
            self._start(self._nvml)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        if self._nvml is not None:
            self._nvml.nvmlShutdown()

    def take(self) -> tuple[GpuUsage, ...]:
        """Return what each GPU did since the last call, or since the start; at least one sample of each."""
        with self._lock:
            return tuple(self._each(_Window.close))

    def _start(self, nvml: Any) -> None:
        try:
            self._windows = [_Window(gpu) for gpu in visible_gpus(nvml)]
        except nvml.NVMLError as error:
            log.warning("the GPUs are not watched: NVML says %s", error)
        if self._windows:
            self._thread = threading.Thread(target=self._run, name="gpu-monitor", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._over.wait(self._interval):
            with self._lock:
                self._each(_Window.sample)
        self.cpu_seconds = time.thread_time()

    def _each(self, step: Callable[[_Window], Answer]) -> list[Answer]:
        """Do something with each GPU, and give up those that do not answer."""
        answers = []
        for window in list(self._windows):
            try:
                answers.append(step(window))
            except window.gpu.error as error:
                log.warning("GPU %d (%s) is no longer watched: NVML says %s", window.gpu.index, window.gpu.name, error)
                self._windows.remove(window)
        return answers


class _Shared:
    """The monitor of the stages that are at work beside each other: what the GPUs did is told to one of them, once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._monitor = GpuMonitor()

    @contextmanager
    def __call__(self) -> Iterator[GpuMonitor]:
        """Watch as long as one stage asks for it; `take` returns what was done since the last call of any."""
        with self._lock:
            if not self._users:
                self._monitor = GpuMonitor().__enter__()
            self._users += 1
            monitor = self._monitor
        try:
            yield monitor
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    self._monitor.__exit__(None, None, None)


shared_monitor = _Shared()


class _Window:
    """What one GPU did since the last shard."""

    def __init__(self, gpu: Gpu) -> None:
        self.gpu = gpu
        self._joules = gpu.joules()  # by its counter, at the beginning
        self._watts: float | None = None
        self._began = self._asked = time.perf_counter()
        self._integral = 0.0  # joules by the power that was sampled
        self._seen = _Seen()

    def sample(self) -> None:
        reading = self.gpu.read()
        now = time.perf_counter()
        self._watts = reading.watts
        self._integral += (reading.watts or 0.0) * (now - self._asked)
        self._asked = now
        self._seen.add(reading)

    def close(self) -> GpuUsage:
        if self._seen.empty:  # a shard that took no time
            self.sample()
        now, joules = time.perf_counter(), self.gpu.joules()
        usage = GpuUsage(
            index=self.gpu.index,
            name=self.gpu.name,
            seconds=now - self._began,
            joules=self._energy(now, joules),
            sm=_samples(self._seen.sm),
            memory=_samples(self._seen.memory),
            used=_samples(self._seen.used),
            watts=_samples(self._seen.watts),
        )
        self._began = self._asked = now
        self._joules, self._integral, self._seen = joules, 0.0, _Seen()
        return usage

    def _energy(self, now: float, joules: float | None) -> float | None:
        if joules is not None and self._joules is not None and joules >= self._joules:
            return joules - self._joules
        if self._watts is None:
            return None
        return self._integral + self._watts * (now - self._asked)


@dataclass(slots=True, eq=False)
class _Seen:
    """How often each value was read."""

    sm: Counter[int] = field(default_factory=Counter)
    memory: Counter[int] = field(default_factory=Counter)
    used: Counter[int] = field(default_factory=Counter)
    watts: Counter[int] = field(default_factory=Counter)
    empty: bool = True

    def add(self, reading: GpuSample) -> None:
        self.empty = False
        for counter, value, step in (
            (self.sm, reading.sm, 1),
            (self.memory, reading.memory, 1),
            (self.used, reading.used, _STEP_MIB),
            (self.watts, reading.watts, _STEP_WATTS),
        ):
            if value is not None:
                counter[step * round(value / step)] += 1


def _samples(counter: Counter[int]) -> Samples:
    return tuple(sorted(counter.items()))
