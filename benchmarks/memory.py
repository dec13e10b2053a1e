"""Whether the peak of memory grows with the corpus: the whole job over few and over many synthetic pages.

Usage: python -m benchmarks.memory [--pages 200 2000] [--stages] [--json FILE]

One page a document, each with a reference, so that documents, scores and the report grow as fast as they can.
`--stages` then runs each stage in a process of its own and says which of them grows.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

from tests.whole_job import QUICK, copy_project, run_job, write_pages

from ocr_project.pipeline_registry import STAGES

ALLOWED = 1.10  # the peak of the larger corpus over that of the smaller


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, nargs=2, default=(200, 2000))
    parser.add_argument("--stages", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    peaks = [measure(count, by_stage=options.stages) for count in options.pages]
    growth = {name: peaks[1][name] / peaks[0][name] for name in peaks[0]}
    for name, ratio in growth.items():
        print(f"{name:>12}  {peaks[0][name] / 1e6:7.1f} MB  {peaks[1][name] / 1e6:7.1f} MB  x {ratio:.3f}")
    if options.json:
        options.json.write_text(json.dumps({"pages": options.pages, "peaks": peaks, "growth": growth}, indent=2))
    return int(max(growth.values()) > ALLOWED)


def measure(count: int, *, by_stage: bool) -> dict[str, int]:
    """Return the peak, in bytes, of the job as a whole or of each stage."""
    folder = Path(tempfile.mkdtemp(prefix="ocr_memory_"))
    try:
        write_pages(folder / "source", count)
        project = copy_project(folder / "project")
        params = (f"ingest.source={folder / 'source'}", *QUICK)
        names = STAGES if by_stage else ("__default__",)
        return {name: _peak(project, name, params) for name in names}
    finally:
        shutil.rmtree(folder)


def _peak(project: Path, name: str, params: tuple[str, ...]) -> int:
    done = run_job(project, *params, arguments=("--pipelines", name))
    if done.code:
        sys.exit(f"{name} ended with {done.code}:\n{done.output[-3000:]}")
    print(f"{name:>12}  {done.wall:6.1f} s  {done.peak / 1e6:7.1f} MB", file=sys.stderr, flush=True)
    return done.peak


if __name__ == "__main__":
    sys.exit(main())
