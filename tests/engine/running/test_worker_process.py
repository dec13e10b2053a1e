"""Limits of processes of our own, and what they do with an interrupt."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ocr_project.engine.running.worker_process import Child, with_limits


def test_a_command_that_asks_for_more_memory_than_its_limit_does_not_get_it() -> None:
    asks = [sys.executable, "-c", "import sys; print(len(bytearray(int(sys.argv[1]))))"]

    more = subprocess.run(with_limits([*asks, str(2**30)], 2**29, 60), capture_output=True, text=True, check=False)
    less = subprocess.run(with_limits([*asks, str(2**20)], 2**29, 60), capture_output=True, text=True, check=False)

    assert "MemoryError" in more.stderr
    assert less.stdout.strip() == str(2**20), "arguments arrive as they are"


def test_a_command_that_works_on_for_longer_than_its_limit_is_ended() -> None:
    loop = [sys.executable, "-c", "while True: pass"]
    done = subprocess.run(with_limits(loop, 2**30, 1), capture_output=True, check=False, timeout=60)
    assert -done.returncode in (signal.SIGXCPU, signal.SIGKILL)


def test_a_process_with_a_limit_gives_no_more_than_it_has() -> None:
    half = "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))"
    program = f"{half}; from ocr_project.engine.running.worker_process import with_limits as w; import subprocess as s"
    asked = f"{program}; print(s.run(w(['echo', 'here'], 2**34, 9), capture_output=True, text=True).stdout)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "here", done.stderr


def test_a_child_that_is_interrupted_while_it_is_imported_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C reaches it as well, and the parent alone says what becomes of the run."""
    (tmp_path / "slow_to_import.py").write_text(
        "import os, signal\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
        "from ocr_project.engine.running.worker_process import open_line\n"
        "def main(descriptor):\n"
        "    open_line(descriptor).send_bytes(__import__('pickle').dumps('there'))\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    child = Child("slow_to_import", "be slow")
    try:
        assert child.receive(60) == "there"
    finally:
        child.end()
    assert "Traceback" not in capfd.readouterr().err
