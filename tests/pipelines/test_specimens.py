"""The pipeline `specimens`: a set is there whole or not at all."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ocr_project.bench.specimens.fonts import FACES
from ocr_project.domain.errors import BackendError, OptionError
from ocr_project.domain.options import SpecimensOptions
from ocr_project.pipelines.specimens.nodes import write_specimens
from ocr_project.storage.scratch import Scratch

OPTIONS = SpecimensOptions(count=2, damaged=1)

pytestmark = pytest.mark.skipif(
    any(not (OPTIONS.fonts / name).is_file() for name in FACES.values()), reason="needs fonts-liberation, fonts-nanum"
)

LONG = """
from pathlib import Path
from ocr_project.domain.options import SpecimensOptions
from ocr_project.pipelines.specimens.nodes import write_specimens
from ocr_project.storage.scratch import Scratch
write_specimens(Path("sets"), Scratch(Path("scratch")), SpecimensOptions(count=2000))
"""


def test_a_set_is_written_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    sets, scratch = tmp_path / "sets", Scratch(tmp_path / "scratch")
    with caplog.at_level(logging.INFO):
        assert write_specimens(sets, scratch, OPTIONS) == sets
    assert "2 documents, 4 images, 42 questions" in caplog.text
    written = (sets / "snils_inn_x2/annotation.csv").stat()
    with caplog.at_level(logging.INFO):
        write_specimens(sets, scratch, OPTIONS)
    assert "is there already" in caplog.text
    assert (sets / "snils_inn_x2/annotation.csv").stat().st_mtime_ns == written.st_mtime_ns
    assert not list(scratch.folder.iterdir())


def test_another_set_of_the_same_name_is_left_alone(tmp_path: Path) -> None:
    sets, scratch = tmp_path / "sets", Scratch(tmp_path / "scratch")
    write_specimens(sets, scratch, OPTIONS)
    with pytest.raises(OptionError, match=r"another seed: choose a specimens\.name"):
        write_specimens(sets, scratch, OPTIONS.model_copy(update={"seed": 5}))
    assert [path.name for path in sets.iterdir()] == ["snils_inn_x2"]


def test_what_is_missing_is_said_before_anything_is_drawn(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="fonts-liberation"):
        write_specimens(tmp_path / "sets", Scratch(tmp_path / "s"), OPTIONS.model_copy(update={"fonts": tmp_path}))
    assert not list(tmp_path.iterdir())


def test_a_killed_run_leaves_no_half_of_a_set(tmp_path: Path) -> None:
    run = subprocess.Popen([sys.executable, "-c", LONG], cwd=tmp_path)
    drawn, deadline = 0, time.monotonic() + 120
    while drawn < 5 and time.monotonic() < deadline and run.poll() is None:
        drawn = len(list(tmp_path.glob("scratch/*/specimens/images/*.jpg")))
        time.sleep(0.05)
    assert run.poll() is None
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    assert drawn >= 5
    assert not list(tmp_path.glob("sets/*"))
    scratch = Scratch(tmp_path / "scratch")
    scratch.sweep()
    write_specimens(tmp_path / "sets", scratch, OPTIONS)
    assert not list(tmp_path.glob("scratch/*/specimens"))
    assert len(list(tmp_path.glob("sets/snils_inn_x2/images/*.jpg"))) == 4
