"""The timeline of a run, or of a launch: kept as JSON and as a page beside its report."""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from ocr_project.domain.errors import StorageError
from ocr_project.domain.types import Made, ShardInfo
from ocr_project.engine.running.cards import cards_watched
from ocr_project.engine.running.events import EVENTS
from ocr_project.engine.running.launch_timeline import (
    CLOSING,
    Record,
    joined,
    joined_events,
    read_records,
    write_record,
)
from ocr_project.engine.running.timeline import Timeline, Work, read_timeline, timeline_of, write_timeline
from ocr_project.hooks.events import events_path, write_events
from ocr_project.hooks.guards import runtime_of
from ocr_project.storage.claims import join, workers_of

log = logging.getLogger(__name__)

FOLDER, TIMELINE, PAGE = "08_reporting", "timeline.json", "timeline.html"


class TimelineHooks:
    """Notes when nodes begin and end, and puts it together with the shards and the servers when the run is over."""

    def __init__(self) -> None:
        self._began = 0.0
        self._open: dict[str, float] = {}
        self._work: list[Work] = []
        self._shards: list[ShardInfo] = []

    @hook_impl
    def before_pipeline_run(self) -> None:
        self._began, self._open, self._work, self._shards = time.time(), {}, [], []

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        self._open[node.name] = time.time()

    @hook_impl
    def after_node_run(self, node: Node) -> None:
        began = self._open.pop(node.name, time.time())
        self._work.append(Work(_stage_of(node), node.short_name, began, time.time()))

    @hook_impl
    def after_dataset_saved(self, data: Any) -> None:
        if isinstance(data, Made):
            self._shards += data.shards

    @hook_impl
    def after_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> None:
        self._keep(catalog)

    @hook_impl
    def on_pipeline_error(self, catalog: CatalogProtocol[Any, Any]) -> None:
        self._work += [Work(name.partition(".")[0], name, began, time.time()) for name, began in self._open.items()]
        self._keep(catalog)

    def _keep(self, catalog: CatalogProtocol[Any, Any]) -> None:
        """Write it, where shards were made; of a worker, leave it to the run that closes the launch."""
        runtime = runtime_of(catalog)
        try:
            if runtime.launch is not None:
                worker = join(runtime.launch, runtime.lease_seconds).info
                write_record(runtime.launch, self._record(worker.name, worker.host))
            elif runtime.closes is not None:
                self._close(catalog, runtime.closes)
            elif self._shards and runtime.is_alone:  # parts by hand share the folder
                _write(timeline_folder(catalog), self._timeline(_events(events_path(catalog), self._began)))
        except StorageError as error:  # a full disk: the results are there, and say so themselves
            log.warning("the timeline could not be kept: %s", error)

    def _timeline(self, events: Iterable[Mapping[str, Any]]) -> Timeline:
        return timeline_of(self._began, time.time(), self._work, self._shards, events)

    def _record(self, name: str, host: str) -> Record:
        events = [asdict(event) for event in EVENTS.take()]
        cards = {f"GPU {number}": uuid for number, uuid in cards_watched().items()}
        return Record(name, host, self._timeline(events), len(self._shards), cards, tuple(events))

    def _close(self, catalog: CatalogProtocol[Any, Any], launch: Path) -> None:
        """Write what the workers of a launch told, and what this run did after them, as one."""
        workers, own = read_records(launch), self._record(CLOSING, socket.gethostname())
        told = {record.name for record in workers}
        silent = sum(info.name not in told for info in workers_of(launch))
        if events := joined_events((*workers, own)):
            write_events(events_path(catalog), events)
        if any(record.shards for record in (*workers, own)):
            _write(timeline_folder(catalog), joined(workers, own, silent))


def timeline_folder(catalog: CatalogProtocol[Any, Any]) -> Path:
    """Return where the timeline of a run over this data is kept."""
    data: Path = catalog.load("project").data
    return data / FOLDER


def timeline_files(catalog: CatalogProtocol[Any, Any], began: float) -> list[str]:
    """Return the timeline's files, where this run wrote them."""
    paths = [timeline_folder(catalog) / name for name in (TIMELINE, PAGE)]
    return [str(path) for path in paths if path.is_file() and path.stat().st_mtime >= began]


def timeline_of_run(catalog: CatalogProtocol[Any, Any], began: float) -> Timeline | None:
    """Return the timeline, where this run wrote one."""
    path = timeline_folder(catalog) / TIMELINE
    return read_timeline(path) if str(path) in timeline_files(catalog, began) else None


def _stage_of(node: Node) -> str:
    return (node.namespace or node.name).partition(".")[0]


def _events(path: Path, began: float) -> Iterator[dict[str, Any]]:
    """Yield the events of this run: those of an earlier one stay in the file where nothing was noted since."""
    if path.is_file():
        events = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        yield from (event for event in events if float(event["at"]) >= began)


def _write(folder: Path, timeline: Timeline) -> None:
    from ocr_project.engine.reporting.timeline_page import write_timeline_page  # takes Jinja2 along

    write_timeline(folder / TIMELINE, timeline)
    created = time.strftime("%Y-%m-%d %H:%M", time.localtime(timeline.began))
    title = "Timeline of a launch" if timeline.is_of_launch else "Timeline of a run"
    write_timeline_page(folder / PAGE, timeline, title, created)
