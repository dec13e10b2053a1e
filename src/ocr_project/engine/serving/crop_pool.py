"""Crops cut and encoded in worker processes, so that no thread of Python does both pixels and HTTP.

Why not ProcessPoolExecutor: when a page kills a worker it fails every page in flight and does not say which one it
was, and its start methods run the caller's `__main__` again. Here each worker has one page at a time: the page that
kills it, or keeps it for too long, is the one that fails, and a new worker takes its place.
"""

from __future__ import annotations

import os
import pickle
import queue
import socket
import subprocess
import sys
import threading
from concurrent.futures import Future
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeAlias

from ocr_project.domain.errors import BackendError
from ocr_project.engine.serving.crop_worker import Crop, CropJob, Fit

# not `-m`: what the worker sends back has to be of the module that is imported here, not of `__main__`
_PROGRAM = "import sys; from ocr_project.engine.serving.crop_worker import main; main(int(sys.argv[1]))"
_SOURCE = Path(__file__).resolve().parents[3]  # where `ocr_project` is imported from
_MOST_SECONDS = 120.0  # a page of 100 megapixels takes 4
_START_SECONDS = 60.0

Cut: TypeAlias = "list[Crop] | str"
_Job: TypeAlias = "tuple[Future[Cut], bytes, list[CropJob]] | None"


class CropPool:
    """Worker processes; they start with the first page."""

    def __init__(self, workers: int, fit: Fit, *, seconds: float = _MOST_SECONDS) -> None:
        """Args:
        workers: Processes; 0 is one for four cores, at least two.
        fit: The sizes that the model takes.
        seconds: After which a page counts as one that cannot be cut.
        """
        self.workers = workers or max(2, len(os.sched_getaffinity(0)) // 4)
        self._fit = fit
        self._seconds = seconds
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
        """End the workers; pages that wait are cancelled. May be called twice."""
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
        worker: _Worker | None = None
        while (job := self._jobs.get()) is not None:
            future, image, jobs = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                worker = worker or _Worker()
                answer = worker.cut(pickle.dumps((image, jobs, self._fit), protocol=5), self._seconds)
            except _Lost as lost:
                if worker is not None:
                    worker.end()
                worker = None
                future.set_result(str(lost))
            except Exception as error:
                future.set_exception(error)
            else:
                future.set_result(answer)
        if worker is not None:
            worker.end()


class _Lost(Exception):
    """A worker ended, or does not answer; the message is the reason of the page's rows."""


class _Worker:
    """A process and the line to it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        path = os.pathsep.join(filter(None, (str(_SOURCE), os.environ.get("PYTHONPATH", ""))))
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
                stdin=subprocess.DEVNULL,
            )
        except OSError as error:
            ours.close()
            raise BackendError(f"no process can be started to cut crops ({error}): lower crop_workers") from error
        finally:
            theirs.close()
        self._channel = Connection(ours.detach())
        self._fresh = True

    def cut(self, message: bytes, seconds: float) -> Cut:
        """Send a page and wait for its crops.

        Raises:
            _Lost: The process ended over it, or took too long.
            BackendError: The process does not even start.
        """
        try:
            self._channel.send_bytes(message)
            if not self._channel.poll(seconds + _START_SECONDS * self._fresh):
                raise _Lost(f"broken: cutting the page took more than {seconds:.0f} s")
            answer: Cut = pickle.loads(self._channel.recv_bytes())
        except (EOFError, ConnectionError) as error:
            status = self._process.wait(10)
            if self._fresh and status == 1:  # Python itself gave up: nothing to do with the page
                raise BackendError("the processes that cut crops do not start; their message is above") from error
            raise _Lost(f"broken: the page ended the process that cuts its crops (status {status})") from error
        self._fresh = False
        return answer

    def end(self) -> None:
        self._channel.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
