"""How far a launch is, read from its folder: shards, pages a second, time left, who is at work and who is lost."""

from __future__ import annotations

import json
import pickle
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ocr_project.cli.launch.work import Launch, server_time
from ocr_project.storage.claims import DONE, PLAN, workers_of

_WINDOW = 600.0  # seconds over which speed is told: long enough for shards of a thousand pages
_MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Progress:
    """A stage of a launch.

    Attributes:
        stage: Its name.
        shards: Stored by the workers of this launch.
        of_shards: That there were to make.
        pages: In those that are stored.
        of_pages: In all.
        pages_per_second: Over the last ten minutes, or since the stage began; 0 while nothing is stored.
        unit: What is counted: pages, or runs of a matrix.
    """

    stage: str
    shards: int
    of_shards: int
    pages: int
    of_pages: int
    pages_per_second: float
    unit: str

    @property
    def seconds_left(self) -> float | None:
        """Return when it will be done at this speed; None where that is not known."""
        left = self.of_pages - self.pages
        return left / self.pages_per_second if left and self.pages_per_second else None


def progress(launch: Launch, now: float) -> Iterator[Progress]:
    """Yield the stages that have begun, in the order in which they did.

    Args:
        launch: Of any machine that sees its folder.
        now: Seconds since 1970, by the clock of the file server.
    """
    plans = (Path(launch.folder) / "claims").glob(f"*/{PLAN}")
    for path in sorted(plans, key=lambda path: path.stat().st_mtime):
        plan = json.loads(path.read_text("utf-8"))
        pages: dict[str, int] = plan["pages"]
        stored = {mark.name.removesuffix(DONE): mark.stat().st_mtime for mark in path.parent.glob(f"*{DONE}")}
        since = max(path.stat().st_mtime, now - _WINDOW)
        lately = sum(pages.get(name, 0) for name, when in stored.items() if when >= since)
        until = now if len(stored) < len(pages) else max(stored.values(), default=now)
        yield Progress(
            stage=plan["stage"],
            shards=len(stored),
            of_shards=len(pages),
            pages=sum(pages.get(name, 0) for name in stored),
            of_pages=sum(pages.values()),
            pages_per_second=lately / (until - since) if until > since else 0.0,
            unit=plan.get("unit", "pages"),
        )


def lines(launch: Launch) -> Iterator[str]:
    """Yield what a person wants to know of a launch, line by line."""
    now = server_time(Path(launch.folder))
    for stage in progress(launch, now):
        left = stage.seconds_left
        yield (
            f"{stage.stage:>14}  {stage.shards:,} of {stage.of_shards:,} shards  {stage.pages:,} of"
            f" {stage.of_pages:,} {stage.unit}  {stage.pages_per_second:.2f} {stage.unit}/s"
            f"{'' if left is None else f'  {_duration(left)} left'}"
        )
    yield from _worker_lines(launch, now)
    if launch.job:
        yield f"{'slurm':>14}  job {launch.job}: {_queue(launch.job)}"
        for folder, reason in list(_failed_jobs(launch))[:_MOST_NAMES]:
            yield f"{'failed':>14}  {folder}: {reason}"


def _worker_lines(launch: Launch, now: float) -> Iterator[str]:
    workers = workers_of(Path(launch.folder))
    at_work = [info for info, seen in workers.items() if now - seen < info.lease_seconds]
    ended = Counter(info.ended for info in workers if info.ended)
    lost = {info: seen for info, seen in workers.items() if not info.ended and now - seen >= info.lease_seconds}
    counts = [f"{len(at_work)} at work", f"{ended['done']} done", f"{ended['failed']} failed", f"{len(lost)} lost"]
    yield f"{'workers':>14}  {', '.join(counts)}"
    for info, seen in list(lost.items())[:_MOST_NAMES]:
        yield f"{'lost':>14}  {info.name}, last seen {_duration(now - seen)} ago: others take up its shards"
    for info in [info for info in workers if info.ended == "failed"][:_MOST_NAMES]:
        servers = launch.logs / info.folder
        more = f", and those of its servers, {servers}" if servers.is_dir() else ""
        yield f"{'failed':>14}  {info.name}: see its log, {launch.logs / info.job}{more}"


def _failed_jobs(launch: Launch) -> Iterator[tuple[Path, str]]:
    """Yield the folders of logs of jobs that ended with an error, and the last line of it.

    Also of those whose worker never got as far as to say that it is there.
    """
    for path in sorted(launch.logs.glob("*/*_result.pkl")):
        outcome, said = pickle.loads(path.read_bytes())  # submitit's, of a job of ours
        if outcome == "error":
            yield path.parent, str(said).strip().rpartition("\n")[2]


def queued(job: str) -> Counter[str] | None:
    """Return the states of a job's parts, as Slurm counts them now; None where it does not answer."""
    asking = ["squeue", "--noheader", "--array", "--jobs", job, "--format", "%T"]
    try:
        asked = subprocess.run(asking, capture_output=True, text=True, timeout=20, check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return None
    if asked.returncode and "Invalid job id" not in asked.stderr:  # it has forgotten those that ended minutes ago
        return None
    return Counter(state.lower() for state in asked.stdout.split())


def _queue(job: str) -> str:
    states = queued(job)
    if states is None:
        return "Slurm does not answer here"
    return ", ".join(f"{count} {state}" for state, count in states.items()) or "no longer in the queue"


def _duration(seconds: float) -> str:
    hours, rest = divmod(int(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
