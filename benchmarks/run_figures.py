"""What a run over a corpus left behind, in figures: out of its shards' footers, its events and its timeline alone.

A run that was stopped has footers, and no timeline; of a launch the run that closes it leaves all three: a stage is
busy there by the mean over its workers. What is not known is left out. Seconds count from the command on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from ocr_project.domain.options import RuntimeOptions
from ocr_project.domain.run_cost import cost_of_pages
from ocr_project.domain.types import ShardInfo, Status
from ocr_project.engine.running.events import Happening
from ocr_project.engine.running.monitoring import figures
from ocr_project.engine.running.stage_metrics import measure_stage, seconds_together
from ocr_project.engine.running.timeline import read_timeline
from ocr_project.storage.lineages import LineageFolder
from ocr_project.storage.shard_folder import shard_files

FOLDERS = {
    "ingest": "02_intermediate/pages",
    "layout": "02_intermediate/regions",
    "recognition": "03_primary/recognitions",
    "transcript": "03_primary/transcripts",
}
EXPORTS = "08_reporting/exports"
_EDGE = 0.1  # share of the pages at each end that is left out of the middle
_READ = ("attempts", "prompt_tokens", "completion_tokens", "status")


@dataclass(frozen=True)
class Ran:
    """A command that is over.

    Attributes:
        data: Its data folder.
        began: Seconds since 1970.
        seconds: That it took.
        progress: Of recognition, while it lasted: seconds from the command on, and pages that were done by then.
    """

    data: Path
    began: float
    seconds: float
    progress: Sequence[tuple[float, int]] = field(default=())


def figures_of(ran: Ran) -> dict[str, Any]:
    """Return what a run took, by stage and in all, and when it was how far."""
    shards = {stage: LineageFolder(ran.data / folder, object) for stage, folder in FOLDERS.items()}
    infos = {stage: list(folder.index().values()) for stage, folder in shards.items()}
    events = _events(ran)
    found: dict[str, Any] = {"pages": sum(info.pages for info in infos["transcript"])}
    found |= {f"{stage}_pages": sum(info.pages for info in made) for stage, made in infos.items()}
    found |= _moments(ran, infos, events)
    found |= _stages(ran, events)
    found |= _recognition(ran, infos["recognition"], found)
    found |= _asked(shards["recognition"], found["recognition_pages"])
    found |= _energy(shards, infos)
    found["failed"] = sum(info.failed for made in infos.values() for info in made)
    found["shards_ended"] = {stage: _ends(ran, made) for stage, made in infos.items() if made}
    if len({info.process for info in infos["recognition"]}) > 1:
        found["workers"] = _workers(ran, infos["recognition"], found.get("first_server_ready"))
    return found


def _moments(
    ran: Ran, infos: Mapping[str, Sequence[ShardInfo]], events: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return when servers were ready, when the first page was there, and what came after the last one."""
    ready = [float(event["at"]) - ran.began for event in events if event["what"] == Happening.SERVER_READY]
    first = [
        float(event["at"]) - ran.began
        for event in events
        if event["what"] == Happening.FIRST_DONE and event["stage"] == "recognition"
    ]
    made = [info.made - ran.began for info in infos["transcript"]]
    found: dict[str, Any] = {"servers": len(ready)}
    found |= {"first_server_ready": min(ready), "servers_ready": max(ready)} if ready else {}
    found |= {"first_recognised": min(first)} if first else {}
    found |= {"first_transcript": min(made), "last_transcript": max(made)} if made else {}
    found |= {"tail": ran.seconds - max(made)} if made else {}
    files = [path.stat().st_mtime - ran.began for path in (ran.data / EXPORTS / "markdown").rglob("[!.]*.md")]
    if files and made:  # what a person can read, and how much of it came before the last shard
        found |= {"first_file": min(files), "files_before_last_transcript": sum(at < max(made) for at in files)}
    return _rounded(found)


