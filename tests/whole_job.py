"""The whole job in a copy of the project, as a user runs it: what tests and benchmarks of the shell share."""

from __future__ import annotations

import hashlib
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
from typing import Any

import pyarrow.parquet as pq
from PIL import Image, ImageDraw, ImageFont

from ocr_project.storage.lineages import LineageFolder

ROOT = Path(__file__).resolve().parents[1]
QUICK = ("layout.backend=whole_page", "recognition.tesseract.languages=eng", "runtime.progress=false")
SHARDED = {
    "pages": "data/02_intermediate/pages",
    "regions": "data/02_intermediate/regions",
    "recognitions": "data/03_primary/recognitions",
    "transcripts": "data/03_primary/transcripts",
    "page_vectors": "data/04_feature/page_vectors",
}
DOCUMENTS = "data/02_intermediate/documents.parquet"
PLAIN_FILES = ("data/04_feature/page_index", "data/04_feature/word_index", "data/08_reporting/exports")
VERSIONED = (
    "data/07_model_output/scores.parquet",
    "data/08_reporting/score_table.csv",
    "data/07_model_output/retrieval_scores.parquet",
    "data/08_reporting/retrieval_table.csv",
    "data/08_reporting/search_table.csv",
    "data/08_reporting/recognizer_table.csv",
)
_WORDS = (
    *("river", "stone", "candle", "garden", "window", "letter", "copper"),
    *("winter", "bridge", "mountain", "paper", "orange", "silver", "forest"),
)

Tables = dict[str, list[str]]


@dataclass(frozen=True)
class Finished:
    """A command that is over.

    Attributes:
        code: Exit status; negative where a signal ended it.
        output: stdout and stderr.
        wall: Seconds.
        cpu: Seconds of user and system time.
        peak: Largest resident set of the process, or of one that it waited for, bytes.
    """

    code: int
    output: str
    wall: float
    cpu: float
    peak: int


def copy_project(folder: Path, *, mlflow: bool = False) -> Path:
    """Copy what `kedro run` needs, without data and without results.

    Args:
        folder: Of the copy.
        mlflow: Whether its runs, of the environment `local`, are kept in MLflow: to import it is half of a run that
            has little to do.
    """
    made = ("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns(*made))
    shutil.copytree(ROOT / "conf", folder / "conf", ignore=shutil.ignore_patterns(*made, "local"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "conf" / "local").mkdir()
    if not mlflow:
        (folder / "conf" / "local" / "parameters_runtime.yml").write_text("runtime: {mlflow: false}\n")
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
def running(project: Path, *command: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Start a command in a session of its own; yield it and the file of its output; kill what is left at the end."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))  # for the `kedro` in dvc.yaml
    environment |= {"OMP_THREAD_LIMIT": "1", "DO_NOT_TRACK": "1", "COLUMNS": "200", "PATH": path}
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


def kedro_run(parameters: tuple[str, ...], arguments: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the command line of a run."""
    params = ("--params", ",".join(parameters)) if parameters else ()
    return (sys.executable, "-m", "kedro", "run", *params, *arguments)


def run_job(project: Path, *parameters: str, arguments: tuple[str, ...] = ()) -> Finished:
    """Run the job to its end."""
    return run_command(project, *kedro_run(parameters, arguments))


def run_command(project: Path, *command: str) -> Finished:
    """Run a command in the project to its end."""
    started = time.perf_counter()
    with running(project, *command) as (process, log):
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return Finished(
            code=process.returncode,
            output=log.read_text(encoding="utf-8", errors="replace"),
            wall=time.perf_counter() - started,
            cpu=usage.ru_utime + usage.ru_stime,
            peak=usage.ru_maxrss * 1024,
        )


def run_and_kill(project: Path, command: tuple[str, ...], *, when: Callable[[], bool], after: float = 0.0) -> bool:
    """Run a command and `kill -9` it `after` seconds after `when` first holds; return whether it still ran."""
    with running(project, *command) as (process, _):
        while process.poll() is None and not when():
            time.sleep(0.002)
        time.sleep(after)
        if process.poll() is not None:
            return False
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True


def shards(project: Path) -> dict[str, tuple[int, int]]:
    """Return inode and time of each finished shard that readers see: a shard written again changes both."""
    found = {}
    for stage, folder in SHARDED.items():
        for path in LineageFolder(project / folder, object).folder.glob("[!.]*.parquet"):
            status = path.stat()
            found[f"{stage}/{path.name}"] = (status.st_ino, status.st_mtime_ns)
    return found


def rows(project: Path, stage: str) -> list[dict[str, Any]]:
    """Read all rows of a stage as its readers see it, each with the file name of its `shard`."""
    paths = sorted(LineageFolder(project / SHARDED[stage], object).folder.glob("[!.]*.parquet"))
    return [{**row, "shard": path.name} for path in paths for row in pq.ParquetFile(path).read().to_pylist()]


def tables(project: Path) -> Tables:
    """Read all that a run leaves behind as sorted lines, without the times that no two runs share.

    Rows of Parquet files lose their column `seconds`; exports, vectors and score tables are compared
    byte for byte. The report, the metrics and MLflow's runs tell times, and are left out.
    """
    found = {stage: _lines(rows(project, stage)) for stage in SHARDED}
    for path in sorted((project / "data").rglob("*.parquet")):
        if path.is_file() and path.parents[1].name not in SHARDED and path.parent.parent.name != path.name:
            found[path.name] = _lines(pq.ParquetFile(path).read().to_pylist())
    for name in VERSIONED:
        newest = max((project / name).glob("*/*"))
        whole = newest.suffix == ".parquet"
        found[newest.name] = _lines(pq.ParquetFile(newest).read().to_pylist()) if whole else _digest(newest)
    for name in PLAIN_FILES:
        for path in sorted((project / name).rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                found[str(path.relative_to(project))] = _digest(path)
    return found


def differences(got: Tables, expected: Tables) -> list[str]:
    """Return the names of the tables that differ, and the first line that does."""
    found = [f"{name} is only in one of the two" for name in sorted(got.keys() ^ expected.keys())]
    for name in sorted(got.keys() & expected.keys()):
        if got[name] != expected[name]:
            pairs = zip(got[name], expected[name], strict=False)
            first = next((f"{a[:300]}\n  instead of\n{b[:300]}" for a, b in pairs if a != b), "")
            found.append(f"{name}: {len(got[name])} lines, {len(expected[name])} expected {first}")
    return found


def _lines(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(repr({key: value for key, value in row.items() if key != "seconds"}) for row in rows)


def _digest(path: Path) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest()]
