"""How fast the whole pipeline is on real PDFs: two workers beside one, and beside ocrmypdf.

Usage: python -m benchmarks.end_to_end [--groups ko_law ko_gov] [--documents N] [--rounds 3]
       [--without-ocrmypdf] [--json FILE]

Each round runs one worker, two workers and `ocrmypdf --force-ocr --jobs 2` one after the other on the same
PDFs, so that the load of the machine weighs on all of them alike; ratios are taken within a round. A run is
`kedro run` as a user says it, from its start to the report, in a project without results. CER is without
white space, micro-averaged over a group, of the transcripts and of ocrmypdf's sidecars.

The pipeline's own share is what is not spent inside Tesseract's calls: of the CPU time of the whole process,
start-up included, and of the workers' time on the clock (`busy_seconds` in the footers of the shards).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pikepdf
import pyarrow.parquet as pq
from tests.whole_job import ROOT, SHARDED, copy_project, kedro_run, rows, run_command

from ocr_project.engine.metrics import Counts, score_page

DATA = ROOT.parent / "shared" / "data"
METRIC = "cer_no_space"
OCRMYPDF = ("ocrmypdf", "--force-ocr", "-l", "kor+eng", "--jobs", "2", "--quiet")


@dataclass
class Run:
    """One way through all PDFs.

    Attributes:
        wall: Seconds, start-up included.
        cpu: Seconds of user and system time.
        load: The machine's load over the last minute, before the run.
        pages_per_minute: All pages over `wall`.
        cer: By group.
        own_cpu: Share of the process's CPU time that is not Tesseract's.
        own_busy: Share of the workers' time on the clock that is not Tesseract's.
        stages: Seconds on the clock from a stage's first batch to its last.
        start_up: Seconds from the start to the first batch.
        rest: What is left of `wall`: saving, exports, scores, report.
    """

    name: str
    wall: float
    cpu: float
    load: float
    pages_per_minute: float = 0.0
    cer: dict[str, float] = field(default_factory=dict)
    own_cpu: float | None = None
    own_busy: float | None = None
    stages: dict[str, float] = field(default_factory=dict)
    start_up: float | None = None
    rest: float | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", nargs="+", default=("ko_law", "ko_gov"))
    parser.add_argument("--documents", type=int, help="take the first N PDFs of each group only")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without-ocrmypdf", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ocr_end_to_end_"))
    try:
        pdfs = gather(folder / "source", options.groups, options.documents)
        pages = sum(count_pages(pdf) for pdf in pdfs)
        project = copy_project(folder / "project", mlflow=True)
        warm_up(project, folder)
        rounds = []
        for _ in range(options.rounds):
            runs = [ours(project, folder / "source", workers) for workers in (1, 2)]
            if not options.without_ocrmypdf:
                runs.append(theirs(folder, pdfs))
            rounds.append({run.name: finished(run, pages) for run in runs})
    finally:
        shutil.rmtree(folder)
    result = {"commit": commit(), "pdfs": len(pdfs), "pages": pages, **summary(rounds)}
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2))


def gather(source: Path, groups: list[str], documents: int | None) -> list[Path]:
    """Copy PDFs and their references to a folder of their own, without the images of their pages."""
    for group in groups:
        for pdf in sorted((DATA / group).glob("*/*.pdf"))[:documents]:
            place = source / group / pdf.parent.name
            place.mkdir(parents=True)
            for path in (pdf, *pdf.parent.glob("p*.gt.txt")):
                shutil.copy(path, place)
    return sorted(source.rglob("*.pdf"))


def warm_up(project: Path, folder: Path) -> None:
    """Run once on one PDF's first page: byte code and MLflow's tables are made once, not at each run."""
    params = (f"ingest.source={folder / 'source'}", "ingest.limit=1", "runtime.progress=false")
    done = run_command(project, *kedro_run(params))
    if done.code:
        sys.exit(done.output)


def ours(project: Path, source: Path, workers: int) -> Run:
    """Run the whole pipeline from nothing."""
    shutil.rmtree(project / "data")
    trace = project / "trace.jsonl"
    trace.unlink(missing_ok=True)
    params = (f"ingest.source={source}", f"runtime.workers={workers}", "runtime.progress=false")
    python, _, _, *rest = kedro_run(params)
    load = os.getloadavg()[0]
    done = run_command(project, python, str(ROOT / "benchmarks" / "traced.py"), str(trace), *rest)
    if done.code:
        sys.exit(done.output)
    run = Run(f"{workers} worker{'s' * (workers > 1)}", done.wall, done.cpu, load)
    texts = {(row["path"], row["number"]): row["text"] for row in rows(project, "transcripts")}
    run.cer = cer(texts, source)
    events = [json.loads(line) for line in trace.read_text().splitlines()]
    run.own_cpu = 1 - events[-1]["tesseract"]["cpu"] / events[-1]["process_cpu"]
    run.own_busy = 1 - events[-1]["tesseract"]["wall"] / busy_seconds(project)
    run.stages = spans(events[:-1])
    run.start_up = events[0]["at"]
    run.rest = done.wall - run.start_up - sum(run.stages.values())
    return run


def busy_seconds(project: Path) -> float:
    """Add up what the footers of all shards of all stages say."""
    footers = (
        json.loads(pq.read_schema(path).metadata[b"ocr_project.shard"])
        for folder in SHARDED.values()
        for path in (project / folder).glob("*/[!.]*.parquet")
    )
    return sum(footer["busy_seconds"] for footer in footers)


def spans(events: list[dict[str, Any]]) -> dict[str, float]:
    """Return the seconds from the first batch of each stage to its last."""
    ends: dict[str, list[float]] = {}
    for event in events:
        ends.setdefault(event["stage"], []).append(event["at"])
    return {stage: max(times) - min(times) for stage, times in ends.items()}


def theirs(folder: Path, pdfs: list[Path]) -> Run:
    """Run ocrmypdf on one PDF after another."""
    out = folder / "ocrmypdf"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    run = Run("ocrmypdf", 0.0, 0.0, os.getloadavg()[0])
    texts: dict[tuple[str, int], str] = {}
    for pdf in pdfs:
        sidecar = out / f"{pdf.stem}.txt"
        done = run_command(out, *OCRMYPDF, "--sidecar", str(sidecar), str(pdf), str(out / pdf.name))
        if done.code:
            sys.exit(done.output)
        run.wall += done.wall
        run.cpu += done.cpu
        name = pdf.relative_to(folder / "source").as_posix()
        for number, text in enumerate(sidecar.read_text(encoding="utf-8").split("\f"), 1):
            texts[name, number] = text
    run.cer = cer(texts, folder / "source")
    return run


def cer(texts: dict[tuple[str, int], str], source: Path) -> dict[str, float]:
    """Score pages against `pNNN.gt.txt`; a page without text misses all of it."""
    counts: dict[str, Counts] = {}
    for truth in sorted(source.rglob("p*.gt.txt")):
        (pdf,) = truth.parent.glob("*.pdf")
        page = (pdf.relative_to(source).as_posix(), int(truth.name[1:4]))
        scored = score_page(truth.read_text(encoding="utf-8"), texts.get(page, ""))[METRIC]
        group = truth.relative_to(source).parts[0]
        counts[group] = counts.get(group, Counts(0, 0)) + scored
    return {group: total.rate for group, total in counts.items()}


def finished(run: Run, pages: int) -> Run:
    run.pages_per_minute = 60 * pages / run.wall
    own = f", own share {run.own_cpu:.1%} of CPU, {run.own_busy:.1%} of busy" if run.own_cpu is not None else ""
    print(f"{run.name:>10}  {run.wall:6.1f} s, load {run.load:.1f}{own}", file=sys.stderr, flush=True)
    return run


def count_pages(pdf: Path) -> int:
    with pikepdf.open(pdf) as document:
        return len(document.pages)


def summary(rounds: list[dict[str, Run]]) -> dict[str, Any]:
    """Put the runs together, with the ratios of each round and their medians."""
    speedups = [runs["1 worker"].wall / runs["2 workers"].wall for runs in rounds]
    result: dict[str, Any] = {"speedup": {"rounds": speedups, "median": statistics.median(speedups)}}
    if "ocrmypdf" in rounds[0]:
        faster = [runs["ocrmypdf"].wall / runs["2 workers"].wall for runs in rounds]
        result["over_ocrmypdf"] = {"rounds": faster, "median": statistics.median(faster)}
    return {**result, "rounds": [[asdict(run) for run in runs.values()] for runs in rounds]}


def commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT).stdout.strip()


if __name__ == "__main__":
    main()
