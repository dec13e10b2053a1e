"""The process in which items are scored: one call into a library may take for ever, or crash it (`guard.py`).

The system itself ends it when it has used up its CPU time, also within such a call.
"""

from __future__ import annotations

import pickle
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ocr_project.bench.rules.drawings import Drawer, Pair
from ocr_project.bench.scoring.item import ItemScorer, Task
from ocr_project.engine.running.worker_process import open_line

_PATIENCE = 4.0  # times the seconds for a ground truth alone: nothing is left to be said of it but that the run ends
TOO_LARGE = 77
"""Exit status where a question, or what is found, does not fit into memory."""


@dataclass(frozen=True, slots=True)
class Begin:
    """The first thing that the process is told.

    Attributes:
        seconds: CPU time of one task.
        scratch: Folder for temporary files; what it leaves there when it is killed, its parent removes.
        cdm: Compare formulas by CDM.
        no_browser: Why there will be no drawings by KaTeX; empty where there will be.
        cache: Folder of drawings.
        drawing_memory: Bytes that a program that draws may take.
    """

    seconds: float
    scratch: str
    cdm: bool
    no_browser: str
    cache: Path | None
    drawing_memory: int


def main(descriptor: int) -> None:
    """Answer until the other end is closed: a `Task` with its rows, pairs of formulas with their comparison.

    An answer is a pair: what was found, and what it raised.

    Args:
        descriptor: Number of the open socket.
    """
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    line = open_line(descriptor)
    try:
        begin: Begin = pickle.loads(line.recv_bytes())
        tempfile.tempdir = begin.scratch
        scorer = ItemScorer(
            Drawer(cdm=begin.cdm, no_browser=begin.no_browser, cache=begin.cache, memory=begin.drawing_memory)
        )
        while True:
            task: Task | tuple[Pair, ...] = pickle.loads(line.recv_bytes())
            is_silent = isinstance(task, Task) and bool(task.silenced)
            signal.setitimer(signal.ITIMER_PROF, begin.seconds * (_PATIENCE if is_silent else 1.0))
            answer = _tried(scorer.score, task) if isinstance(task, Task) else _tried(scorer.compare, task)
            signal.setitimer(signal.ITIMER_PROF, 0)
            line.send_bytes(answer)
    except (EOFError, ConnectionError):
        return
    except MemoryError:  # of the line itself
        sys.exit(TOO_LARGE)


def _tried(work: Callable[[Any], Any], task: Any) -> bytes:
    try:
        return pickle.dumps((work(task), None), protocol=5)
    except Exception as error:
        try:
            return pickle.dumps((None, pickle.loads(pickle.dumps(error))), protocol=5)
        except Exception:  # an exception with arguments of its own does not travel
            return pickle.dumps((None, RuntimeError(f"{type(error).__name__}: {error}")), protocol=5)
