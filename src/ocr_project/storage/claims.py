"""Who makes which shard, of the workers of one launch: processes on any machines that share a folder.

    <launch>/
      workers/<worker>.json          whose it is; touched every few seconds as long as its process lives
      claims/<lineage>/<shard>.<n>   the n-th worker that took the shard up: names it
      claims/<lineage>/<shard>.done  the shard is stored
      claims/<lineage>/plan.json     what there is to make, as the first worker saw it: for people
      logs/<job>/                    logs of a worker's servers
      records/<worker>.json          what it did when, written at its end: `engine/running/launch_timeline.py`

A claim is a file that one worker alone can make (`O_EXCL`); it is never changed and never removed. The claim of a
worker that shows no life is followed by one of the next number, which again one alone can make: no two workers
take over the same shard, and none takes what a third has just taken. Asked of the file system: exclusive creation,
and that others see it (a local disk, NFS from version 3 on, Lustre, GPFS, CephFS). No locks, hard links or renames.

A worker is gone when its last sign of life is older than the lease, by the clock of the file server: each compares
the time that the server gave to others' files with the time that it gave to its own. One that was only slow may
still store its shard: an equal one, for shards are named by what they are made from.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import socket
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from uuid import uuid4

import psutil

from ocr_project.domain.errors import StorageError
from ocr_project.storage.atomic import atomic_json, storing

log = logging.getLogger(__name__)

DONE, PLAN, LOGS = ".done", "plan.json", "logs"
JOB = "OCR_PROJECT_JOB"  # variable: what a launcher other than Slurm calls its worker
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_MOST_ATTEMPTS = 12  # preempted jobs come back often; a shard that ends every process that reads it must not, for ever
_LONGEST_PAUSE = 15.0  # seconds between two signs of life


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """What a worker says of itself.

    Attributes:
        name: Tells it from all others of the launch.
        host: Name of its machine.
        pid: Of its process.
        gpus: CUDA_VISIBLE_DEVICES; an empty string where that is not set.
        began: Seconds since 1970, by its own clock.
        lease_seconds: After how long without a sign of life it is taken for gone.
        boot: Of its kernel, `boot_id`.
        job: Number of its job in Slurm, or what its launcher calls it; an empty string where it has none.
        ended: How it ended, `done` or `failed`; an empty string while it is at work, or where it was killed.
    """

    name: str
    host: str
    pid: int
    gpus: str
    began: float
    lease_seconds: float
    boot: str
    job: str = ""
    ended: str = ""

    @property
    def folder(self) -> str:
        """The name of its folder among the launch's logs: what starts on its behalf writes there."""
        return self.job.removesuffix(".log") or self.name


class Worker:
    """One process at work for a launch. It shows signs of life from a thread of its own until it ends."""

    def __init__(self, launch: Path, lease_seconds: float) -> None:
        """Join a launch.

        Args:
            launch: The folder of the launch.
            lease_seconds: After how long without a sign of life others are taken for gone.

        Raises:
            StorageError: The folder cannot be written to.
        """
        self.launch, self.lease_seconds = launch, lease_seconds
        name = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
        gpus = os.environ.get("CUDA_VISIBLE_DEVICES", "")
        host = socket.gethostname()
        self.info = WorkerInfo(name, host, os.getpid(), gpus, time.time(), lease_seconds, boot_id(), job_of())
        self._file = launch / "workers" / f"{name}.json"
        atomic_json(self._file, asdict(self.info))
        self._ended = threading.Event()
        threading.Thread(target=self._show_life, name="signs of life", daemon=True).start()

    def now(self) -> float:
        """Return the time, in seconds since 1970, by the clock of the file server."""
        with storing(self._file):
            os.utime(self._file)
            return self._file.stat().st_mtime

    def is_alive(self, name: str) -> bool:
        """Say whether another worker, or this one, has shown life within the lease."""
        try:
            seen = _time_of(self.launch / "workers" / f"{name}.json")
        except FileNotFoundError:
            return False
        return self.now() - seen < self.lease_seconds

    def end(self, how: str) -> None:
        """Say that this worker is at its end: what it has claimed and not finished is free at once. Idempotent.

        Args:
            how: `done` or `failed`.
        """
        if not self._ended.is_set() and os.getpid() == self.info.pid:
            self._ended.set()
            atomic_json(self._file, asdict(replace(self.info, ended=how)))
            with storing(self._file):
                os.utime(self._file, (0, 0))

    def _show_life(self) -> None:
        while not self._ended.wait(min(self.lease_seconds / 4, _LONGEST_PAUSE)):
            try:
                os.utime(self._file)
            except OSError as error:  # a share that is away for a moment; for longer, others take over
                log.warning("no sign of life can be left at %s (%s)", self._file, error)
            if self._ended.is_set():  # it came to its end meanwhile
                with suppress(OSError):
                    os.utime(self._file, (0, 0))


