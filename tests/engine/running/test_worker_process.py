"""Limits of processes of our own."""

from __future__ import annotations

import subprocess
import sys

from ocr_project.engine.running.worker_process import with_memory_limit


def test_a_command_that_asks_for_more_memory_than_its_limit_does_not_get_it() -> None:
    asks = [sys.executable, "-c", "import sys; print(len(bytearray(int(sys.argv[1]))))"]

    more = subprocess.run(with_memory_limit([*asks, str(2**30)], 2**29), capture_output=True, text=True, check=False)
    less = subprocess.run(with_memory_limit([*asks, str(2**20)], 2**29), capture_output=True, text=True, check=False)

    assert "MemoryError" in more.stderr
    assert less.stdout.strip() == str(2**20), "arguments arrive as they are"
