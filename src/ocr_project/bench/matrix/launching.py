"""Who does the runs: a process for each GPU, which has one run at a time.

A process of its own, since a run that takes all memory or crashes ends itself and no other one, and since what it
holds of a GPU is given back when it ends. It sees one GPU only (`CUDA_VISIBLE_DEVICES`), and is killed with this one.
"""

from __future__ import annotations

import logging
import os
import pickle
import queue
import threading
import time
from collections.abc import Iterator, Sequence

from ocr_project.bench.matrix.performing import Common, failed_facts, perform
from ocr_project.bench.matrix.plan import MatrixRun
from ocr_project.bench.matrix.results import RunFacts, write_facts
from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import FieldsBackend
from ocr_project.engine.running.worker_process import Child, Lost, end_with_parent, open_line

log = logging.getLogger(__name__)

_VISIBLE = "CUDA_VISIBLE_DEVICES"
_MODULE = "ocr_project.bench.matrix.launching"


def run_locally(runs: Sequence[MatrixRun], common: Common) -> list[RunFacts]:
    """Do all runs, as many at a time as there are GPUs.

    Args:
        runs: In any order; they are taken in this one.
        common: Their options name the GPUs.

    Returns:
        What became of each, in the order given.

    Raises:
        StorageError: What became of a run cannot be written; what was answered is kept.
    """
    waiting: queue.SimpleQueue[tuple[int, MatrixRun]] = queue.SimpleQueue()
    for place, run in enumerate(runs):
        waiting.put((place, run))
    found: dict[int, RunFacts] = {}
    faults: list[Exception] = []
    gpus = common.options.gpus[: max(1, len(runs))]

    def work(gpu: int) -> None:
        try:
            do_runs(gpu)
        except Exception as error:  # a thread's own would be printed, and lost to who waits for it
            faults.append(error)

    def do_runs(gpu: int) -> None:
        with _Worker(gpu) as worker:
            for place, run in _taken(waiting):
                began = time.monotonic()
                found[place] = worker.perform(run, common)
                said = found[place].status or "done"
                log.info(
                    "run %d of %d, %s: %s, %.1f s", place + 1, len(runs), run.name, said, time.monotonic() - began
                )

    threads = [threading.Thread(target=work, args=(gpu,), name=f"matrix-gpu{gpu}", daemon=True) for gpu in gpus]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return [found[place] for place in range(len(runs))]


class _Worker:
    """The process of a GPU; started with its first run, and again after one that took it along."""

    def __init__(self, gpu: int) -> None:
        self._gpu = gpu
        self._child: Child | None = None

    def __enter__(self) -> _Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def perform(self, run: MatrixRun, common: Common) -> RunFacts:
        """Do a run; one whose process ends has failed."""
        try:
            child = self._child = self._child or Child(_MODULE, "do a run of the matrix", environment=_seen(self._gpu))
            child.send((run, common))
            facts: RunFacts = child.receive(None)
        except (Lost, BackendError) as error:
            self._end()
            how = "was killed, perhaps for want of memory" if isinstance(error, Lost) and error.was_killed else error
            facts = failed_facts(run, f"the process of the run {how}; what was answered is kept")
            write_facts(common.home, facts)
        if run.fields.backend is FieldsBackend.TRANSFORMERS:
            self._end()  # a model stays in the memory of its process
        return facts

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()


def _taken(waiting: queue.SimpleQueue[tuple[int, MatrixRun]]) -> Iterator[tuple[int, MatrixRun]]:
    while True:
        try:
            yield waiting.get_nowait()
        except queue.Empty:
            return


def _seen(gpu: int) -> dict[str, str]:
    """Return what lets a process see one GPU; a number counts among those that this process sees."""
    given = os.environ.get(_VISIBLE)
    among = [token.strip() for token in given.split(",")] if given else []
    return {_VISIBLE: among[gpu] if gpu < len(among) else str(gpu)}


def main(descriptor: int) -> None:
    """Do runs until the line ends: what a process of a GPU does."""
    end_with_parent()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    line = open_line(descriptor)
    while True:
        try:
            run, common = pickle.loads(line.recv_bytes())
        except (EOFError, ConnectionError):
            return
        line.send_bytes(pickle.dumps(perform(run, common)))
