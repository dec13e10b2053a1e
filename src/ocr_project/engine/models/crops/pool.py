"""Crops cut and encoded in worker processes, so that no thread of Python does both pixels and HTTP.

Each worker has one page at a time: the page that kills it, or keeps it for too long, is the one that fails, and a
new worker takes its place.
"""

from __future__ import annotations

import os
import queue
import threading
from concurrent.futures import Future
from typing import TypeAlias

from ocr_project.engine.models.crops.worker import Crop, CropJob, Fit
from ocr_project.engine.running.worker_process import Child, Lost

_CHILD = "ocr_project.engine.models.crops.worker"
_CORES_EACH = 2  # of two cores for each card one cuts: 23 to 34 pages/s, more than an H200 reads (docs/log.md)
_MEMORY = 4 * 2**30  # bytes; a page of 100 megapixels, the most that ingest takes, is 0.3 GB decoded, a few times over
_MOST_SECONDS = 120.0  # a page of 100 megapixels takes 4

Cut: TypeAlias = "list[Crop] | str"
_Job: TypeAlias = "tuple[Future[Cut], bytes, list[CropJob]] | None"


class CropPool:
    """Worker processes; they start with the first page."""

    def __init__(self, workers: int, fit: Fit, *, seconds: float = _MOST_SECONDS, memory: int = _MEMORY) -> None:
        """Start nothing.

        Args:
            workers: Processes; 0: one per two cores, at least two.
            fit: The sizes that the model takes.
            seconds: After which a page counts as one that cannot be cut.
            memory: Bytes that a process may take.
        """
        self.workers = workers or max(2, len(os.sched_getaffinity(0)) // _CORES_EACH)
        self._fit = fit
        self._seconds = seconds
        self._memory = memory
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, image: bytes, jobs: list[CropJob]) -> Future[Cut]:
        """Ask for the crops of a page.

        Returns:
            A crop for each job, in order, or the reason why the page cannot be used.
        """
        future: Future[Cut] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("the pool of crops is closed")
            if len(self._threads) < self.workers:
                thread = threading.Thread(target=self._serve, name=f"crops-{len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._jobs.put((future, image, jobs))
        return future

    def close(self) -> None:
        """End the workers; pages that wait are cancelled. Idempotent."""
        with self._lock:
            self._closed = True
            while not self._jobs.empty():
                if (job := self._jobs.get()) is not None:
                    job[0].cancel()
            for _ in self._threads:
                self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        """Give one worker page after page; this thread only waits."""
        worker: Child | None = None
        while (job := self._jobs.get()) is not None:
            future, image, jobs = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                worker = worker or Child(_CHILD, "cut crops", self._memory)
                worker.send((image, jobs, self._fit))
                answer: Cut = worker.receive(self._seconds)
            except Lost as lost:
                if worker is not None:
                    worker.end()
                worker = None
                future.set_result(self._reason(lost))
            except Exception as error:
                future.set_exception(error)
            else:
                future.set_result(answer)
        if worker is not None:
            worker.end()

    def _reason(self, lost: Lost) -> str:
        if lost.status is None:
            return f"broken: cutting the page took more than {self._seconds:.0f} s"
        if lost.was_killed:
            return f"killed: the process that cuts crops was killed from outside (status {lost.status}); run again"
        return f"broken: the page ended the process that cuts its crops (status {lost.status})"
