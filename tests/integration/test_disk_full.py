"""A disk that really fills up: a small tmpfs is mounted over `data`, in a mount namespace of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.whole_job import copy_project

_RUN = "'{python}' -m kedro run --pipelines ingest --params {params} 2>&1"
# Fills the disk, says what is there, makes room, and runs the same command again.
_SCRIPT = """
set -u
mount -t tmpfs -o size=2m tmpfs data
{run}; echo "first ended with $?"
find data -name '*.partial' | sed 's/^/left: /'
stat -c 'before %n %i %Y' data/02_intermediate/pages/*/*.parquet
mount -o remount,size=64m data
{run}; echo "second ended with $?"
stat -c 'after %n %i %Y' data/02_intermediate/pages/*/*.parquet
"""


@pytest.fixture(autouse=True)
def namespace(tmp_path: Path) -> None:
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("a full disk needs unshare (util-linux)")
    tried = subprocess.run([unshare, "-m", "mount", "-t", "tmpfs", "tmpfs", str(tmp_path)], capture_output=True)
    if tried.returncode:
        pytest.skip(f"a full disk needs the right to mount one: {tried.stderr.decode().strip()}")


def test_a_full_disk_ends_the_run_with_advice_and_the_next_run_goes_on(tmp_path: Path) -> None:
    source, project = tmp_path / "source", copy_project(tmp_path / "project")
    source.mkdir()
    (project / "data").mkdir()
    noise = np.random.default_rng(0)
    for number in range(20):
        cv2.imwrite(str(source / f"{number:02d}.png"), noise.integers(0, 255, (300, 600), np.uint8))
    params = f"ingest.source={source},ingest.shard_pages=4,runtime.progress=false"
    script = _SCRIPT.format(run=_RUN.format(python=sys.executable, params=params))
    done = subprocess.run(["unshare", "-m", "bash", "-c", script], cwd=project, capture_output=True, text=True)

    assert "first ended with 2" in done.stdout, done.stdout + done.stderr
    assert "Traceback" not in done.stdout
    assert "StorageError: no space left for" in done.stdout
    assert "left: " not in done.stdout
    assert "second ended with 0" in done.stdout
    before = {line.removeprefix("before ") for line in done.stdout.splitlines() if line.startswith("before ")}
    after = {line.removeprefix("after ") for line in done.stdout.splitlines() if line.startswith("after ")}
    assert 1 <= len(before) < 5
    assert len(after) == 5
    assert before <= after  # what was finished was not made again


def test_a_full_disk_leaves_a_table_as_it_was(tmp_path: Path) -> None:
    script = f"""
set -eu
mount -t tmpfs -o size=256k tmpfs {tmp_path}
{sys.executable} - {tmp_path / "documents.parquet"} <<'END'
import sys
import pandas as pd
from ocr_project.datasets import WholeTable
from ocr_project.domain.errors import StorageError
from pathlib import Path
table = WholeTable(filepath=sys.argv[1])
table.save(pd.DataFrame({{"path": ["a.pdf"]}}))
try:
    table.save(pd.DataFrame({{"path": [str(hash(n)) * 20 for n in range(100_000)]}}))
except Exception as error:
    print("refused:", type(error.__cause__ or error).__name__, error)
print("left:", list(table.load()["path"]), sorted(path.name for path in Path(sys.argv[1]).parent.iterdir()))
END
"""
    done = subprocess.run(["unshare", "-m", "bash", "-c", script], capture_output=True, text=True)
    assert "no space left for" in done.stdout, done.stdout + done.stderr
    assert "left: ['a.pdf'] ['documents.parquet']" in done.stdout
