"""`kedro` with clocks attached: which pages each stage worked on, and how long Tesseract took.

Usage, in the folder of a project: python /path/to/benchmarks/traced.py LOG run --params …

Nothing of the project is changed: the clocks are put around the scheduler's call of a worker and around
Tesseract's own calls. LOG gets a line of JSON for each batch that a worker begins and ends (so a run that
is killed leaves its trace), and one at the end: seconds within Tesseract, of CPU and on the clock, and the
seconds of CPU of the whole process.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

TESSERACT_CALLS = ("SetImage", "SetImageBytes", "Recognize", "DetectOrientationScript", "GetUTF8Text", "Clear")


class Trace:
    """A file to which every thread adds whole lines."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._lock = threading.Lock()
        self._started = time.perf_counter()
        self._sums = {"calls": 0.0, "cpu": 0.0, "wall": 0.0}

    def write(self, event: str, **line: Any) -> None:
        at = round(time.perf_counter() - self._started, 4)
        os.write(self._file, json.dumps({"event": event, "at": at, **line}).encode() + b"\n")

    def add(self, cpu: float, wall: float) -> None:
        with self._lock:
            for name, value in (("calls", 1.0), ("cpu", cpu), ("wall", wall)):
                self._sums[name] += value

    def finish(self) -> None:
        self.write("sums", tesseract=self._sums, process_cpu=time.process_time())


def watch_workers(trace: Trace) -> None:
    """Note the batches of every stage; to be called before a pipeline is imported."""
    from ocr_project.engine.running import stream as streams

    stream = streams.stream

    def watched_stream(plan: Any, read: Any, work: Callable[..., Any], *rest: Any, **options: Any) -> Iterator[Any]:
        def watched(items: Sequence[Any]) -> Any:
            pages = [page for item in items for page in page_ids(item)]
            trace.write("begin", stage=stage, pages=pages)
            answer = work(items)
            trace.write("end", stage=stage, pages=pages)
            return answer

        stage = plan.todo[0].stage if plan.todo else ""
        return stream(plan, read, watched, *rest, **options)

    streams.stream = watched_stream


def watch_tesseract(trace: Trace) -> None:
    """Add up the time of Tesseract's calls: each runs in the thread that makes it (OMP_THREAD_LIMIT=1)."""
    import tesserocr

    def clocked(name: str) -> Callable[..., Any]:
        method = getattr(tesserocr.PyTessBaseAPI, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            cpu, wall = time.thread_time(), time.perf_counter()
            try:
                return method(*args, **kwargs)
            finally:
                trace.add(time.thread_time() - cpu, time.perf_counter() - wall)

        return call

    methods = {name: clocked(name) for name in TESSERACT_CALLS}
    tesserocr.PyTessBaseAPI = type("PyTessBaseAPI", (tesserocr.PyTessBaseAPI,), methods)


def page_ids(item: Any) -> list[str]:
    """Return the pages that an item of a batch stands for: a slice of a document, a page, or a page and its rows."""
    if isinstance(item, tuple | list):
        return page_ids(next(part for part in item if part))
    if hasattr(item, "page_id"):
        return [item.page_id]
    if hasattr(item, "item_id"):  # a part of a page, to be embedded
        return [item.item_id.partition("#")[0]]
    return [f"{item.document.doc_id}_{number:05d}" for number in range(item.first, item.last + 1)]


def main() -> None:
    trace = Trace(Path(sys.argv[1]).resolve())
    sys.path[0] = str(Path.cwd() / "src")  # the copy in this folder, and none of the modules beside this file
    watch_workers(trace)
    watch_tesseract(trace)
    atexit.register(trace.finish)
    sys.argv = ["kedro", *sys.argv[2:]]
    from kedro.framework.cli.cli import main as kedro

    kedro()


if __name__ == "__main__":
    main()
