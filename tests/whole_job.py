"""The whole job in a copy of the project, as a user runs it: what tests and benchmarks of the shell share."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parents[1]
QUICK = ("layout.backend=whole_page", "recognition.tesseract.languages=eng", "runtime.progress=false")
SHARDED = {
    "pages": "data/02_intermediate/pages",
    "regions": "data/02_intermediate/regions",
    "recognitions": "data/03_primary/recognitions",
    "transcripts": "data/03_primary/transcripts",
    "page_vectors": "data/04_feature/page_vectors",
}
_WORDS = [
    "river",
    "stone",
    "candle",
    "garden",
    "window",
    "letter",
    "copper",
    "winter",
    "bridge",
    "mountain",
    "paper",
    "orange",
    "silver",
]


@dataclass(frozen=True)
class Finished:
    """A run that is over.

    Attributes:
        code: Exit status; negative where a signal ended it.
        output: stdout and stderr.
        wall: Seconds.
        cpu: Seconds of user and system time.
        peak: Largest resident set of the process, bytes.
    """

    code: int
    output: str
    wall: float
    cpu: float
    peak: int


def copy_project(folder: Path) -> Path:
    """Copy what `kedro run` needs, without data and without results."""
    ignore = shutil.ignore_patterns("__pycache__", "*.egg-info", "local")
    for name in ("src", "conf"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "conf" / "local").mkdir()
    (folder / ".telemetry").write_text("consent: false\n")
    return folder


def write_pages(folder: Path, count: int, seed: int = 0) -> list[str]:
    """Write PNGs of three words each and their references; return the references."""
    folder.mkdir(parents=True, exist_ok=True)
    font = ImageFont.load_default(30)
    drawn = random.Random(seed)
    texts = []
    for number in range(count):
        text = " ".join(drawn.sample(_WORDS, 3))
        picture = Image.new("L", (640, 120), 255)
        ImageDraw.Draw(picture).text((30, 35), text, font=font, fill=0)
        picture.putpixel((number % 640, 0), number // 640)  # equal bytes would be one document
        picture.save(folder / f"page{number:05d}.png", dpi=(200, 200))
        (folder / f"page{number:05d}.gt.txt").write_text(text + "\n")
        texts.append(text)
    return texts


@contextmanager
def running(project: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Start `kedro run` in a session of its own; yield it and the file of its output; kill what is left at the end."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"OMP_THREAD_LIMIT": "1", "DO_NOT_TRACK": "1", "COLUMNS": "200"}
    command = [sys.executable, "-m", "kedro", "run", *arguments]
    log = project / "run.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=project, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield process, log
    finally:
        if process.returncode is None and process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def run_job(project: Path, *parameters: str, arguments: tuple[str, ...] = ()) -> Finished:
    """Run the job to its end."""
    params = ("--params", ",".join(parameters)) if parameters else ()
    started = time.perf_counter()
    with running(project, *params, *arguments) as (process, log):
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return Finished(
            code=process.returncode,
            output=log.read_text(encoding="utf-8", errors="replace"),
            wall=time.perf_counter() - started,
            cpu=usage.ru_utime + usage.ru_stime,
            peak=usage.ru_maxrss * 1024,
        )


def run_and_kill(project: Path, *parameters: str, when: Callable[[], bool], after: float = 0.0) -> bool:
    """Run the job and `kill -9` it `after` seconds after `when` first holds; return whether it still ran."""
    with running(project, "--params", ",".join(parameters)) as (process, _):
        while process.poll() is None and not when():
            time.sleep(0.002)
        time.sleep(after)
        if process.poll() is not None:
            return False
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True


def shards(project: Path) -> dict[str, tuple[int, int]]:
    """Return inode and time of each finished shard by stage and name: a shard written again changes both."""
    found = {}
    for stage, folder in SHARDED.items():
        for path in (project / folder).glob("[!.]*.parquet"):
            status = path.stat()
            found[f"{stage}/{path.name}"] = (status.st_ino, status.st_mtime_ns)
    return found


def tables(project: Path) -> dict[str, pd.DataFrame]:
    """Read all final tables, sorted by their ids and without the column `seconds`, and the texts of the exports."""
    frames = {}
    for name, folder in SHARDED.items():
        parts = [pq.ParquetFile(path).read().to_pandas() for path in sorted((project / folder).glob("[!.]*.parquet"))]
        frames[name] = pd.concat(parts)
    for path in (project / "data").rglob("*.parquet"):
        if path.parent.name not in SHARDED:
            frames[path.name] = pd.read_parquet(_newest(path))
    index = project / "data/04_feature/page_index"
    vectors = np.load(index / "vectors.npy")
    frames["page_index"] = pd.DataFrame(vectors, index=(index / "ids.txt").read_text().split()).reset_index()
    exports = sorted((project / "data/08_reporting/exports/markdown").glob("*.md"))
    frames["markdown"] = pd.DataFrame({"page_id": [p.name for p in exports], "text": [p.read_text() for p in exports]})
    return {name: _comparable(frame) for name, frame in frames.items()}


def _newest(path: Path) -> Path:
    """Return the newest version of a versioned file, the file itself otherwise."""
    if path.parents[1].name != path.name:
        return path
    return max(path.parents[1].glob(f"*/{path.name}"))


def _comparable(frame: pd.DataFrame) -> pd.DataFrame:
    keys = [key for key in ("page_id", "item_id", "doc_id", "index", "metric", "query_id") if key in frame]
    return frame.drop(columns="seconds", errors="ignore").sort_values(keys).reset_index(drop=True)


def differences(got: dict[str, pd.DataFrame], expected: dict[str, pd.DataFrame]) -> list[str]:
    """Return the names of the tables that differ, and why."""
    found = [f"{name} is only in one of the two" for name in got.keys() ^ expected.keys()]
    for name in got.keys() & expected.keys():
        try:
            pd.testing.assert_frame_equal(got[name], expected[name], check_exact=True)
        except AssertionError as error:
            found.append(f"{name}: {error}")
    return found
