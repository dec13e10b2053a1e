"""A program whose memory is watched, with all that it starts."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ocr_project.engine.running.watched_command import TooMuchMemory, run_watched
from tests.processes import children
from tests.waiting import PATIENCE, wait_for

MIB = 2**20
GROWS = "held = bytearray(400 * 2**20); import time; time.sleep(60)"


def test_what_it_wrote_and_how_it_ended_are_kept() -> None:
    program = "import sys; print('out' * 100_000); print('err', file=sys.stderr); sys.exit(3)"
    done = run_watched([sys.executable, "-c", program], seconds=60, memory=2**30)
    assert (len(done.stdout), done.stderr, done.returncode) == (300_001, b"err\n", 3)


@pytest.mark.parametrize(
    "program",
    [GROWS, f"import subprocess, sys; subprocess.run([sys.executable, '-c', {GROWS!r}])"],
    ids=["itself", "a child of it"],
)
def test_more_memory_than_it_may_have_ends_it_and_all_that_it_started(program: str) -> None:
    with pytest.raises(TooMuchMemory):
        run_watched([sys.executable, "-c", program], seconds=PATIENCE, memory=200 * MIB)
    _nothing_is_left("400 * 2**20")


def test_time_has_a_limit_too() -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run_watched([sys.executable, "-c", "import time; time.sleep(61)"], seconds=1, memory=2**30)
    _nothing_is_left("time.sleep(61)")


def test_what_is_shared_counts_once() -> None:
    """Eight processes that fork from one hold 150 MiB together, and not each."""
    program = (
        "import os, time; held = b'x' * (150 * 2**20);"
        " [os.fork() or (time.sleep(1.5), os._exit(0)) for _ in range(8)]; time.sleep(2)"
    )
    assert run_watched([sys.executable, "-c", program], seconds=60, memory=450 * MIB).returncode == 0


def _nothing_is_left(of: str) -> None:
    wait_for(lambda: not children(of, recursive=True))
