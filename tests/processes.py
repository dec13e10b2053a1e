"""Processes that a test has started, also those that end while they are looked at."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil
import pytest

from ocr_project.engine.running.worker_process import Child


def children(of: str, *, recursive: bool = False) -> list[psutil.Process]:
    """Return the living children of this process whose command line has a text, the oldest first.

    Args:
        of: The text.
        recursive: Whether theirs count too.
    """
    found = []
    for child in psutil.Process().children(recursive=recursive):
        with suppress(psutil.NoSuchProcess):  # it has ended since, or was not waited for yet
            if of in " ".join(child.cmdline()):
                found.append(child)
    return sorted(found, key=lambda child: child.create_time())


@contextmanager
def killed_when_asked(by: signal.Signals, times: int = 1) -> Iterator[None]:
    """Kill processes of our own over a question that each was asked, one that it works on for a minute or more.

    Args:
        by: The signal.
        times: How many questions end so; those after them are answered.
    """
    receive, left = Child.receive, [times]

    def ended(child: Child, seconds: float | None) -> object:
        if left[0]:
            left[0] -= 1
            if not child._is_ready:  # one that ends before is one that does not start
                child._next(None)
                child._is_ready = True
            child._process.send_signal(by)
            os.waitid(os.P_PID, child._process.pid, os.WEXITED | os.WNOWAIT)
        return receive(child, seconds)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Child, "receive", ended)
        yield
    assert not left[0]
