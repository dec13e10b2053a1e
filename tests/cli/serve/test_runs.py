"""Runs in processes: one after the other, how far each is, and how each ends."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ocr_project.cli.reading import Wanted
from ocr_project.cli.serve.command import orders
from ocr_project.cli.serve.progress import STAGES, last_lines, progress_of
from ocr_project.cli.serve.runs import Runs, State, log_of
from ocr_project.cli.serve.shelf import Shelf
from ocr_project.storage.workspace import Workspace
from tests.cli.serve.served import QUIET, SLEEPER, client, home, serving, shelf
from tests.waiting import PATIENCE

__all__ = ["client", "home", "shelf"]


def program(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", f"import os, sys; sys.stdin.readline()\n{code}")


@contextmanager
def started(*corpora: Workspace, command: tuple[str, ...]) -> Iterator[Runs]:
    runs = Runs(lambda workspace: {"env": "base", "options": {"a": "한"}}, command)
    runs.start(corpora)
    try:
        yield runs
    finally:
        runs.close()


def wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("code", "state", "message"),
    [
        ("print('x')", State.DONE, ""),
        ("print('FailuresLeft: 2 pages'); sys.exit(3)", State.PARTLY, "FailuresLeft: 2 pages"),
        ("print('bar\\rSourceError: none'); sys.exit(2)", State.FAILED, "SourceError: none (exit status 2)"),
        ("raise MemoryError('too large')", State.FAILED, "MemoryError: too large (exit status 1)"),
        ("os.kill(os.getpid(), 9)", State.FAILED, "ended by SIGKILL"),
    ],
)
def test_how_a_run_ended_is_kept(shelf: Shelf, code: str, state: State, message: str) -> None:
    corpus = shelf.open("a")
    with started(command=program(code)) as runs:
        runs.ask(corpus)
        wait(lambda: not runs.state(corpus).is_open)
        assert (runs.state(corpus).state, runs.state(corpus).message) == (state, message)
    with started(corpus, command=QUIET) as later:
        assert later.state(corpus).state is state  # what has ended is not begun again


def test_one_corpus_is_read_at_a_time_and_the_others_wait(shelf: Shelf) -> None:
    first, second, third = (shelf.open(name) for name in "abc")
    with started(command=SLEEPER) as runs:
        for corpus in (first, second, third, second):
            runs.ask(corpus)
        wait(lambda: runs.state(first).state is State.RUNNING)
        assert [runs.state(one).before for one in (second, third)] == [1, 2]
        runs.ask(first)  # files came while it was at work
        assert runs.state(first).state is State.RUNNING


def test_what_was_not_done_goes_on_with_the_next_server(shelf: Shelf) -> None:
    corpora = [shelf.open(name) for name in "ab"]
    with started(command=SLEEPER) as runs:
        for corpus in corpora:
            runs.ask(corpus)
        wait(lambda: log_of(corpora[0]).is_file() and log_of(corpora[0]).stat().st_size > 0)
    order = json.loads(log_of(corpora[0]).read_text().splitlines()[0])
    assert order == {"folder": str(corpora[0].folder), "env": "base", "options": {"a": "한"}}
    with started(*corpora, command=QUIET) as later:
        wait(lambda: all(later.state(one).state is State.DONE for one in corpora))


def test_a_server_that_ends_leaves_no_process(shelf: Shelf) -> None:
    corpus = shelf.open("a")
    stubborn = program("import signal, subprocess, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
                       f"child = subprocess.Popen([{sys.executable!r}, '-c', 'import time; time.sleep(60)'])\n"
                       "print(os.getpid(), child.pid, flush=True); time.sleep(60)")  # fmt: skip
    with started(command=stubborn) as runs:
        runs.ask(corpus)
        wait(lambda: log_of(corpus).is_file() and log_of(corpus).read_text().endswith("\n"))
        processes = [int(word) for word in log_of(corpus).read_text().split()]
    assert len(processes) == 2
    wait(lambda: not any(Path(f"/proc/{one}/cmdline").is_file() and Path(f"/proc/{one}/cmdline").read_bytes()
                         for one in processes))  # fmt: skip


def test_a_run_that_cannot_begin_says_why_and_the_next_one_goes(shelf: Shelf) -> None:
    corpora = [shelf.open(name) for name in "ab"]
    runs = Runs(lambda workspace: {"env": 1 / (workspace != corpora[0])}, QUIET)
    runs.start([])
    try:
        for corpus in corpora:
            runs.ask(corpus)
        wait(lambda: runs.state(corpora[1]).state is State.DONE)
        assert runs.state(corpora[0]).message == "ZeroDivisionError: division by zero"
    finally:
        runs.close()


LOG = """INFO x: ingest: 2 of 9 pages are done already
      ingest:  22%|##        | 2/9 [00:00<?, ? pages/s]\r      ingest: 100%|##########| 9/9 [00:00<00:00,  4.7 pages/s]
      layout:   0%|          | 0/9 [00:00<?, ? pages/s]\r      layout:  33%|###  | 3/9 [00:00<00:00,  2 pages/s]"""


