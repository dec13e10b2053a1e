"""Runs, one after the other: each in a process of its own, its state in a file of the workspace.

The state outlives the server: what was waiting or at work when it ended is queued again by the next one.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from ocr_project.cli.errors import EXIT_FAILURES
from ocr_project.cli.serve.progress import last_lines
from ocr_project.domain.errors import StorageError
from ocr_project.storage.atomic import atomic_json
from ocr_project.storage.workspace import Workspace

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "ocr_project", "work")
_STATE, _LOG = ".serve.json", "serve.log"
_PATIENCE = 10.0  # seconds that a run is given to end; after Ctrl-C it takes up to three


class State(StrEnum):
    """How the last run of a corpus fares."""

    NONE = "none"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    PARTLY = "partly"  # done, and something could not be read
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RunState:
    """The last run of a corpus.

    Attributes:
        message: What it said at its end; empty where all went well.
        when: When it came to this state, local time.
        before: Runs that end before it begins.
    """

    state: State
    message: str = ""
    when: str = ""
    before: int = 0

    @property
    def is_open(self) -> bool:
        """Whether the run has not ended yet."""
        return self.state in (State.QUEUED, State.RUNNING)


Orders = Callable[[Workspace], dict[str, Any]]


class Runs:
    """A queue of corpora, and the one whose run is at work."""

    def __init__(self, orders: Orders, command: Sequence[str] = COMMAND) -> None:
        """Prepare a queue; nothing is run before `start`.

        Args:
            orders: Returns the environment and the options of a run, by the words that `work` has for them.
            command: Runs what it is told on standard input.
        """
        self._orders, self._command = orders, tuple(command)
        self._changed = threading.Condition()
        self._queue: list[Workspace] = []
        self._now: Workspace | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="runs", daemon=True)

    def start(self, corpora: Iterable[Workspace]) -> None:
        """Begin to work, with those corpora whose run an earlier server did not end."""
        for workspace in corpora:
            if _kept(workspace).is_open:
                self.ask(workspace)
        self._thread.start()

    def ask(self, workspace: Workspace) -> None:
        """Let a corpus be read: now, or when it is its turn; one that waits already is not queued twice."""
        with self._changed:
            if workspace not in self._queue:
                self._queue.append(workspace)
                if workspace != self._now:
                    _keep(workspace, RunState(State.QUEUED))
                self._changed.notify_all()

    def state(self, workspace: Workspace) -> RunState:
        """Return how the run of a corpus fares."""
        with self._changed:
            if workspace == self._now:
                return RunState(State.RUNNING)
            if workspace in self._queue:
                return RunState(State.QUEUED, before=self._queue.index(workspace) + (self._now is not None))
        kept = _kept(workspace)
        return RunState(State.NONE) if kept.is_open else kept

    def close(self) -> None:
        """End the run that is at work, as on Ctrl-C, and keep the queue for the next server. Idempotent."""
        with self._changed:
            self._closing = True
            process = self._process
            self._changed.notify_all()
        if process is not None:
            _end(process)
        if self._thread.is_alive():
            self._thread.join(_PATIENCE)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or bool(self._queue))
                if self._closing:
                    return
                workspace = self._now = self._queue.pop(0)
                _keep(workspace, RunState(State.RUNNING))
            code, fault = self._run(workspace)
            with self._changed:
                self._now = self._process = None
                if self._closing:
                    return
                again = workspace in self._queue
                _keep(workspace, RunState(State.QUEUED) if again else _ended(workspace, code, fault))

    def _run(self, workspace: Workspace) -> tuple[int, str]:
        """Run all stages over a corpus; return the exit status, and why it did not even begin."""
        try:
            orders = {"folder": str(workspace.folder), **self._orders(workspace)}
            with log_of(workspace).open("wb") as said:
                process = subprocess.Popen(
                    self._command,
                    cwd=workspace.folder,
                    stdin=subprocess.PIPE,
                    stdout=said,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,  # Ctrl-C is passed on by the server
                )
        except Exception as error:  # options that cannot be read, a disk that is full: the next run may go
            return -1, f"{type(error).__name__}: {error}"
        with self._changed:
            self._process = process
            closing = self._closing
        assert process.stdin is not None
        with suppress(BrokenPipeError):  # it has ended already, and its status says how
            process.stdin.write(json.dumps(orders).encode("ascii") + b"\n")
            process.stdin.flush()
        if closing:
            _end(process)
        code = process.wait()
        with suppress(BrokenPipeError):
            process.stdin.close()
        _kill_group(process)
        return code, ""


def log_of(workspace: Workspace) -> Path:
    """Return the file with what the last run has said."""
    return workspace.data / _LOG


def _ended(workspace: Workspace, code: int, fault: str) -> RunState:
    if fault:
        return RunState(State.FAILED, fault)
    said = (last_lines(log_of(workspace), 1) or ("",))[0]
    if code == 0:
        return RunState(State.DONE)
    if code == EXIT_FAILURES:
        return RunState(State.PARTLY, said)
    ended = f"ended by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
    return RunState(State.FAILED, f"{said} ({ended})" if said else ended)


def _keep(workspace: Workspace, state: RunState) -> None:
    when = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
    try:
        atomic_json(workspace.data / _STATE, {**asdict(state), "when": when}, durable=False)
    except StorageError as error:  # the queue goes on; only the next server will not know of it
        log.warning("%s", error)


def _kept(workspace: Workspace) -> RunState:
    path = workspace.data / _STATE
    if not path.is_file():
        return RunState(State.NONE)
    kept = json.loads(path.read_text(encoding="ascii"))
    return RunState(State(kept["state"]), str(kept["message"]), str(kept["when"]))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Interrupt a run; one that does not end by itself is killed, with what it has started."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_PATIENCE / 2)
    _kill_group(process)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):  # nothing is left of it
        os.killpg(process.pid, signal.SIGKILL)
