"""The short table at the end, and the exit status of a gate."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

from ocr_project.cli.summary import (
    count_failures,
    print_fields,
    print_gate,
    print_matrix,
    print_next,
    print_places,
    print_recognizers,
    print_scores,
    print_summary,
)
from ocr_project.cli.timeline import print_timeline
from ocr_project.datasets import Place
from ocr_project.domain.errors import FailuresLeft, GateFailed, GateOpen
from ocr_project.domain.options.names import DATA
from ocr_project.domain.options.testsets import WhenOpen
from ocr_project.domain.types import Made
from ocr_project.hooks.cost import seconds_beside
from ocr_project.hooks.guards import runtime_of
from ocr_project.hooks.places import PLACES, path_of
from ocr_project.hooks.timeline import timeline_of_run

if TYPE_CHECKING:
    import pandas as pd

    from ocr_project.storage.earlier import Earlier

_CLOCK = 2.0  # seconds by which the clock of a file system may be behind
# The tables that end a run where something is worse, and what the options say of one that cannot tell.
GATES: Mapping[str, Callable[[CatalogProtocol[Any, Any]], WhenOpen]] = {
    "gate_table": lambda catalog: catalog.load("params:testsets").gate.open,
    "release_table": lambda catalog: catalog.load("params:release").open,
}
_TABLES: Mapping[str, Callable[[pd.DataFrame], None]] = {
    "testset_table": print_scores,
    "field_table": print_fields,
    "matrix_table": print_matrix,
    "recognizer_table": print_recognizers,
    **dict.fromkeys(GATES, print_gate),
}


_ONCE = {"report": "write_report", "review_page": "review_readings"}  # by what nodes keep them (decision 41)


class SummaryHooks:
    """The short table at the end: of what this run did, not of what an earlier one left."""

    def __init__(self) -> None:
        self._began = 0.0
        self._made = 0  # shards

    @hook_impl
    def before_pipeline_run(self) -> None:
        self._began, self._made = time.time(), 0

    @hook_impl
    def after_dataset_saved(self, data: Any) -> None:
        if isinstance(data, Made):
            self._made += len(data.shards)

    def _is_of_this_run(self, catalog: CatalogProtocol[Any, Any], name: str) -> bool:
        """Say whether metrics were written since it began: a runner may leave out what is there already."""
        kept = catalog.get(name)
        return not isinstance(kept, Place) or kept.path.stat().st_mtime >= self._began - _CLOCK

    @hook_impl(trylast=True)  # it may end the process with its own exit status, after MLflow has closed the run
    def after_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]
    ) -> None:
        named = [name for name in pipeline.outputs() if name.endswith("_metrics")]
        stages = [name.removesuffix("_metrics") for name in named if self._is_of_this_run(catalog, name)]
        metrics = {stage: catalog.load(f"{stage}_metrics") for stage in stages}
        places: dict[str, str] = {name: path_of(catalog, name) for name in PLACES if name in pipeline.all_outputs()}
        if runtime_of(catalog).summary:
            tables = [name for name in _TABLES if name in pipeline.all_outputs()]
            self._print(catalog, metrics, tables, places)
        for name in GATES.keys() & places.keys():
            _judge(catalog.load(name), GATES[name](catalog))
        runtime = catalog.load("params:runtime") if "params:runtime" in pipeline.inputs() else None
        failures = count_failures(metrics)
        if failures and runtime is not None and runtime.failures_are_errors:
            raise FailuresLeft(failures)

    def _print(
        self,
        catalog: CatalogProtocol[Any, Any],
        metrics: Mapping[str, Mapping[str, Any]],
        tables: Sequence[str],
        places: Mapping[str, str],
    ) -> None:
        print_summary(metrics, seconds_beside(catalog, metrics), self._made)
        if timeline := timeline_of_run(catalog, self._began - _CLOCK):
            print_timeline(timeline)
        for name in tables:
            _TABLES[name](catalog.load(name))
        project = catalog.load("project")
        if not (project.root / "pyproject.toml").is_file():
            return  # its folders, and what comes next, are a matter of `ocr-project`
        print_places(places, self._kept(catalog, places))
        if "report" in places:
            print_next(None if project.data == project.root / DATA else str(project.data))

    def _kept(self, catalog: CatalogProtocol[Any, Any], places: Mapping[str, str]) -> dict[str, float]:
        """Return when pages were made that this run did not make again."""
        earlier: Earlier = catalog.load("earlier")
        made = {place: earlier.made(node, Path(places[place])) for place, node in _ONCE.items() if place in places}
        return {place: when for place, when in made.items() if when is not None and when < self._began - _CLOCK}


def _judge(table: pd.DataFrame, when_open: WhenOpen) -> None:
    """End the run where the gate is closed.

    Args:
        table: Of the gate.
        when_open: What becomes of a run of which something is open.

    Raises:
        GateFailed: Something is worse.
        GateOpen: Something is open, and the options say that this is not enough.
    """
    from ocr_project.bench.results.gate_words import gate_doubts, gate_losses

    if losses := gate_losses(table):
        raise GateFailed(losses)
    if when_open is WhenOpen.FAIL and (doubts := gate_doubts(table)):
        raise GateOpen(doubts)