def test_progress_is_read_from_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert [stage.state for stage in progress_of(log)] == ["now", *["waiting"] * len(STAGES)]
    log.write_text(LOG)
    found = progress_of(log)
    assert [(stage.done, stage.total, stage.state) for stage in found[:3]] == [
        (9, 9, "done"), (3, 9, "now"), (0, 0, "waiting"),
    ]  # fmt: skip
    log.write_text("\n".join(f"INFO x: {name}: 9 of 9 pages are done already" for name in STAGES))
    assert [stage.state for stage in progress_of(log)] == [*["done"] * len(STAGES), "now"]


def test_the_end_of_a_log_has_neither_bars_nor_colours(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(LOG + "\n\x1b[31mSourceError: none\x1b[0m\n\n")
    assert last_lines(log, 1) == ["SourceError: none"]
    assert last_lines(log)[0].startswith("INFO")


def test_a_corpus_is_read_as_before_with_what_is_said_now(home: Path, shelf: Shelf) -> None:
    corpus = shelf.open("a")
    corpus.remember("h200", {"ingest": {"dpi": 100, "source": "/gone"}, "transcript": {"text": False}})
    told = orders(corpus, Wanted(("md", "txt"), None, ("ingest.dpi=300",)))
    assert told["env"] == "h200"
    assert told["options"]["ingest"] == {"dpi": 300, "source": str(corpus.source), "text_layer": "prefer"}
    assert (told["options"]["transcript"]["text"], told["options"]["transcript"]["csv"]) == (True, False)
    assert corpus.settings() == ("h200", told["options"])
    assert orders(corpus, Wanted((), "l4"))["env"] == "l4"


def test_a_page_follows_a_run_and_shows_why_it_failed(shelf: Shelf) -> None:
    corpus = shelf.open("a")
    with serving(shelf, SLEEPER) as client:
        address = f"/corpus/{corpus.folder.name}"
        assert client.post(f"{address}/run").status_code == 303
        wait(lambda: client.get(f"{address}/state").json()["state"] == "running")
        page = client.get(address).text
        assert '<noscript><meta http-equiv="refresh"' in page
        assert page.count("<progress") == len(STAGES) + 1
        still = client.get(f"{address}?still=1").text  # a page that refreshes would lose the files that were chosen
        assert "http-equiv" not in still
        assert 'type="file"' in still
    with serving(shelf, program("print('BackendError: <b>no model</b>'); sys.exit(2)")) as client:
        wait(lambda: client.get(f"{address}/state").json()["state"] == "failed")  # it was begun again
        page = client.get(address).text
        assert "BackendError: &lt;b&gt;no model&lt;/b&gt; (exit status 2)" in page
        assert "http-equiv" not in page
