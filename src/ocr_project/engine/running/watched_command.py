"""A program whose memory is watched from outside.

For one that reserves address space which it never uses: a browser reserves a terabyte. `ulimit` (`with_limits` of
`worker_process`) would not let it start. It and all that it started are looked at several times a second.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress

import psutil

_LOOKS_EVERY = 0.1  # seconds; a process may take some 0.2 GB meanwhile


class TooMuchMemory(Exception):
    """A program, and what it started, had more memory in use than it may; all of it was killed."""


def run_watched(command: Sequence[str], *, seconds: float, memory: int) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end, and keep what it wrote.

    Args:
        command: The program and its arguments.
        seconds: By the clock.
        memory: Bytes in use, of the program and all that it started; what several share counts once.

    Raises:
        subprocess.TimeoutExpired: It took longer.
        TooMuchMemory: It took more.
        OSError: It does not start.
    """
    begun = time.monotonic()
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # its children are killed with it
    ) as process:
        try:
            while True:
                with suppress(subprocess.TimeoutExpired):
                    written, complaints = process.communicate(timeout=_LOOKS_EVERY)
                    return subprocess.CompletedProcess(command, process.returncode, written, complaints)
                if time.monotonic() - begun > seconds:
                    raise subprocess.TimeoutExpired(command, seconds)
                if (used := memory_in_use(process.pid)) > memory:
                    raise TooMuchMemory(f"{used / 2**30:.1f} GiB")
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def memory_in_use(pid: int) -> int:
    """Return the bytes that a process and its descendants have in use; what is shared counts once."""
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        return sum(map(_memory_of, (parent, *parent.children(recursive=True))))
    return 0


def _memory_of(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.AccessDenied:  # of another user: what is shared then counts for each
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
