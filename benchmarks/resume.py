"""Whether `kill -9` loses work: a run killed at random moments against an undisturbed one.

Usage: python -m benchmarks.resume [--pages 200] [--kills 20] [--shard-pages 8] [--seed 0] [--json FILE]

Each kill falls at a random moment of the time that an undisturbed run takes from the list of its documents
to its report. Once all shards are on disk the job is run to its end, its tables are compared, and it
starts over from nothing. Three things are held:

1. The tables at the end are those of the undisturbed run, but for the times.
2. A shard that was on disk when the process died is never written again.
3. A kill loses finished pages of no more shards than there are workers: one, and for each further worker
   the shard that it had begun while the last pages of the one before were being read.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.whole_job import (
    DOCUMENTS,
    QUICK,
    ROOT,
    SHARDED,
    copy_project,
    differences,
    kedro_run,
    rows,
    run_and_kill,
    run_command,
    shards,
    tables,
    write_pages,
)

TRACE = "trace.jsonl"
WORKERS = 2
STAGES = dict(zip(("ingest", "layout", "recognition", "transcript", "embedding"), SHARDED, strict=True))


@dataclass
class Result:
    """The result of a run.

    Attributes:
        starts_over: How often the job was run to its end before all kills were spent.
        rewritten: Shards that were on disk at a kill and were written again.
        lost_pages: Of each kill, how many pages were finished and not saved yet.
        lost_shards: Of each kill, the number of shards that they belong to.
    """

    pages: int
    shard_pages: int
    shards: int = 0
    starts_over: int = 0
    shards_at_kill: list[int] = field(default_factory=list)
    rewritten: int = 0
    lost_pages: list[int] = field(default_factory=list)
    lost_shards: list[int] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    partial_files_left: int = 0
    seconds_undisturbed: float = 0.0
    seconds_of_work: float = 0.0

    @property
    def broken(self) -> bool:
        return bool(self.differences or self.rewritten or self.partial_files_left or max(self.lost_shards) > WORKERS)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--shard-pages", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ocr_resume_"))
    result = Result(options.pages, options.shard_pages)
    try:
        write_pages(folder / "source", options.pages)
        sizes = (f"ingest.shard_pages={options.shard_pages}", f"runtime.workers={WORKERS}")
        params = (f"ingest.source={folder / 'source'}", *sizes, *QUICK)
        Comparison(folder, params, result).run(options.kills, random.Random(options.seed))
    finally:
        shutil.rmtree(folder)
    print(json.dumps(asdict(result), indent=2))
    if options.json:
        options.json.write_text(json.dumps(asdict(result), indent=2))
    return int(result.broken)


class Comparison:
    """A project in which the job ran undisturbed, beside one in which it is killed."""

    def __init__(self, folder: Path, params: tuple[str, ...], result: Result) -> None:
        python, _, _, *rest = kedro_run(params)
        self._command = (python, str(ROOT / "benchmarks" / "traced.py"), TRACE, *rest)
        self._straight, self._killed = (
            copy_project(folder / "straight", mlflow=True),
            copy_project(folder / "killed", mlflow=True),
        )
        self._result = result
        self._before: dict[str, tuple[int, int]] = {}
        self._shard_of: dict[str, str] = {}  # by page_id; every stage has the same shards

    def run(self, kills: int, drawn: random.Random) -> None:
        result = self._result
        result.seconds_undisturbed = self._run_whole(self._straight)
        self._shard_of = {row["page_id"]: row["shard"] for row in rows(self._straight, "pages")}
        work = time.time() - (self._straight / DOCUMENTS).stat().st_mtime
        result.seconds_of_work, result.shards = round(work, 1), len(shards(self._straight))
        while len(result.shards_at_kill) < kills:
            killed = self._kill(drawn.uniform(0, work))
            if killed:
                self._count()
            if not killed or len(self._before) == result.shards:
                self._finish()
                shutil.rmtree(self._killed / "data")
                self._before = {}
                result.starts_over += 1
        self._finish()

    def _run_whole(self, project: Path) -> float:
        done = run_command(project, *self._command)
        if done.code:
            sys.exit(done.output)
        return round(done.wall, 1)

    def _kill(self, after: float) -> bool:
        """Kill the job a while after it has listed its documents; return whether it still ran."""
        documents = self._killed / DOCUMENTS
        before = documents.stat().st_mtime_ns if documents.exists() else 0
        (self._killed / TRACE).unlink(missing_ok=True)

        def listed() -> bool:
            return documents.exists() and documents.stat().st_mtime_ns != before

        return run_and_kill(self._killed, self._command, when=listed, after=after)

    def _count(self) -> None:
        """Count what a kill has cost."""
        result, after = self._result, shards(self._killed)
        result.rewritten += _rewritten(self._before, after)
        result.shards_at_kill.append(len(after))
        lost = self._lost(after)
        result.lost_pages.append(sum(lost.values()))
        result.lost_shards.append(len(lost))
        at = f"kill {len(result.shards_at_kill):>3}: {len(after)} of {result.shards} shards on disk"
        print(f"{at}, finished and lost: {lost}", file=sys.stderr, flush=True)
        self._before = after

    def _lost(self, after: dict[str, tuple[int, int]]) -> dict[str, int]:
        """Return how many pages were finished of each shard that is not on disk."""
        lost: dict[str, int] = {}
        for line in (self._killed / TRACE).read_text().splitlines():
            event = json.loads(line)
            for page in event["pages"] if event["event"] == "end" else ():
                shard = f"{STAGES[event['stage']]}/{self._shard_of[page]}"
                if shard not in after:
                    lost[shard] = lost.get(shard, 0) + 1
        return lost

    def _finish(self) -> None:
        """Run the killed job to its end, and compare it with the undisturbed one."""
        result = self._result
        self._run_whole(self._killed)
        result.rewritten += _rewritten(self._before, shards(self._killed))
        result.differences += differences(tables(self._killed), tables(self._straight))
        result.partial_files_left += len(list((self._killed / "data").rglob("*.partial")))


def _rewritten(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]) -> int:
    return sum(after.get(name) != mark for name, mark in before.items())


if __name__ == "__main__":
    sys.exit(main())
