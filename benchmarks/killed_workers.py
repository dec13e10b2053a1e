"""Workers that are killed and queued again at random moments, beside one run that is left alone: the same tables?

Usage: python -m benchmarks.killed_workers --folder DIR [--pages 8000] [--workers 4] [--kills 12] [--seed 0] [--json F]

The corpus and the servers of `benchmarks.scale`; `kedro launch local` over all stages. After a random share of the
shards a random worker gets `kill -9`, and its command is started anew in its place, as a queue does. What the launch
leaves at its end is held against what one run makes: rows of all stages without their seconds, the scores, the tables,
the indexes and the exports.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import psutil
import pyarrow.parquet as pq
from benchmarks.fake_servers import fake_servers
from benchmarks.gpu_machine import commit, hardware
from benchmarks.scale import PARAMS, write_corpus
from tests.whole_job import PLAIN_FILES, SHARDED, VERSIONED, copy_project, kedro_run, run_command, running

from ocr_project.cli.launch.work import launches
from ocr_project.storage.claims import workers_of
from ocr_project.storage.lineages import LineageFolder

STAGES = len(SHARDED)
DONE = (0, 3)
LOOK = 0.2  # seconds
Seen = TypeVar("Seen", bound="Compared")
Launch: TypeAlias = Callable[[Path, tuple[str, ...], Seen, list[int], random.Random], None]
_MOST_LAUNCHES = 5  # one whose first workers were all killed ends, and is launched again, as docs/launch.md says


@dataclass(kw_only=True)
class Compared:
    """What a run that was left alone made, beside one that was not.

    Attributes:
        differences: Names of what is not the same.
    """

    pages: int
    shards: int = 0
    seconds_alone: float = 0.0
    seconds_killed: float = 0.0
    compared: int = 0
    differences: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class Result(Compared):
    """What was seen.

    Attributes:
        at: Shards that were stored at each kill.
        launches: It is launched again where all workers that it had started were killed.
    """

    workers: int
    at: list[int] = field(default_factory=list)
    launches: int = 0


def main() -> int:
    parser = parser_of(__doc__, pages=8_000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--kills", type=int, default=12)
    options = parser.parse_args()
    result = Result(pages=options.pages, workers=options.workers)
    with served_corpus(options.folder / "source", options.pages, options.shard_pages) as params:
        compare(options.folder, params, result, options.kills, random.Random(options.seed), launch_and_kill)
    tell(asdict(result), options.json)
    return int(bool(result.differences) or len(result.at) < options.kills)


def parser_of(what: str | None, pages: int) -> argparse.ArgumentParser:
    """Return a parser of what both of these benchmarks are told.

    Args:
        what: They say of themselves.
        pages: Of the corpus by default.
    """
    parser = argparse.ArgumentParser(description=what, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--pages", type=int, default=pages)
    parser.add_argument("--shard-pages", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    return parser


@contextmanager
def served_corpus(source: Path, pages: int, shard_pages: int) -> Iterator[tuple[str, ...]]:
    """Write a corpus and start servers for it; yield the options of a run of all stages over it."""
    with fake_servers(2) as (readers, _), fake_servers(1, "--embed") as (embedders, _):
        write_corpus(source, pages)
        yield (*PARAMS, f"ingest.source={source}", f"ingest.shard_pages={shard_pages}", "runtime.lease_seconds=10",
               f"recognition.vllm.urls={'+'.join(readers)}", f"embedding.vllm.urls={'+'.join(embedders)}")  # fmt: skip


def tell(result: Mapping[str, Any], path: Path | None) -> None:
    """Print a result with the commit and the machine, and write it to a file where one is named."""
    told = json.dumps({"commit": commit(), "hardware": hardware(), **result}, indent=1)
    print(told)
    if path is not None:
        path.write_text(told, encoding="utf-8")


def compare(
    folder: Path, params: tuple[str, ...], result: Seen, kills: int, drawn: random.Random, launch: Launch[Seen]
) -> None:
    """Run the job alone and as a launch whose workers are killed, and hold what they leave against each other.

    Args:
        folder: Where both projects are made.
        params: Of both.
        result: Is filled.
        kills: How many, at random moments.
        drawn: Chooses them.
        launch: Launches the job over a project, and kills when so many shards are stored.
    """
    alone, shared = copy_project(folder / "alone", mlflow=True), copy_project(folder / "shared", mlflow=True)
    done = run_command(alone, *kedro_run(params))
    if done.code not in DONE:
        sys.exit(done.output[-3000:])
    result.seconds_alone = round(done.wall, 1)
    expected = dict(left_behind(alone))
    result.shards = sum(name.startswith("shard ") for name in expected)
    moments = sorted(drawn.sample(range(result.shards * 4 // 5), kills))
    began = time.perf_counter()
    launch(shared, params, result, moments, drawn)
    result.seconds_killed = round(time.perf_counter() - began, 1)
    found = dict(left_behind(shared))
    result.compared = len(expected)
    names = sorted(expected.keys() | found.keys())
    result.differences = [name for name in names if expected.get(name) != found.get(name)]


def launch_and_kill(
    project: Path, params: tuple[str, ...], result: Result, moments: list[int], drawn: random.Random
) -> None:
    """Launch local workers, kill one at each moment, and start its command anew."""
    command = ("launch", "local", "--workers", str(result.workers), "--pipelines", "__default__")
    command = (sys.executable, "-m", "kedro", *command, "--params", ",".join(params))
    for _ in range(_MOST_LAUNCHES):
        queued: list[subprocess.Popen[bytes]] = []
        with running(project, *command) as (process, log):
            while any(one.poll() is None for one in (process, *queued)):  # a launcher without workers leaves before
                now = stored(project)
                if len(result.at) < len(moments) and now >= moments[len(result.at)]:
                    for again in _killed(project, drawn):
                        result.at.append(now)
                        queued.append(again)
                time.sleep(LOOK)
        result.launches += 1
        if process.returncode in DONE:
            return
    sys.exit(log.read_text()[-3000:])


def _killed(project: Path, drawn: random.Random) -> Iterator[subprocess.Popen[bytes]]:
    """Kill a worker that is at work, and start its command again; nothing where none is."""
    folders = launches(project / "data")
    pids = [worker.pid for worker in workers_of(folders[-1]) if psutil.pid_exists(worker.pid)] if folders else []
    if not pids:
        return
    with suppress(psutil.Error, ProcessLookupError):
        victim = psutil.Process(drawn.choice(pids))
        command, environment, folder = victim.cmdline(), victim.environ(), victim.cwd()
        os.kill(victim.pid, signal.SIGKILL)
        with (project / "again.log").open("ab") as log:
            yield subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=subprocess.STDOUT)


def stored(project: Path) -> int:
    """Return how many shards the workers of a launch have finished."""
    folders = launches(project / "data")
    return len(list(folders[-1].glob("claims/*/*.done"))) if folders else 0


def left_behind(project: Path) -> Iterator[tuple[str, str]]:
    """Yield what a job leaves by name, as hashes: without the times that no two runs share."""
    for stage, place in SHARDED.items():
        for path in sorted(LineageFolder(project / place, object).folder.glob("[!.]*.parquet")):
            yield f"shard {stage}/{path.name}", _rows(path)
    for name in VERSIONED:
        newest = max((project / name).glob("*/*"))
        yield name, _rows(newest) if newest.suffix == ".parquet" else _bytes(newest)
    for name in PLAIN_FILES:
        for path in sorted((project / name).rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                yield str(path.relative_to(project)), _bytes(path)


def _rows(path: Path) -> str:
    with pq.ParquetFile(path) as file:
        table = file.read()
    table = table.drop_columns([name for name in ("seconds",) if name in table.column_names])
    digest = hashlib.sha256(",".join(table.column_names).encode())
    for batch in table.replace_schema_metadata(None).combine_chunks().to_batches():
        digest.update(batch.serialize())
    return digest.hexdigest()


def _bytes(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
