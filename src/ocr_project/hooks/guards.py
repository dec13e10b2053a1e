"""What a run needs before its first page, who may write meanwhile, and the memory between its nodes."""

from __future__ import annotations

import ctypes
import gc
import threading
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol, MemoryDataset
from kedro.pipeline import Pipeline

from ocr_project.domain.errors import OptionError
from ocr_project.domain.options import SECTIONS, RuntimeOptions
from ocr_project.domain.options.names import SHARDS
from ocr_project.domain.options.worker_logs import with_logs_of
from ocr_project.domain.types import Document
from ocr_project.storage.claims import LOGS, Worker, join
from ocr_project.storage.run_lock import SLICES, RunLock

if TYPE_CHECKING:
    pass


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
            lock = RunLock(catalog.load("project").data, _launch_of(runtime_of(catalog)))
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


def _keep_logs_apart(catalog: CatalogProtocol[Any, Any], logs: Path, worker: str) -> None:
    """Let servers of a worker write into its own folder: others have servers of the same numbers."""
    for section, model in SECTIONS.items():
        if isinstance(kept := catalog.get(f"params:{section}"), MemoryDataset):
            options = model.model_validate(kept.load() or {})
            if (own := with_logs_of(options, logs, worker)) is not options:
                kept.save(own)


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
        runtime = runtime_of(catalog)
        self._worker = None
        if runtime.is_alone:
            return
        others = sorted(name for node in pipeline.nodes if SHARDS not in node.tags for name in node.outputs)
        if others:
            raise OptionError(
                f"runtime.slice and runtime.launch are for runs that make shards only, and this one would also make"
                f" {', '.join(others[:4])}{' …' if len(others) > 4 else ''}: add `--tags shards`; when all parts are"
                f" there, the same run without them makes the rest"
            )
        if runtime.launch is not None:
            self._worker = join(runtime.launch, runtime.lease_seconds)
            _keep_logs_apart(catalog, runtime.launch / LOGS, self._worker.info.folder)

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


class MemoryHooks:
    """A node leaves no memory behind for the next: what it freed goes back to the system.

    Without it the C library and Arrow keep the holes that a long stage left, and the peak of a run over 2,000 pages
    was a tenth above that over 200 (docs/log.md).
    """

    @hook_impl(trylast=True)  # when all is imported
    def before_pipeline_run(self) -> None:
        """Collect garbage from here on, and leave out what was imported: `kedro run` had it stopped."""
        gc.freeze()
        gc.enable()

    @hook_impl
    def after_node_run(self) -> None:
        import pyarrow as pa

        pa.default_memory_pool().release_unused()
        with suppress(AttributeError, OSError):  # only glibc has it
            ctypes.CDLL("libc.so.6").malloc_trim(0)


def runtime_of(catalog: CatalogProtocol[Any, Any]) -> RuntimeOptions:
    """Return how a run uses the machine; a catalog that a notebook made may say nothing of it."""
    runtime = (catalog.load("parameters") if "parameters" in catalog else {}).get("runtime") or {}
    return RuntimeOptions.model_validate(runtime)
