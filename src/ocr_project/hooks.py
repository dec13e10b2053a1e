"""What the Kedro shell adds: what options name, checks before a run, evidence to MLflow, a table at the end."""

from __future__ import annotations

import ctypes
import math
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

from ocr_project.cli.evidence import Cell, Evidence, end_run, log_cells, log_files, log_metrics, open_run, set_tags
from ocr_project.cli.log_format import show_safely
from ocr_project.cli.run_notes import corpus_tags, dvc_process, leaves, run_name, run_tags
from ocr_project.cli.summary import print_fields, print_gate, print_matrix, print_places, print_scores, print_summary
from ocr_project.datasets import Checkout, LineageFolder, NamedByOption, Place, ShardedParquet
from ocr_project.domain.errors import FailuresLeft, GateFailed, GateOpen, OptionError
from ocr_project.domain.options import SECTIONS, RuntimeOptions
from ocr_project.domain.options.names import DATA, unknown_sections
from ocr_project.domain.options.testsets import WhenOpen
from ocr_project.domain.types import Document, Made, ShardInfo, Transcript
from ocr_project.storage.claims import Worker, join
from ocr_project.storage.run_lock import SLICES, RunLock

if TYPE_CHECKING:
    import pandas as pd

    from ocr_project.storage.run_record import RunRecord

CORPUS = frozenset({"documents", "pages", "transcripts"})  # of which pipelines over a corpus read or make one
PLACES: tuple[str, ...] = (
    *("exports", "report", "review_page", "published", "benchmark_page", "benchmark_run"),
    *("testset_table", "answer_table", "gate_table", "field_table", "field_files"),
    *("prompt_table", "prompt_page", "prompt_collection", "release_record", "release_table"),
    *("matrix_page", "matrix_table", "resolution_table"),
    *("training_refused", "training_page"),
    *("training_data_page", "refusal_table", "layout_lmdb"),
)
ARTIFACTS = (
    *("report", "score_table", "retrieval_table", "search_table", "recognizer_table", "shard_table"),
    *("benchmark_page", "benchmark_run", "testset_table", "answer_table", "gate_table"),
    *("training_refused", "training_page", "training_curve"),
    *("field_table", "field_answer_rows", "field_prompts"),
    *("prompt_table", "prompt_page", "prompt_tries", "prompt_collection", "release_record", "release_table"),
    *("matrix_page", "matrix_table", "matrix_pair_table", "resolution_table"),
    *("training_data_page", "refusal_table"),
)
_CLOCK = 2.0  # seconds by which the clock of a file system may be behind
# The tables that end a run where something is worse, and what the options say of one that cannot tell.
GATES: Mapping[str, Callable[[CatalogProtocol[Any, Any]], WhenOpen]] = {
    "gate_table": lambda catalog: catalog.load("params:testsets").gate.open,
    "release_table": lambda catalog: catalog.load("params:release").open,
}


class OptionHooks:
    """What options name, and names that they had in the release before.

    Every way to run a pipeline makes a catalog: the command line, a session in a notebook, Airflow: hence it is here.
    """

    def __init__(self) -> None:
        self._root = Path()

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        self._root = context.project_path
        show_safely()

    @hook_impl
    def after_catalog_created(self, catalog: CatalogProtocol[Any, Any], parameters: dict[str, Any]) -> None:
        """Refuse names that are unknown or old, and let the datasets that options name be looked up.

        Raises:
            OptionError: There is no such option, or it has another name now; the message says which may be meant.
        """
        given: dict[str, Any] = parameters["parameters"]
        _refuse_names(given)
        project = catalog.get("project")
        data = project.data if isinstance(project, Checkout) else self._root / DATA
        _refuse_data(given, data, self._root)
        for name, look_up in _look_ups(given, self._root, data).items():
            dataset = catalog.get(name)
            if isinstance(dataset, NamedByOption):  # a person's own catalog may have another in its place
                dataset.bind(look_up)


