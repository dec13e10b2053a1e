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

_BAR = re.compile(r"recognition: +\d+%\|[^|]*\| *(\d+)/(\d+)")
_SIZE = struct.pack("HHHH", 50, 200, 0, 0)  # lines and columns of the terminal
_INTERRUPTED = 30.0  # seconds that a command has to end after Ctrl-C; servers of ours take up to 25
_KEPT = 20_000  # characters of what was said last


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
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, _SIZE)
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._reading = threading.Thread(target=self._read, args=(ours,), daemon=True)
        self._reading.start()

    def wait(self, seconds: float) -> int | None:
        """Wait until it has ended, with all of its processes; return its exit status.

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
            self._signal(signal.SIGKILL)  # workers that outlived it; servers see that they are alone, and end
            self._process.wait()
            self._reading.join(_INTERRUPTED)  # a server that holds the terminal open ends by then

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _read(self, descriptor: int) -> None:
        rest = ""
        with suppress(OSError):  # EIO: nobody has the other end any more
            while found := os.read(descriptor, 1 << 16):
                *lines, rest = re.split(r"[\r\n]+", rest + found.decode(errors="replace"))
                self.said = (self.said + "".join(f"{line}\n" for line in lines))[-_KEPT:]
                for bar in filter(None, map(_BAR.search, lines)):
                    self.progress.append((time.time(), int(bar[1])))
        os.close(descriptor)
