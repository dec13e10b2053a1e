"""The small process around a server: when what started it is gone, however that happened, so is the server.

Run as a script: `python launcher.py [--stop JSON] COMMAND …` with a pipe as stdin whose other end the starter holds.
The end of that pipe (the starter closed it, ended, or was killed with -9) or SIGTERM ends the server with everything
it has started; the end of the server ends what it left behind. `--stop` names a command, a list in JSON, that is run
before that: for containers that live with a daemon and not below here. Only the standard library: it starts in 20 ms.

Why not PR_SET_PDEATHSIG alone: it fires when the *thread* that started the process ends, and a server's engine
processes do not inherit it. They are found as what descends from here (PR_SET_CHILD_SUBREAPER) or is in the session.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_GRACE = 10.0  # seconds between SIGTERM and SIGKILL
_TICK = 0.25  # seconds


def main(command: list[str]) -> int:
    """Run a command until it ends or stdin does, and leave nothing behind.

    Args:
        command: With its arguments; before it `--stop` and what ends it.

    Returns:
        The exit status of the command; 128 + the signal where one ended it.
    """
    stop: list[str] = []
    if command[0] == "--stop":
        stop, command = json.loads(command[1]), command[2:]
    asked_to_stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: asked_to_stop.append(number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        preexec_fn=lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0),  # should this process be killed
    )
    while child.poll() is None and not asked_to_stop and not _ended(sys.stdin.fileno()):
        pass
    if stop:  # also where it has ended: a client may be gone and its container not
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(stop, stdin=subprocess.DEVNULL, timeout=2 * _GRACE, check=False)
    _end_all(child)
    status = child.wait()
    return status if status >= 0 else 128 - status


def _ended(pipe: int) -> bool:
    readable, _, _ = select.select([pipe], [], [], _TICK)
    return bool(readable) and os.read(pipe, 1) == b""


def _end_all(child: subprocess.Popen[bytes]) -> None:
    """End everything that descends from here: asked first, killed after the time of grace."""
    for number, seconds in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, _GRACE)):
        deadline = time.monotonic() + seconds
        for process in _descendants():
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, number)
        while time.monotonic() < deadline:
            child.poll()
            _reap(child.pid)
            if not _descendants():
                return
            time.sleep(0.05)


def _reap(child: int) -> None:
    """Collect orphans that have ended, which became ours; the child itself is left to its Popen."""
    for process in _descendants(zombies=True):
        if process != child:
            with suppress(ChildProcessError):
                os.waitpid(process, os.WNOHANG)


def _descendants(*, zombies: bool = False) -> list[int]:
    """Return the processes below this one or in its session, this one left out."""
    table: dict[int, tuple[str, int, int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                state, parent, _, session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
                table[int(entry.name)] = state, int(parent), int(session)
    here = os.getpid()
    found = {process for process, (_, _, session) in table.items() if session == here} | {here}
    while more := {process for process, (_, parent, _) in table.items() if parent in found} - found:
        found |= more
    return [process for process in found - {here} if zombies or table[process][0] != "Z"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
