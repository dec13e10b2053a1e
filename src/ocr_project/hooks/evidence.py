"""A run of MLflow for each run."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

from ocr_project.cli.evidence import Cell, Evidence, end_run, log_cells, log_files, log_metrics, open_run, set_tags
from ocr_project.cli.run_notes import asked, corpus_tags, dvc_process, run_name, run_tags
from ocr_project.domain.options import RuntimeOptions
from ocr_project.domain.run_cost import cost_of_pages
from ocr_project.domain.types import Document, Made, ShardInfo
from ocr_project.hooks.cost import seconds_beside
from ocr_project.hooks.events import events_path
from ocr_project.hooks.guards import runtime_of
from ocr_project.hooks.places import ARTIFACTS, path_of
from ocr_project.hooks.timeline import timeline_files, timeline_of_run

if TYPE_CHECKING:
    import pandas as pd

CORPUS = frozenset({"documents", "pages", "transcripts"})  # of which pipelines over a corpus read or make one


class MlflowHooks:
    """One MLflow run for each `kedro run`, or for each `dvc repro`: options leaf by leaf, metrics, the report.

    Nothing that goes wrong with it ends a run: the results are worth more than the notes about them.

    Why not kedro-mlflow: it logs a typed option as one string, and a comparison of runs needs the leaves.
    """

    def __init__(self) -> None:
        self._runtime = RuntimeOptions()
        self._shards: dict[str, int] = {}  # the last step of each stage
        self._measured: dict[str, Mapping[str, Any]] = {}  # by the stages of this run
        self._evidence = Evidence()
        self._began = 0.0
        self._run: str | None = None  # stages beside each other have threads of their own

    @hook_impl
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]
    ) -> None:
        self._began = time.time()
        runtime = runtime_of(catalog)
        self._evidence = Evidence(works=runtime.mlflow and runtime.is_alone)  # of shards alone there are no scores
        self._measured = {}
        options = {name: catalog.load(name) for name in sorted(pipeline.inputs()) if name.startswith("params:")}
        self._runtime = options.get("params:runtime", self._runtime)
        by_section = {name.removeprefix("params:"): value for name, value in options.items()}
        listed = dict(leaf for section, value in by_section.items() for leaf in asked(section, value))
        repro = dvc_process()
        source = catalog.load("source") if CORPUS & pipeline.datasets() else None
        name = run_name(run_params, by_section, source, repro)
        tags = run_tags(run_params, repro, catalog.load("project"))
        self._run = None

        def begin() -> None:
            self._run = open_run(name, tags, listed, repro)

        self._evidence.keep("the start of this run", begin)

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:
        if isinstance(data, Made):
            self._log_shards(data.shards)
        if dataset_name == "training_curve":
            self._log_curve(data)
        if dataset_name == "matrix_runs":
            self._evidence.keep("the runs of the matrix", lambda: log_cells(_cells(data)))
        if dataset_name.endswith("_metrics"):
            stage = dataset_name.removesuffix("_metrics")
            self._measured[stage] = data
            first = {"_cer": data["cer"]} if "cer" in data else {}  # sorts first, so that it is what is compared
            self._log(first | {f"{stage}.{key}": float(value) for key, value in data.items()})

    def _log_shards(self, made: Sequence[ShardInfo]) -> None:
        """Log what each shard took as a step, at the time when it was made: MLflow draws a GPU's work over a stage."""
        from ocr_project.engine.running.stage_metrics import measure_shard

        for info in made:
            if not info.gpus:
                continue
            step = self._shards[info.stage] = self._shards.get(info.stage, -1) + 1
            measured = {f"{info.stage}.shard.{k}": v for k, v in measure_shard(info, self._runtime).items()}
            self._log(measured, step, info.made)

    def _log_curve(self, curve: pd.DataFrame) -> None:
        """Log what was recorded of each update of a training: MLflow draws loss, speed and memory by its number."""
        for row in curve.to_dict("records"):
            known = {f"training.{name}": float(value) for name, value in row.items() if value == value}
            self._log(known, int(known.pop("training.update")))

    def _log(self, metrics: Mapping[str, float], step: int | None = None, when: float | None = None) -> None:
        self._evidence.keep("metrics", lambda: log_metrics(metrics, step, when, self._run))

    @hook_impl
    def after_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> None:
        if cost := cost_of_pages(self._measured, seconds_beside(catalog, self._measured)):
            self._log({f"_{name}": value for name, value in cost.items()})  # beside `_cer`, what is compared first
        paths = [path_of(catalog, name) for name in ARTIFACTS if name in pipeline.all_outputs()]
        paths += timeline_files(catalog, self._began)
        paths += [str(events)] if (events := events_path(catalog)).is_file() else []
        self._evidence.keep("reports and tables", lambda: log_files(paths))
        if timeline := timeline_of_run(catalog, self._began):
            self._log({f"timeline.{name}": value for name, value in timeline.figures().items()})
        if CORPUS & pipeline.datasets() and catalog.exists("documents"):
            from ocr_project.domain.schemas import from_frame

            documents = from_frame(catalog.load("documents"), Document)
            self._evidence.keep("what the corpus is", lambda: set_tags(corpus_tags(documents)))
        self._evidence.keep("the end of this run", lambda: end_run("FINISHED"))

    @hook_impl
    def on_pipeline_error(self) -> None:
        self._evidence.keep("the end of this run", lambda: end_run("FAILED"))


def _cells(place: Path) -> Iterator[Cell]:
    """Yield a cell of the matrix after the other: MLflow shows them below the run that they are part of."""
    from ocr_project.bench.matrix.judging import rates_of
    from ocr_project.bench.matrix.results import read_matrix

    for run in read_matrix(place):
        rates = {
            f"{name}{end}": value
            for name, values in rates_of(run).items()
            for end, value in zip(("", ".low", ".high"), values, strict=True)
            if math.isfinite(value)
        }
        facts = run.facts
        counts = {} if facts.status else {"questions": float(facts.questions), "missing": float(facts.missing)}
        tags = {"folder": facts.folder, "status": facts.status or "ok", "gpus": " + ".join(facts.cards)}
        tags |= {"weights": "dummy"} if facts.dummy else {}
        yield Cell(run.name, facts.settings, {**rates, **counts, **facts.cost}, tags, not facts.status)
