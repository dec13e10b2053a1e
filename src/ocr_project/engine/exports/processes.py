"""Documents written by several processes, where there are thousands of pages.

Each has some documents that follow each other at a time, reads their shards itself, and writes their files; this
process keeps the manifest, and joins the lines of `ocr_results.jsonl` in the order of the corpus.
"""

from __future__ import annotations

import os
import pickle
import queue
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, TypeAlias

from ocr_project.domain.corpus import Corpus
from ocr_project.domain.errors import BackendError
from ocr_project.engine.exports import jsonl
from ocr_project.engine.exports.documents import Jobs, Part, write_part
from ocr_project.engine.exports.plan import Export
from ocr_project.engine.running.worker_process import Child, Lost, end_with_parent, open_line
from ocr_project.storage.atomic import PARTIAL
from ocr_project.storage.shard_folder import ShardFolder

_CHILD = "ocr_project.engine.exports.processes"
_CORES_EACH = 2
_CHECK_SECONDS = 0.5
# Pages for each process: they take some 2 s to start together, and a page 15 to 20 ms to write, both on an H200's
# host, from whole runs; the number itself is by calculation (docs/log.md).
_WORTH = 250
# Pages of a part at least, where a shard ends; at most, for documents that share shards one after another; documents
# stay whole. Of a part that is not finished nothing is kept.
_PART, _MOST = 32, 256

Written: TypeAlias = "list[tuple[Export, list[str]]]"


def processes_for(corpus: Corpus, pages: int) -> int:
    """Return how many processes so many pages are worth; 1: this one.

    Args:
        corpus: Where its shards are.
        pages: To be written.
    """
    if not all(isinstance(source, ShardFolder) for source in corpus.stages().values()):
        return 1
    return max(1, min(len(os.sched_getaffinity(0)) // _CORES_EACH, pages // _WORTH))


class Writer:
    """A process that writes parts. It is started with the first; for one thread at a time."""

    def __init__(self, jobs: Jobs, check: Callable[[], None] = lambda: None) -> None:
        """Begin with no process.

        Args:
            jobs: What is written of each document.
            check: Asked while it writes: what it raises ends the process.
        """
        self._jobs, self._check = jobs, check
        self._child: Child | None = None

    def write(self, part: Part, lines: Path | None = None) -> Written:
        """Write the documents of a part.

        Args:
            lines: Where to the lines of `ocr_results.jsonl` go; None: nowhere.

        Raises:
            BackendError: The process ended.
        """
        try:
            if self._child is None:
                self._child = Child(_CHILD, "write exports")
                self._child.send(self._jobs)
            self._child.send((part, lines))
            while not self._child.has_answered(_CHECK_SECONDS):
                self._check()
            answer: Written | Exception = self._child.receive(None)
        except Lost as lost:
            raise BackendError(f"a process that writes exports {lost}; what is finished is kept, run again") from lost
        if isinstance(answer, Exception):
            raise answer
        return answer

    def end(self) -> None:
        """End the process, busy or idle. Idempotent."""
        if self._child is not None:
            self._child.end()


def write_parts(jobs: Jobs, whole: Part, lines: BinaryIO | None, processes: int) -> Iterator[tuple[Export, list[str]]]:
    """Write documents, as `write_part` does.

    Args:
        whole: All of them.
        lines: Takes the lines of `ocr_results.jsonl`, in the order of the corpus.
        processes: That write.

    Yields:
        Each document that was written, with its files, in the order of the corpus.

    Raises:
        BackendError: A process ended.
    """
    writers = [Writer(jobs) for _ in range(processes)]
    free: queue.SimpleQueue[Writer] = queue.SimpleQueue()
    for writer in writers:
        free.put(writer)

    def write(part: Part, path: Path | None) -> Written:
        writer = free.get()
        try:
            return writer.write(part, path)
        finally:
            free.put(writer)

    parts = [(part, _lines_path(jobs, number)) for number, part in enumerate(parts_of(whole))]
    try:
        with ThreadPoolExecutor(processes, "exports") as pool:
            futures = [pool.submit(write, part, path if lines is not None else None) for part, path in parts]
            try:
                for future, (_, path) in zip(futures, parts, strict=True):
                    yield from _joined(future, path, lines)
            finally:
                for future in futures:
                    future.cancel()
                for writer in writers:
                    writer.end()
    finally:
        for _, path in parts:
            path.unlink(missing_ok=True)


def _joined(future: Future[Written], path: Path, lines: BinaryIO | None) -> Written:
    written = future.result()
    if lines is not None:
        with path.open("rb") as file:
            shutil.copyfileobj(file, lines)
        path.unlink()
    return written


def _lines_path(jobs: Jobs, number: int) -> Path:
    """Return where the lines of a part are until they are joined; the next run removes what a kill leaves."""
    return jobs.folder / f".{jsonl.FILE}.{number}{PARTIAL}"


def parts_of(whole: Part) -> Iterator[Part]:
    """Divide documents into parts of some pages; a document stays whole, and those of one shard stay together.

    The process that writes a part reads its shards, images and all: two parts of one shard read it twice. Each of many
    long documents may share a shard with the next one, so that there is a limit.
    """
    before, pages, exports = whole.before, 0, list[Export]()
    for export in whole.exports:
        if pages >= _MOST or (pages >= _PART and export.shards[0] != exports[-1].shards[-1]):
            yield _part(whole, exports, before)
            before, pages, exports = before + pages, 0, []
        exports.append(export)
        pages += export.pages
    if exports:
        yield _part(whole, exports, before)


def _part(whole: Part, exports: Sequence[Export], before: int) -> Part:
    names = {export.name for export in exports}
    known: Mapping[str, Sequence[str]] = {name: whole.known[name] for name in names & whole.known.keys()}
    return Part(exports, whole.todo & names, known, before)


def main(descriptor: int) -> None:
    """Write parts until the line is closed."""
    end_with_parent()  # which starts another one for the same files when it is run again
    with suppress(EOFError, ConnectionError):  # who asked may be gone, or want no answer any more
        line = open_line(descriptor)
        jobs: Jobs = pickle.loads(line.recv_bytes())
        while True:
            part, path = pickle.loads(line.recv_bytes())
            line.send_bytes(pickle.dumps(_write(jobs, part, path), protocol=5))


def _write(jobs: Jobs, part: Part, path: Path | None) -> Written | Exception:
    try:
        if path is None:
            return list(write_part(jobs, part, None))
        with path.open("wb") as file:
            return list(write_part(jobs, part, file))
    except Exception as error:  # this process's caller raises it
        return error
