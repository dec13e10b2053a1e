"""A command that is watched: what it says, how far its bar for recognition is, and its end after so many seconds."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import psutil

_BAR = re.compile(r"recognition: +\d+%\|[^|]*\| *(\d+)/(\d+)")
_SIZE = struct.pack("HHHH", 50, 200, 0, 0)  # lines and columns of the terminal
_INTERRUPTED = 30.0  # seconds that a command has to end after Ctrl-C; servers of ours take up to 25
_KEPT = 20_000  # characters of what was said last
_MARK = "OCR_BENCHMARK_COMMAND"  # variable by which all that a command started is known, sessions of their own too
_LOOK = 0.25  # seconds


def _terminal() -> tuple[int, int]:
    """Open a terminal; where a sandbox has none, a pipe, by which a bar is told every ten seconds."""
    try:
        ours, theirs = pty.openpty()
    except OSError:
        return os.pipe()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, _SIZE)
    return ours, theirs


class Watched:
    """A command with a terminal for its messages, as a person has one: its bars move twice a second."""

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        """Start it, in a process group of its own.

        Args:
            command: With its arguments.
            folder: In which it runs.
            environment: Of it.
        """
        self.progress: list[tuple[float, int]] = []  # seconds since 1970, and pages that recognition had done
        self.said = ""  # the last that it said
        self.ended = 0.0  # seconds since 1970; what it left behind may take longer
        self._mark = uuid4().hex
        ours, theirs = _terminal()
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**environment, _MARK: self._mark},
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._reading = threading.Thread(target=self._read, args=(ours,), daemon=True)
        self._reading.start()

    def wait(self, seconds: float) -> int | None:
        """Wait until it has ended, and all that it has started; return its exit status.

        Args:
            seconds: After which it is stopped, as by Ctrl-C, and killed where it does not listen.

        Returns:
            None: it was stopped.
        """
        try:
            return self._process.wait(max(0.0, seconds))
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_INTERRUPTED)
            return None
        finally:
            self.ended = time.time()
            self._signal(signal.SIGKILL)  # workers that outlived it; servers see that they are alone, and end
            self._process.wait()
            self._end_others()
            self._reading.join(_INTERRUPTED)

    def _end_others(self) -> None:
        """Give what is left, servers with a card's memory, time to end; then kill it."""
        deadline = time.monotonic() + _INTERRUPTED
        while (left := self._left()) and time.monotonic() < deadline:
            time.sleep(_LOOK)
        for process in left:
            with suppress(psutil.Error):
                process.kill()

    def _left(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):  # it has ended, or is another user's
                if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(_MARK) == self._mark:
                    found.append(process)
        return found

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _read(self, descriptor: int) -> None:
        rest = ""
        with suppress(OSError):  # EIO: the other end is closed
            while found := os.read(descriptor, 1 << 16):
                *lines, rest = re.split(r"[\r\n]+", rest + found.decode(errors="replace"))
                self.said = (self.said + "".join(f"{line}\n" for line in lines))[-_KEPT:]
                for bar in filter(None, map(_BAR.search, lines)):
                    self.progress.append((time.time(), int(bar[1])))
        os.close(descriptor)
