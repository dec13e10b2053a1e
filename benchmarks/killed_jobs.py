"""Jobs of Slurm that are queued anew at random moments, and a node that dies, beside one run that is left alone.

Usage: python -m benchmarks.killed_jobs --folder DIR [--pages 4000] [--jobs 4] [--requeued 6] [--seed 0] [--json FILE]

The corpus and the servers of `benchmarks.scale`; `kedro launch slurm` over all stages, on the cluster of two nodes
that `../shared/cluster/start.sh` makes of one machine. After random shares of the shards `scontrol requeue` kills a
random job of those that run; in the middle a node's daemon and all that it has started are killed, and the node comes
back half a minute later. What is left is held against what one run makes, as `benchmarks.killed_workers` does.
"""

from __future__ import annotations

import random
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.killed_workers import Compared, compare, parser_of, served_corpus, stored, tell
from tests.slurm_cluster import daemons, jobs, kill_node, requeue, start_node, start_now
from tests.whole_job import run_command

from ocr_project.cli.launch.work import launches
from ocr_project.storage.claims import workers_of

LOOK, AWAY = 0.5, 30.0  # seconds: between looks, without a node
_MINUTES_FOR_1000_PAGES = 8  # the most that a launch may take: 1.2 were seen on two shared cores
NODE = "node2"


@dataclass(kw_only=True)
class Result(Compared):
    """What was seen.

    Attributes:
        requeued: Shards that were stored when a job was killed and queued anew.
        node_died: The same, when the node died.
        workers: That began; jobs that were queued anew count again.
    """

    jobs: int
    requeued: list[int] = field(default_factory=list)
    node_died: list[int] = field(default_factory=list)
    workers: int = 0


def main() -> int:
    parser = parser_of(__doc__, pages=4_000)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--requeued", type=int, default=6)
    options = parser.parse_args()
    result = Result(pages=options.pages, jobs=options.jobs)
    with served_corpus(options.folder / "source", options.pages, options.shard_pages) as params:
        compare(options.folder, params, result, options.requeued, random.Random(options.seed), _launch)
    tell(asdict(result), options.json)
    return int(bool(result.differences) or len(result.requeued) < options.requeued or not result.node_died)


def _launch(project: Path, params: tuple[str, ...], result: Result, moments: list[int], drawn: random.Random) -> None:
    sizes = ("--nodes", str(result.jobs), "--cpus-per-task", "1", "--mem-gb", "1", "--gpus-per-node", "1")
    limit = 30 + _MINUTES_FOR_1000_PAGES * result.pages // 1000
    command = (
        "launch",
        "slurm",
        *sizes,
        "--time",
        str(limit),
        "--pipelines",
        "__default__",
        "--params",
        ",".join(params),
    )
    made = run_command(project, sys.executable, "-m", "kedro", *command)
    if made.code:
        sys.exit(made.output[-3000:])
    began, died = time.monotonic(), 0.0
    try:
        while jobs() and time.monotonic() - began < limit * 60:
            now = stored(project)
            due = len(result.requeued) < len(moments) and now >= moments[len(result.requeued)]
            if due and (at_work := jobs("RUNNING")):
                requeue(drawn.choice(at_work))
                result.requeued.append(now)
            if not result.node_died and now >= result.shards // 2:
                kill_node(NODE)
                result.node_died.append(now)
                died = time.monotonic()
            if died and time.monotonic() - died > AWAY and not daemons(NODE):
                start_node(NODE)
            for job in jobs("PENDING"):
                if "_" in job:  # a part of the array; the closing job waits for them
                    start_now(job)
            time.sleep(LOOK)
    finally:
        if not daemons(NODE):
            start_node(NODE)
    result.workers = len(workers_of(launches(project / "data")[-1]))


if __name__ == "__main__":
    sys.exit(main())