def _stages(ran: Ran, events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the run's own timeline says of each stage and card; nothing where it wrote none."""
    path = ran.data / "08_reporting/timeline.json"
    if not path.is_file() or not events:
        return {}
    timeline = read_timeline(path)
    return {
        "stages": {
            lane.name: {state.value: round(seconds, 2) for state, seconds in lane.seconds(timeline.seconds).items()}
            for lane in timeline.lanes
        }
    }


def _recognition(ran: Ran, infos: Sequence[ShardInfo], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return pages/s of recognition while it was at work, and over the middle of the pages.

    The stage is at work when the timeline says so, else from the first server on; the middle is by the pages that the
    progress bar counted, else by the shards.
    """
    if not infos:
        return {}
    pages = sum(info.pages for info in infos)
    last = max(info.made for info in infos) - ran.began
    busy = known.get("stages", {}).get("recognition", {}).get("busy")
    since = known.get("first_server_ready", min(info.made - info.wall_seconds for info in infos) - ran.began)
    seconds = busy or last - since
    found: dict[str, Any] = {"recognition_seconds": seconds, "recognition_pages_per_second": pages / seconds}
    curve, by = ran.progress, "progress"
    if not curve or curve[-1][1] < pages * (1 - _EDGE):
        curve, by = _by_shards(ran, infos, since), "shards"
    first, until = (_reached(curve, pages * share) for share in (_EDGE, 1 - _EDGE))
    if until > first:
        found |= {"middle_pages_per_second": pages * (1 - 2 * _EDGE) / (until - first), "middle_by": by}
    return _rounded(found)


def _by_shards(ran: Ran, infos: Sequence[ShardInfo], since: float) -> list[tuple[float, int]]:
    curve, pages = [(since, 0)], 0
    for info in sorted(infos, key=lambda info: info.made):
        pages += info.pages
        curve.append((info.made - ran.began, pages))
    return curve


def _reached(curve: Sequence[tuple[float, int]], pages: float) -> float:
    """Return when so many pages were done, on a straight line between two looks."""
    before = curve[0]
    for now in curve:
        if now[1] >= pages:
            share = (pages - before[1]) / (now[1] - before[1]) if now[1] > before[1] else 1.0
            return before[0] + share * (now[0] - before[0])
        before = now
    return before[0]


def _asked(recognitions: LineageFolder, pages: int) -> dict[str, Any]:
    """Return regions, requests and tokens of a page: whether the regions were the known ones."""
    sums = dict.fromkeys(("regions", "requests", "asked", "prompt_tokens", "completion_tokens", "unread"), 0)
    for path in shard_files(recognitions.folder):
        table = pq.read_table(path, columns=list(_READ), use_threads=False).to_pydict()
        sums["regions"] += len(table["attempts"])
        sums["requests"] += sum(table["attempts"])
        sums["asked"] += sum(attempts > 0 for attempts in table["attempts"])
        sums["prompt_tokens"] += sum(table["prompt_tokens"])
        sums["completion_tokens"] += sum(table["completion_tokens"])
        sums["unread"] += sum(status == Status.FAILED for status in table["status"])
    return {f"{name}_a_page": round(value / pages, 3) for name, value in sums.items()} if pages else {}


def _energy(shards: Mapping[str, LineageFolder], infos: Mapping[str, Sequence[ShardInfo]]) -> dict[str, Any]:
    """Return what the run's own watch over the cards saw; nothing without one."""
    metrics = {stage: measure_stage(folder, RuntimeOptions()) for stage, folder in shards.items() if infos[stage]}
    cost = cost_of_pages(metrics, seconds_together(shards.values()))
    usages = [usage for made in infos.values() for info in made for usage in info.gpus]
    seen = figures(usages, 0)
    found = {"watts": seen["gpu_watts_mean"]} if "gpu_watts_mean" in seen else {}
    found |= {"gpu_percent": seen["gpu_sm_mean"]} if "gpu_sm_mean" in seen else {}
    reading = metrics.get("recognition", {})
    found |= {
        f"recognition_{ours}": reading[theirs]
        for ours, theirs in (("watts", "gpu_watts_mean"), ("gpu_percent", "gpu_sm_mean"))
        if theirs in reading
    }
    return {**cost, **found}


def _ends(ran: Ran, infos: Iterable[ShardInfo]) -> list[list[float]]:
    """Return for each shard when it ended, its place in the corpus and its pages, in the order of their ends."""
    placed = sorted(enumerate(infos), key=lambda pair: pair[1].made)
    return [[round(info.made - ran.began, 2), place, info.pages] for place, info in placed]


def _workers(ran: Ran, infos: Sequence[ShardInfo], ready: float | None) -> list[dict[str, Any]]:
    """Return what each worker of a launch recognised, and until when."""
    found = []
    for process in sorted({info.process for info in infos}):
        own = [info for info in infos if info.process == process]
        pages, last = sum(info.pages for info in own), max(info.made for info in own) - ran.began
        cards = sorted({usage.index for info in own for usage in info.gpus})
        since = min(info.made - info.wall_seconds for info in own) - ran.began if ready is None else ready
        one = {"process": process, "gpus": cards, "pages": pages, "shards": len(own), "until": last}
        found.append(_rounded({**one, "seconds": last - since, "pages_per_second": pages / (last - since)}))
    return found


def _events(ran: Ran) -> list[dict[str, Any]]:
    """Return the events of this run, as far as it wrote them."""
    path = ran.data / "08_reporting/events.jsonl"
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _rounded(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: round(value, 2) if isinstance(value, float) else value for name, value in values.items()}
