"""A process of our own that works on what may hang or crash it, and the line to it.

Why not multiprocessing: its pools fail everything in flight when a process dies and do not say what killed it, and
its start methods run the caller's `__main__` again. Here the caller knows what it asked last.
"""

from __future__ import annotations

import ctypes
import math
import os
import pickle
import resource
import signal
import socket
import subprocess
import sys
import weakref
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ocr_project.domain.errors import BackendError

# not `-m`: what the child sends back has to be of the module that is imported here, not of `__main__`
# Ctrl-C goes to every process of a terminal; a child leaves it to its parent, from before its first import on
_PROGRAM = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN);"
    " from {module} import main; main(int(sys.argv[1]))"
)
_SOURCE = Path(__file__).resolve().parents[3]  # where `ocr_project` is imported from
_MEMORY = "OCR_PROJECT_CHILD_MEMORY"
_PR_SET_PDEATHSIG = 1
_START_SECONDS = 300.0  # one that ends is noticed at once: this is for a machine with far more to do than cores
_END_SECONDS = 2.0
_READY = b"ready"


class Lost(Exception):
    """A child ended, or did not answer in time. It is gone.

    Attributes:
        status: Its exit status, negative for a signal; None where it took too long.
    """

    def __init__(self, status: int | None) -> None:
        super().__init__("took too long" if status is None else f"ended with status {status}")
        self.status = status

    @property
    def was_killed(self) -> bool:
        """Whether another process ended it (the system short of memory, a user), not what it worked on."""
        return self.status in (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP)


class Child:
    """A process and the line to it. For one thread at a time."""

    def __init__(
        self, module: str, task: str, memory: int = 0, environment: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Start it.

        Args:
            module: Its `main(descriptor)` is what the process does; it begins with `open_line`.
            task: What that is, for messages: "draw PDFs".
            memory: Bytes that it may take beside what its code takes; 0: any. What asks for more gets none: it ends
                with a `MemoryError`, or by a crash of the library that asked.
            environment: Variables that it has beside those of this process.

        Raises:
            BackendError: No process can be started.
        """
        self._task = task
        self._is_ready = False
        ours, theirs = socket.socketpair()
        path = os.pathsep.join(filter(None, (str(_SOURCE), os.environ.get("PYTHONPATH", ""))))
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM.format(module=module), str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", _MEMORY: str(memory), **environment},
                stdin=subprocess.DEVNULL,
            )
        except OSError as error:
            ours.close()
            raise BackendError(f"no process can be started to {task} ({error})") from error
        finally:
            theirs.close()
        self._line = Connection(ours.detach())
        self._end = weakref.finalize(self, _end, self._line, self._process)  # also when it is garbage-collected

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def send(self, question: Any) -> None:
        """Ask. What is wrong with the child, `receive` says."""
        try:
            self._line.send_bytes(pickle.dumps(question, protocol=5))
        except ConnectionError:
            return

    def receive(self, seconds: float | None) -> Any:
        """Wait for an answer.

        Args:
            seconds: How long, not counting the start of the process; None: until it answers or ends.

        Raises:
            Lost: The process ended over the question, or took too long; then it is killed.
            BackendError: It does not even start.
        """
        if not self._is_ready:
            self._begin()
        return pickle.loads(self._next(seconds))

    def has_answered(self, seconds: float) -> bool:
        """Wait for an answer, or for the end of the process, so long; say whether `receive` would wait no longer.

        Raises:
            BackendError: It does not even start.
        """
        if not self._is_ready and self._line.poll(seconds):
            self._begin()
        return self._is_ready and self._line.poll(seconds)

    def end(self) -> None:
        """End the process, busy or idle. Idempotent."""
        self._end()

    def _begin(self) -> None:
        """Wait until it is there."""
        try:
            self._next(_START_SECONDS)
        except Lost as error:
            raise BackendError(f"the processes that {self._task} do not start; their message is above") from error
        self._is_ready = True

    def _next(self, seconds: float | None) -> bytes:
        try:
            if not self._line.poll(seconds):
                self._process.kill()
                self._process.wait()
                raise Lost(None)
            return self._line.recv_bytes()
        except (EOFError, ConnectionError) as error:
            raise Lost(self._process.wait(10)) from error


def _end(line: Connection, process: subprocess.Popen[bytes]) -> None:
    line.close()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def open_line(descriptor: int) -> Connection:
    """Open the child's end of the line, and say that it is ready. A child ends as the line is closed."""
    _limit_memory(int(os.environ.get(_MEMORY, "0")))
    line = Connection(descriptor)
    line.send_bytes(_READY)
    return line


def end_with_parent() -> None:
    """Let the kernel kill this process when the thread that started it is gone: a parent that is killed says nothing.

    An idle child sees the end of its line; one that works for minutes looks at it only then.
    """
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it went between the two calls
        os._exit(1)


def _limit_memory(memory: int) -> None:
    """Let this process take so many more bytes of address space: the system kills no process for what it asks for."""
    if memory:
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        limit = taken + memory if most == resource.RLIM_INFINITY else min(taken + memory, most)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def with_limits(command: Sequence[str], memory: int, seconds: float) -> list[str]:
    """Return a command that ends where it asks for more than so much.

    By a shell's `ulimit`, which gives its place to the program: what runs between fork and exec in a process with
    threads may hang.

    Args:
        command: The program and its arguments.
        memory: Bytes of address space.
        seconds: CPU time, for the case that the process that started it is no more and cannot end it.
    """
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    if most != resource.RLIM_INFINITY:
        memory = min(memory, most)  # a process may not ask for more than it has itself
    limits = 'ulimit -v "$0" && ulimit -t "$1" && shift && exec "$@"'
    return ["/bin/sh", "-c", limits, str(memory // 1024), str(math.ceil(seconds)), *command]