def _look_ups(given: Mapping[str, Any], root: Path, data: Path) -> dict[str, Callable[[], Any]]:
    """Return what reads the datasets that options name; relative paths start at the project."""

    def options(section: str) -> Any:
        return SECTIONS[section].model_validate(given.get(section) or {})

    def source() -> str:
        from ocr_project.engine.ingest import source_location

        return source_location(options("ingest"), default_root=root, data=data)

    def other_transcripts() -> dict[str, LineageFolder]:
        return {name: LineageFolder(root / path, Transcript) for name, path in options("benchmark").compare.items()}

    def baseline_run() -> RunRecord | None:
        from ocr_project.storage.run_record import read_record

        path = options("testsets").gate.baseline
        return None if path is None else read_record(root / path)

    def released_run() -> RunRecord | None:
        from ocr_project.storage.run_record import read_record

        path = options("release").baseline
        return None if path is None else read_record(root / path)

    return {
        "source": source,
        "other_transcripts": other_transcripts,
        "baseline_run": baseline_run,
        "released_run": released_run,
    }


def _refuse_data(given: Mapping[str, Any], data: Path, root: Path) -> None:
    """Refuse a data folder that the catalog does not follow, or that would not be where it seems to be.

    Raises:
        OptionError: It is named in a parameters.yml, or begins with `~`, which no shell expands behind a `=`.
    """
    named = given.get(DATA)
    if named is not None and root / str(named) != data:
        raise OptionError(
            "`data` in a parameters.yml moves nothing: say --params data=PATH, or write it into conf/base/globals.yml"
        )
    if str(named or "").startswith("~"):
        raise OptionError(f"data={named}: write the whole path, `~` stands for nothing here")


def _refuse_names(given: Mapping[str, Any]) -> None:
    """Look at all stages: Kedro validates the options of those that run."""
    said = unknown_sections(given, SECTIONS)
    said += [
        message
        for section, model in SECTIONS.items()
        if isinstance(values := given.get(section), Mapping)
        for name, message in model.moved.items()
        if name in values
    ]
    if said:
        raise OptionError("; ".join(said))


class PreflightHooks:
    """What is missing is said before the first page is read, not after the first hour."""

    @hook_impl(tryfirst=True)  # before MLflow opens a run
    def before_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> None:
        from ocr_project.checks.preflight import (
            check_apart,
            check_backends,
            check_corpus,
            check_fields,
            check_prompt_search,
            check_replacement,
            check_source,
            check_test_sets,
        )
        from ocr_project.engine.ingest.source import SAMPLES

        names = [name for name in pipeline.inputs() if name.startswith("params:")]
        project = catalog.load("project")
        check_backends({name: catalog.load(name) for name in names}, project.data)
        if "published" in pipeline.all_outputs():
            wanted = pipeline.inputs() - {*names, "published_done"}
            check_corpus([name for name in wanted if not catalog.exists(name)])
        if "documents" in pipeline.all_outputs():
            source, options = catalog.load("source"), catalog.load("params:ingest")
            check_source(source, options)
            check_apart(source, project.data)
            if catalog.exists("documents"):
                from ocr_project.domain.schemas import from_frame

                held = from_frame(catalog.load("documents"), Document)
                check_replacement(held, source, options, project.root / SAMPLES)
        if "testset_pages" in pipeline.all_outputs():
            check_test_sets(catalog.load("params:testsets"))
        if "field_answers" in pipeline.all_outputs():
            check_fields(catalog.load("params:fields"), catalog.load("params:runtime"))
        if "prompt_tries" in pipeline.all_outputs():
            check_prompt_search(*(catalog.load(f"params:{name}") for name in ("fields", "prompt_search", "runtime")))
        if "training_samples" in pipeline.all_outputs():
            from ocr_project.training.samples.opening import check_sources

            check_sources(catalog.load("params:training_data"), project.root)


