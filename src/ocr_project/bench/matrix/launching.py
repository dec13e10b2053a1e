"""Who does the runs: a process for each GPU, which has one run at a time.

A process of its own, since a run that takes all memory or crashes ends itself and no other one, and since what it
holds of a GPU is given back when it ends. It sees one GPU only (`CUDA_VISIBLE_DEVICES`), and is killed with this one.
"""

from __future__ import annotations

import logging
import pickle
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

from ocr_project.bench.matrix.performing import Common, failed_facts, perform
from ocr_project.bench.matrix.plan import MatrixRun
from ocr_project.bench.matrix.results import RunFacts, write_facts
from ocr_project.domain.errors import BackendError
from ocr_project.domain.options import FieldsBackend
from ocr_project.domain.types import ShardInfo
from ocr_project.engine.running.cards import only_card
from ocr_project.engine.running.sharing import Share, share_among
from ocr_project.engine.running.worker_process import Child, Lost, end_with_parent, open_line

log = logging.getLogger(__name__)

_MODULE = "ocr_project.bench.matrix.launching"


def run_locally(runs: Sequence[MatrixRun], common: Common) -> list[RunFacts]:
    """Do all runs that are this process's, as many at a time as there are GPUs.

    Workers of a launch take run after run, and end when all are done: a GPU has one run at a time there too.

    Args:
        runs: In any order; they are taken in this one.
        common: Their options name the GPUs.

    Returns:
        What became of each that this process did, in the order given: of a run of its own, all of them.

    Raises:
        BackendError: The options name a GPU that is not shown to this process.
        StorageError: What became of a run cannot be written; what was answered is kept.
    """
    if not runs:
        return []
    by_folder = {run.folder: (place, run) for place, run in enumerate(runs, 1)}
    share = share_among(list(map(_as_shard, by_folder)), _lineage(by_folder), common.runtime, "runs")
    found: dict[str, RunFacts] = {}
    more = True
    while more:
        found |= _do_those_free(share, by_folder, common)
        more = share.wait()
    return [found[folder] for folder in by_folder if folder in found]


def _do_those_free(share: Share, runs: Mapping[str, tuple[int, MatrixRun]], common: Common) -> dict[str, RunFacts]:
    """Do what is free now, in a thread for each GPU; return what became of each, by its folder."""
    found: dict[str, RunFacts] = {}
    faults: list[Exception] = []
    taken = _Taken(share)
    gpus = {gpu: only_card(gpu, "matrix.gpus") for gpu in common.options.gpus[: len(runs)]}

    def work(seen: Mapping[str, str]) -> None:
        try:
            do_runs(seen)
        except Exception as error:  # a thread's own would be printed, and lost to who waits for it
            faults.append(error)

    def do_runs(seen: Mapping[str, str]) -> None:
        with _Worker(seen) as worker:
            for info in taken:
                place, run = runs[info.name]
                began = time.monotonic()
                found[info.name] = worker.perform(run, common)
                share.finish(info)
                said = found[info.name].status or "done"
                log.info("run %d of %d, %s: %s, %.1f s", place, len(runs), run.name, said, time.monotonic() - began)

    threads = [
        threading.Thread(target=work, args=(seen,), name=f"matrix-gpu{gpu}", daemon=True) for gpu, seen in gpus.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return found


class _Taken:
    """What is taken of a share, by several threads one after the other."""

    def __init__(self, share: Share) -> None:
        self._source = share.take()
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[ShardInfo]:
        return self

    def __next__(self) -> ShardInfo:
        with self._lock:
            return next(self._source)


def _as_shard(folder: str) -> ShardInfo:
    """Return a run as what workers claim: its folder, and one run."""
    return ShardInfo(name=folder, key=folder, order=folder, pages=1, stage="matrix")


def _lineage(folders: Mapping[str, object]) -> str:
    """Name the claims of these runs: others have other ones."""
    return f"matrix-{sha256(' '.join(folders).encode()).hexdigest()[:16]}"


class _Worker:
    """The process of a GPU; started with its first run, and again after one that took it along."""

    def __init__(self, seen: Mapping[str, str]) -> None:
        self._seen = seen
        self._child: Child | None = None

    def __enter__(self) -> _Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def perform(self, run: MatrixRun, common: Common) -> RunFacts:
        """Do a run; one whose process ends has failed."""
        try:
            child = self._child = self._child or Child(_MODULE, "do a run of the matrix", environment=self._seen)
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
