"""What happened when in a run, beside its results: stages at work, servers starting, ready and gone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol

from ocr_project.engine.running.events import EVENTS
from ocr_project.hooks.guards import runtime_of
from ocr_project.storage.atomic import atomic_text

EVENTS_FILE = "08_reporting/events.jsonl"


class EventHooks:
    """Writes the events of a run as JSON Lines, `at` (seconds since 1970), `what`, `stage`, `who`, `gpu`, `pages`.

    Those of a launch are the timeline's to write: it knows the workers, whose names stand with each event (`worker`).
    """

    @hook_impl
    def before_pipeline_run(self) -> None:
        EVENTS.take()  # of a run that was interrupted

    @hook_impl(tryfirst=True)
    def after_pipeline_run(self, catalog: CatalogProtocol[Any, Any]) -> None:
        _write(catalog)

    @hook_impl(tryfirst=True)
    def on_pipeline_error(self, catalog: CatalogProtocol[Any, Any]) -> None:
        _write(catalog)


def events_path(catalog: CatalogProtocol[Any, Any]) -> Path:
    """Return where the events of a run over this data are."""
    data: Path = catalog.load("project").data
    return data / EVENTS_FILE


def write_events(path: Path, events: Iterable[Mapping[str, Any]]) -> None:
    """Write events as JSON Lines.

    Raises:
        StorageError: The file cannot be written.
    """
    with atomic_text(path) as file:
        file.writelines(f"{json.dumps(event)}\n" for event in events)


def _write(catalog: CatalogProtocol[Any, Any]) -> None:
    runtime = runtime_of(catalog)
    if runtime.launch is not None or runtime.closes is not None:
        return
    if events := EVENTS.take():  # where nothing was done, those of the run that did it stay
        write_events(events_path(catalog), map(asdict, events))