class LockHooks:
    """One run at a time in a data folder: a second one is refused before anything is read or written.

    The lock is held around all other hooks, and given back also where one of them raises. After an interrupt in a
    notebook Kedro calls no hook at all: the lock then stays with the notebook until its next run, or its end.
    """

    def __init__(self) -> None:
        self._lock: RunLock | None = None
        self._thread = 0

    @hook_impl(wrapper=True)
    def before_pipeline_run(
        self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]
    ) -> Generator[None, None, None]:
        if self._thread == threading.get_ident():
            self._release()  # of a run of this thread that was interrupted: it cannot be at work any more
        if any(name in catalog for name in pipeline.all_outputs()):
            lock = RunLock(catalog.load("project").data, _launch_of(_runtime_of(catalog)))
            lock.take()
            self._lock, self._thread = lock, threading.get_ident()
        try:
            yield
        except BaseException:
            self._release()
            raise

    @hook_impl(wrapper=True)
    def after_pipeline_run(self) -> Generator[None, None, None]:
        try:
            yield
        finally:
            self._release()

    @hook_impl(wrapper=True)
    def on_pipeline_error(self) -> Generator[None, None, None]:
        try:
            yield
        finally:
            self._release()

    def _release(self) -> None:
        lock, self._lock, self._thread = self._lock, None, 0
        if lock is not None:
            lock.release()


def _runtime_of(catalog: CatalogProtocol[Any, Any]) -> RuntimeOptions:
    runtime = (catalog.load("parameters") if "parameters" in catalog else {}).get("runtime") or {}
    return RuntimeOptions.model_validate(runtime)


def _launch_of(runtime: RuntimeOptions) -> str:
    """Return whose lock a run shares; an empty string for a run of its own."""
    if runtime.launch is not None:
        return str(runtime.launch.resolve())
    return "" if runtime.is_alone else SLICES


class WorkerHooks:
    """A run that is one worker of several: it makes shards only, and says when it is at its end."""

    def __init__(self) -> None:
        self._worker: Worker | None = None

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> None:
        """Join the launch.

        Raises:
            OptionError: The run would make more than shards: tables and reports are for one run, at the end.
        """
        runtime = _runtime_of(catalog)
        self._worker = None
        if runtime.is_alone:
            return
        others = sorted(name for name in pipeline.all_outputs() if not isinstance(catalog.get(name), ShardedParquet))
        if others:
            raise OptionError(
                f"runtime.slice and runtime.launch are for runs that make shards only, and this one would also make"
                f" {', '.join(others[:4])}{' …' if len(others) > 4 else ''}: add `--tags shards`; when all parts are"
                f" there, the same run without them makes the rest"
            )
        if runtime.launch is not None:
            self._worker = join(runtime.launch, runtime.lease_seconds)

    @hook_impl(trylast=True)
    def after_pipeline_run(self) -> None:
        self._end("done")

    @hook_impl(trylast=True)
    def on_pipeline_error(self) -> None:
        self._end("failed")

    def _end(self, how: str) -> None:
        if self._worker is not None:
            self._worker.end(how)
            join.cache_clear()  # a notebook may be a worker once more


