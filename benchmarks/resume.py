"""Whether `kill -9` loses work: a run killed at random moments against one that nobody disturbs.

Usage: python -m benchmarks.resume [--pages 200] [--kills 20] [--shard-pages 8] [--seed 0] [--json FILE]

Each kill falls at a random moment after the run has listed its documents; the span is such that all
kills together cover an undisturbed run, from rendering to the report. A shard that is on disk when
the process dies must never be written again: what is done twice is then at most what was in work.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.whole_job import QUICK, copy_project, differences, run_and_kill, run_job, shards, tables, write_pages


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--shard-pages", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ocr_resume_"))
    try:
        write_pages(folder / "source", options.pages)
        params = (f"ingest.source={folder / 'source'}", f"ingest.shard_pages={options.shard_pages}", *QUICK)
        result = compare(folder, params, options.kills, random.Random(options.seed))
    finally:
        shutil.rmtree(folder)
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2))
    return int(bool(result["differences"] or result["rewritten"] or result["kills"] < options.kills))


def compare(folder: Path, params: tuple[str, ...], kills: int, drawn: random.Random) -> dict[str, object]:
    """Run undisturbed and killed, and compare."""
    straight, killed = copy_project(folder / "straight"), copy_project(folder / "killed")
    done = run_job(straight, *params)
    if done.code:
        sys.exit(done.output)
    listed = (straight / "data/01_raw/documents.parquet").stat().st_mtime
    work = time.time() - listed
    span = 2 * work / (kills + 1)
    rewritten, saved = 0, []
    before: dict[str, tuple[int, int]] = {}
    for number in range(kills):
        if not kill_once(killed, params, after=drawn.uniform(0, span)):
            print(f"the run ended before kill {number + 1}: more pages are needed", file=sys.stderr)
            break
        after = shards(killed)
        rewritten += sum(after.get(name) != mark for name, mark in before.items())
        saved.append(len(after))
        print(f"kill {number + 1:>3}: {len(after)} shards on disk", file=sys.stderr, flush=True)
        before = after
    last = run_job(killed, *params)
    if last.code:
        sys.exit(last.output)
    after = shards(killed)
    rewritten += sum(after.get(name) != mark for name, mark in before.items())
    return {
        "kills": len(saved),
        "shards": len(after),
        "shards_at_kill": saved,
        "rewritten": rewritten,
        "differences": differences(tables(killed), tables(straight)),
        "partial_files_left": len(list(killed.rglob("*.partial"))),
        "seconds_undisturbed": round(done.wall, 1),
        "seconds_of_work": round(work, 1),
    }


def kill_once(project: Path, params: tuple[str, ...], *, after: float) -> bool:
    documents = project / "data/01_raw/documents.parquet"

    def stamp() -> int:
        return documents.stat().st_mtime_ns if documents.exists() else 0

    before = stamp()
    return run_and_kill(project, *params, when=lambda: stamp() != before, after=after)


if __name__ == "__main__":
    sys.exit(main())