class Claims:
    """The claims of a launch on the shards of one lineage."""

    def __init__(self, worker: Worker, lineage: str) -> None:
        self._worker = worker
        self._folder = worker.launch / "claims" / lineage
        with storing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)

    def count_workers(self) -> int:
        """Return how many workers the launch has now, this one included."""
        return max(1, len(living(self._worker.launch, self._worker.now())))

    def announce(self, stage: str, pages: Mapping[str, int], unit: str = "pages") -> None:
        """Write down what there is to make, where no other worker has: the pages of each shard, by its name."""
        path = self._folder / PLAN
        if not path.exists():
            atomic_json(path, {"stage": stage, "pages": dict(pages), "unit": unit})

    def take(self, name: str) -> bool:
        """Claim a shard; False where another worker has it, or it is done.

        Raises:
            StorageError: The folder cannot be written to, or the shard ended every worker that took it up.
        """
        attempt = self._free_after(name)
        if attempt is None:
            return False
        if attempt == _MOST_ATTEMPTS:
            raise StorageError(
                f"shard {name} was taken up {attempt} times, and each time its worker ended before it was stored:"
                f" look into the logs in {self._worker.launch} for what ends them (memory?), then launch again"
            )
        path = self._folder / f"{name}.{attempt + 1}"
        with storing(path):
            try:
                descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
            except FileExistsError:
                return False  # another one was faster
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(self._worker.info.name)
        return not self.is_done(name)  # its owner before may have lived until just now

    def finish(self, name: str) -> None:
        """Say that a shard is stored."""
        path = self._folder / f"{name}{DONE}"
        with storing(path):
            path.write_text(self._worker.info.name, encoding="utf-8")

    def is_free(self, name: str) -> bool:
        """Say whether a shard is not stored, and no living worker has it."""
        return self._free_after(name) is not None

    def is_done(self, name: str) -> bool:
        """Say whether a shard is stored."""
        return (self._folder / f"{name}{DONE}").exists()

    def undone(self, names: Iterable[str]) -> list[str]:
        """Return those of some shards that are not stored yet, in their order."""
        done = {path.name for path in self._folder.glob(f"*{DONE}")}
        return [name for name in names if f"{name}{DONE}" not in done]

    def _free_after(self, name: str) -> int | None:
        """Return the number of the last claim, whose worker is gone; 0: there is none; None: the shard is not free."""
        if self.is_done(name):
            return None
        attempt = 0
        while (self._folder / f"{name}.{attempt + 1}").exists():
            attempt += 1
        return None if attempt and self._is_held(self._folder / f"{name}.{attempt}") else attempt

    def _is_held(self, claim: Path) -> bool:
        owner = claim.read_text(encoding="utf-8")
        if owner:
            return self._worker.is_alive(owner)
        # made, and not written yet; or its worker was killed between the two
        return self._worker.now() - _time_of(claim) < self._worker.lease_seconds


def job_of(environ: Mapping[str, str] = os.environ) -> str:
    """Return what Slurm, or another launcher, calls this process's job; an empty string where it has none."""
    of_slurm = filter(None, (environ.get("SLURM_ARRAY_JOB_ID"), environ.get("SLURM_ARRAY_TASK_ID")))
    return environ.get(JOB) or "_".join(of_slurm)


def boot_id() -> str:
    """Return what tells this kernel, from its start to its end, from all others; the same in all its containers."""
    return _BOOT.read_text("ascii").strip() if _BOOT.is_file() else f"{psutil.boot_time():.0f}"


@cache
def join(launch: Path, lease_seconds: float) -> Worker:
    """Return this process's worker in a launch; its signs of life end with the process.

    Raises:
        StorageError: The folder cannot be written to.
    """
    worker = Worker(launch, lease_seconds)
    atexit.register(worker.end, "failed")  # unless it has said that it is done
    return worker


def workers_of(launch: Path) -> dict[WorkerInfo, float]:
    """Return who has joined a launch, and when each was last seen, in seconds since 1970; 0 for one that has ended."""
    found = {}
    for path in sorted((launch / "workers").glob("[!.]*.json")):
        with suppress(FileNotFoundError):
            found[WorkerInfo(**json.loads(path.read_text("utf-8")))] = _time_of(path)
    return found


def _time_of(path: Path) -> float:
    """Return when a file was touched, as its server has it: NFS answers for a name out of a cache.

    Raises:
        FileNotFoundError: It is not there.
    """
    with path.open("rb") as file:
        return os.fstat(file.fileno()).st_mtime


def living(launch: Path, now: float) -> list[WorkerInfo]:
    """Return the workers of a launch that are not gone.

    Args:
        launch: Its folder; one that is not there has no workers.
        now: Seconds since 1970, by the clock of the file server: the time of a file touched just now.
    """
    return [info for info, seen in workers_of(launch).items() if now - seen < info.lease_seconds]