class MlflowHooks:
    """One MLflow run for each `kedro run`, or for each `dvc repro`: options leaf by leaf, metrics, the report.

    Nothing that goes wrong with it ends a run: the results are worth more than the notes about them.

    Why not kedro-mlflow: it logs a typed option as one string, and a comparison of runs needs the leaves.
    """

    def __init__(self) -> None:
        self._runtime = RuntimeOptions()
        self._shards: dict[str, int] = {}  # the last step of each stage
        self._evidence = Evidence()

    @hook_impl
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]
    ) -> None:
        self._evidence = Evidence(works=_runtime_of(catalog).is_alone)  # a run that makes shards only has no scores
        options = {name: catalog.load(name) for name in sorted(pipeline.inputs()) if name.startswith("params:")}
        self._runtime = options.get("params:runtime", self._runtime)
        by_section = {name.removeprefix("params:"): value for name, value in options.items()}
        listed = dict(leaf for section, value in by_section.items() for leaf in leaves(section, value))
        repro = dvc_process()
        source = catalog.load("source") if CORPUS & pipeline.datasets() else None
        name = run_name(run_params, by_section, source, repro)
        tags = run_tags(run_params, repro, catalog.load("project"))
        self._evidence.keep("the start of this run", lambda: open_run(name, tags, listed, repro))

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
            first = {"_cer": data["cer"]} if "cer" in data else {}  # sorts first, so that it is what is compared
            self._log(first | {f"{stage}.{key}": float(value) for key, value in data.items()})

    def _log_shards(self, made: Sequence[ShardInfo]) -> None:
        """Log what each shard took as a step, at the time when it was made: MLflow draws a GPU's work over a stage."""
        from ocr_project.engine.running.stage_metrics import measure_shard

        when = time.time() - sum(info.wall_seconds for info in made)
        for info in made:
            when += info.wall_seconds  # from the shard before it to this one
            if not info.gpus:
                continue
            step = self._shards[info.stage] = self._shards.get(info.stage, -1) + 1
            measured = {f"{info.stage}.shard.{k}": v for k, v in measure_shard(info, self._runtime).items()}
            self._log(measured, step, when)

    def _log_curve(self, curve: pd.DataFrame) -> None:
        """Log what was recorded of each update of a training: MLflow draws loss, speed and memory by its number."""
        for row in curve.to_dict("records"):
            known = {f"training.{name}": float(value) for name, value in row.items() if value == value}
            self._log(known, int(known.pop("training.update")))

    def _log(self, metrics: Mapping[str, float], step: int | None = None, when: float | None = None) -> None:
        self._evidence.keep("metrics", lambda: log_metrics(metrics, step, when))

    @hook_impl
    def after_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> None:
        paths = [_path_of(catalog, name) for name in ARTIFACTS if name in pipeline.all_outputs()]
        self._evidence.keep("reports and tables", lambda: log_files(paths))
        if CORPUS & pipeline.datasets() and catalog.exists("documents"):
            from ocr_project.domain.schemas import from_frame

            documents = from_frame(catalog.load("documents"), Document)
            self._evidence.keep("what the corpus is", lambda: set_tags(corpus_tags(documents)))
        self._evidence.keep("the end of this run", lambda: end_run("FINISHED"))

    @hook_impl
    def on_pipeline_error(self) -> None:
        self._evidence.keep("the end of this run", lambda: end_run("FAILED"))


class MemoryHooks:
    """A node leaves no memory behind for the next: what it freed goes back to the system.

    Without it the C library and Arrow keep the holes that a long stage left, and the peak of a run over 2,000 pages
    was a tenth above that over 200 (docs/log.md).
    """

    @hook_impl
    def after_node_run(self) -> None:
        import pyarrow as pa

        pa.default_memory_pool().release_unused()
        with suppress(AttributeError, OSError):  # only glibc has it
            ctypes.CDLL("libc.so.6").malloc_trim(0)


class SummaryHooks:
    """The short table at the end: of what this run did, not of what an earlier one left."""

    def __init__(self) -> None:
        self._began = 0.0

    @hook_impl
    def before_pipeline_run(self) -> None:
        self._began = time.time()

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
        places: dict[str, str] = {name: _path_of(catalog, name) for name in PLACES if name in pipeline.all_outputs()}
        failures = print_summary(metrics)
        if "testset_table" in places:
            print_scores(catalog.load("testset_table"))
        if "field_table" in places:
            print_fields(catalog.load("field_table"))
        if "matrix_table" in places:
            print_matrix(catalog.load("matrix_table"))
        for name in GATES.keys() & places.keys():
            print_gate(catalog.load(name))
        if (
            catalog.load("project").root / "pyproject.toml"
        ).is_file():  # else its folders are a matter of `ocr-project`
            print_places(places)
        for name in GATES.keys() & places.keys():
            _judge(catalog.load(name), GATES[name](catalog))
        runtime = catalog.load("params:runtime") if "params:runtime" in pipeline.inputs() else None
        if failures and runtime is not None and runtime.failures_are_errors:
            raise FailuresLeft(failures)


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


def _path_of(catalog: CatalogProtocol[Any, Any], name: str) -> str:
    """Return the path of a dataset; of a versioned one, the version of this run."""
    dataset = catalog.get(name)
    assert isinstance(dataset, Place), f"{name} has no path"
    return str(dataset.path)


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
