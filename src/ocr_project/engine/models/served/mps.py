"""NVIDIA's Multi-Process Service: several servers on one GPU run at once instead of by turns.

Without it processes that share a card are given slices of time, and each fills the card badly by itself: four vLLM
servers with a model of 1 B parameters read 11.2 pages/s on an H200 without it and 16.0 with it (docs/log.md).
It changes no setting of the card, and ends with the run.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import ServerOptions, Sharing
from ocr_project.engine.running.cards import VISIBLE

log = logging.getLogger(__name__)

_PROGRAM = "nvidia-cuda-mps-control"
_PLACES = ("/usr/local/nvidia/bin", "/usr/bin")  # where containers and Debian have it
_LAUNCHER = Path(__file__).with_name("launcher.py")
_SECONDS = 10.0  # to open its pipe; it takes a few milliseconds
_TICK = 0.02


class Mps:
    """The service, from `start` to `close`; nothing at all where it is not wanted."""

    def __init__(self, options: ServerOptions) -> None:
        """Find the service's program; it is not started.

        Args:
            options: `sharing` says whether it is wanted.

        Raises:
            BackendError: It is demanded, and its program is not there.
        """
        self._option = f"{options.option}.sharing"
        self._program = _find_program(options)
        self._log = options.logs / "mps.log"
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What the servers need in their environment to use it."""
        if self._folder is None:
            return {}
        return {"CUDA_MPS_PIPE_DIRECTORY": str(self._folder), "CUDA_MPS_LOG_DIRECTORY": str(self._folder)}

    def start(self) -> None:
        """Start the service and wait until it takes clients.

        Raises:
            BackendError: It does not start.
        """
        if self._program is None:
            return
        self._folder = Path(tempfile.mkdtemp(prefix="mps-"))  # short: a socket's path may have 107 bytes
        self._log.parent.mkdir(parents=True, exist_ok=True)
        # It numbers the cards that it is shown anew, and servers are told the machine's numbers: started with
        # CUDA_VISIBLE_DEVICES=1, as a worker of `kedro launch local` is, it had no card 1 to give (docs/log.md).
        # Names (UUIDs) mean the same to both, and of a MIG slice the service has to be told.
        numbered = any(part.strip().isdecimal() for part in os.environ.get(VISIBLE, "").split(","))
        shown = {name: value for name, value in os.environ.items() if not (numbered and name == VISIBLE)}
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-I", str(_LAUNCHER), self._program, "-f"],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**shown, **self.environment},
                start_new_session=True,
            )
        deadline = time.monotonic() + _SECONDS
        while not (self._folder / "control").exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.close()
                raise BackendError(f"{_PROGRAM} did not start: {_tail(self._log)}; set {self._option} to time")
            time.sleep(_TICK)
        log.info("the servers of a GPU share it through %s", _PROGRAM)

    def close(self) -> None:
        """End the service. Idempotent, also before `start`."""
        if self._process is not None:
            if self._process.stdin is not None:
                self._process.stdin.close()
            try:
                self._process.wait(2 * _SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def _find_program(options: ServerOptions) -> str | None:
    if options.sharing is Sharing.TIME or (options.sharing is Sharing.AUTO and options.most_replicas == 1):
        return None
    program = shutil.which(_PROGRAM) or next(
        (found for place in _PLACES if (found := shutil.which(_PROGRAM, path=place))), None
    )
    if program is None and options.sharing is Sharing.MPS:
        raise BackendError(
            f"{_PROGRAM} is not on this machine: install the driver's utilities (Debian: nvidia-cuda-mps),"
            f" or set {options.option}.sharing to time"
        )
    return program


def _tail(path: Path) -> str:
    text = path.read_text(encoding="utf-8", errors="replace").strip() if path.is_file() else ""
    return text[-300:] or "it said nothing"
