"""Kedro's runner of this project: nodes one after another, but for the stages of OCR that work beside each other.

The graph stays as it is, and so do its nodes, datasets and hooks. What differs is when a node begins: one that makes
shards of those of another begins when that one has said what it will store, not when all of it is stored, and takes
each shard as it comes (`engine/running/feeds.py`). Kedro's own runners wait for whole datasets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from kedro.io import CatalogProtocol
from kedro.pipeline import Node, Pipeline
from kedro.runner import SequentialRunner
from kedro.runner.task import Task

from ocr_project.domain.options import (
    LayoutBackend,
    LayoutOptions,
    RecognitionBackend,
    RecognitionOptions,
    RuntimeOptions,
    ServerOptions,
)
from ocr_project.domain.options.base import Options
from ocr_project.domain.options.names import FOLLOWS, SHARDS
from ocr_project.engine.running.feeds import FEEDS, Stopped

if TYPE_CHECKING:
    from pluggy import PluginManager

Section = TypeVar("Section", bound=Options)
STAGES = ("ingest", "layout", "recognition", "transcript")  # each makes its shards of those of the one before


class StageRunner(SequentialRunner):
    """Runs nodes one after another; with `runtime.overlap`, the stages of OCR beside each other."""

    def _run(
        self,
        pipeline: Pipeline,
        catalog: CatalogProtocol[Any, Any],
        hook_manager: PluginManager | None = None,
        run_id: str | None = None,
    ) -> None:
        beside = groups(pipeline, catalog)
        if not beside:
            super()._run(pipeline, catalog, hook_manager, run_id)
            return
        done: set[Node] = set()
        uses = Counter(name for node in pipeline.nodes for name in node.inputs)
        try:
            for node in pipeline.nodes:
                if node in done:
                    continue
                group = next((group for group in beside if node in group), [node])
                _run_beside([Task(one, catalog, self._is_async, hook_manager, run_id) for one in group])
                for one in group:
                    done.add(one)
                    self._logger.info("Completed node: %s", one.name)
                    self._release_datasets(one, catalog, uses, pipeline)
                self._logger.info("Completed %d out of %d tasks", len(done), len(pipeline.nodes))
        except Exception:
            self._suggest_resume_scenario(pipeline, done, catalog)
            raise


def _run_beside(tasks: Sequence[Task]) -> None:
    """Run stages in threads, each from when the one before has said what it will store; a single task just so.

    Args:
        tasks: In the order of the stages.

    Raises:
        Exception: What the first of them raised that failed; the others have ended then, too.
    """
    if len(tasks) == 1:
        tasks[0].execute()
        return
    stages = [_stage_of(task.node) for task in tasks]
    running: list[Future[Node]] = []
    with (
        FEEDS.following(stages),
        ThreadPoolExecutor(len(tasks), "stage") as pool,
    ):
        try:
            for number, task in enumerate(tasks):
                FEEDS.wait(partial(_may_begin, running, stages[:number]))
                if _has_failed(running):
                    break
                running.append(pool.submit(task.execute))
                running[-1].add_done_callback(lambda _: FEEDS.notify())
            FEEDS.wait(lambda: _has_failed(running) or all(future.done() for future in running))
        finally:
            FEEDS.stop()  # after an interrupt, too: that is raised here alone
    errors = [error for future in running if (error := future.exception()) is not None]
    for error in sorted(errors, key=lambda error: isinstance(error, Stopped)):
        raise error


def _may_begin(running: Sequence[Future[Node]], before: Sequence[str]) -> bool:
    """Say whether a stage may begin, or is not to: the one before it has said what it will store, or is over."""
    return not running or running[-1].done() or _has_failed(running) or FEEDS.has_opened(before[-1])


def _has_failed(running: Sequence[Future[Node]]) -> bool:
    return any(future.done() and future.exception() is not None for future in running)


def groups(pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> list[list[Node]]:
    """Return the nodes that run beside each other.

    Args:
        pipeline: Of a run.
        catalog: Of the run: its options say which stages may.

    Returns:
        Two or more nodes in each group, in the order of their stages.
    """
    if not _options(catalog, "runtime", RuntimeOptions).overlap:
        return []
    nodes = {_stage_of(node): node for node in pipeline.nodes if SHARDS in node.tags}
    found: list[list[Node]] = [[]]
    for stage in STAGES:
        if stage not in nodes or (stage == "recognition" and not _reads_beside_layout(catalog)):
            found.append([])
        if stage in nodes:
            followers = [node for node in pipeline.nodes if FOLLOWS in node.tags and _stage_of(node) == stage]
            found[-1] += [nodes[stage], *followers]
    return [group for group in found if len(group) > 1 and _is_together(group, pipeline)]


def _is_together(group: Sequence[Node], pipeline: Pipeline) -> bool:
    """Say whether all that a group needs is there before its first node."""
    before = set(pipeline.nodes[: pipeline.nodes.index(group[0])])
    return all(pipeline.node_dependencies[node] <= before | set(group) for node in group)


def _reads_beside_layout(catalog: CatalogProtocol[Any, Any]) -> bool:
    reading, layout = _options(catalog, "recognition", RecognitionOptions), _options(catalog, "layout", LayoutOptions)
    if reading.backend is RecognitionBackend.VLLM:
        return bool(reading.vllm.urls) or has_room(reading.vllm, layout)
    return (
        reading.backend is not RecognitionBackend.TRANSFORMERS or layout.backend is not LayoutBackend.PP_DOCLAYOUT_V3
    )


def has_room(servers: ServerOptions, layout: LayoutOptions | None) -> bool:
    """Say whether servers may start beside layout: one that measures the card wants it to itself."""
    return servers.is_sized or layout is None or layout.backend is not LayoutBackend.PP_DOCLAYOUT_V3


def _options(catalog: CatalogProtocol[Any, Any], section: str, kind: type[Section]) -> Section:
    """Return a stage's options; a catalog that a notebook made may not have them."""
    found = catalog.load(f"params:{section}") if f"params:{section}" in catalog else {}
    return found if isinstance(found, kind) else kind.model_validate(found)


def _stage_of(node: Node) -> str:
    return (node.namespace or "").partition(".")[0]
