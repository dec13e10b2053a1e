"""What reaches MLflow, what nodes are given beside data, and what the lock does when other hooks raise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import pluggy
import pytest
from kedro.framework.hooks import hook_impl
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.framework.hooks.specs import PipelineSpecs
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline, node, pipeline
from kedro.runner import SequentialRunner

from ocr_project.domain.errors import FolderBusy, GateFailed, SourceError
from ocr_project.domain.gpu_usage import GpuUsage
from ocr_project.domain.types import Prune, Shard, ShardInfo
from ocr_project.hooks import LockHooks, MemoryHooks, MlflowHooks
from ocr_project.storage.run_lock import RunLock
from tests.whole_job import ROOT

USAGE = GpuUsage(0, "NVIDIA Test", 10.0, 3600.0, sm=((50, 40),))


def test_shards_made_beside_a_gpu_are_steps_of_their_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    hooks = MlflowHooks()
    with mlflow.start_run() as run:
        for name in ("a", "b"):
            info = ShardInfo(name, "k", name, 20, stage="layout", wall_seconds=10.0, gpus=(USAGE,))
            hooks.after_dataset_saved("regions", Shard(info, []))
        hooks.after_dataset_saved("pages", Shard(ShardInfo("a", "k", "a", 20, stage="ingest"), []))
        hooks.after_dataset_saved("regions", Prune(("old",)))
    client = mlflow.MlflowClient()
    found = client.get_metric_history(run.info.run_id, "layout.shard.gpu_watt_hours")
    assert [(metric.step, metric.value) for metric in found] == [(0, 1.0), (1, 1.0)]
    assert client.get_run(run.info.run_id).data.metrics["layout.shard.pages_per_second"] == 2.0
    assert not [name for name in client.get_run(run.info.run_id).data.metrics if name.startswith("ingest")]


class Stops:
    """A hook that raises, as the preflight, MLflow and the gate do."""

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any]) -> None:
        if run_params.get("stops") == "before":
            raise SourceError("no documents")

    @hook_impl
    def after_pipeline_run(self) -> None:
        raise GateFailed(["cer"])


@pytest.fixture
def hooks() -> pluggy.PluginManager:
    manager = pluggy.PluginManager("kedro")
    manager.add_hookspecs(PipelineSpecs)
    manager.register(LockHooks())
    manager.register(Stops())
    return manager


def begin(hooks: pluggy.PluginManager, folder: Path, output: str = "pages", stops: str = "") -> None:
    pipeline = Pipeline([node(lambda: 1, None, output)])
    run_params = {"project_path": str(folder), "stops": stops}
    catalog = DataCatalog({"pages": MemoryDataset()})
    hooks.hook.before_pipeline_run(run_params=run_params, pipeline=pipeline, catalog=catalog)


def is_free(folder: Path) -> bool:
    lock = RunLock(folder / "data")
    try:
        lock.take()
    except FolderBusy:
        return False
    lock.release()
    return True


def test_the_folder_is_locked_while_a_pipeline_runs(hooks: pluggy.PluginManager, tmp_path: Path) -> None:
    begin(hooks, tmp_path)
    assert not is_free(tmp_path)
    hooks.hook.on_pipeline_error(error=OSError(), run_params={}, pipeline=None, catalog=None)
    assert is_free(tmp_path)


def test_a_hook_that_raises_leaves_the_folder_free(hooks: pluggy.PluginManager, tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        begin(hooks, tmp_path, stops="before")
    assert is_free(tmp_path)
    begin(hooks, tmp_path)
    with pytest.raises(GateFailed):
        hooks.hook.after_pipeline_run(run_params={}, run_result={}, pipeline=None, catalog=None)
    assert is_free(tmp_path)


def test_after_an_interrupt_the_same_thread_can_run_again(hooks: pluggy.PluginManager, tmp_path: Path) -> None:
    begin(hooks, tmp_path)  # Kedro calls no hook when a KeyboardInterrupt ends the run
    begin(hooks, tmp_path)
    assert not is_free(tmp_path)
    hooks.hook.on_pipeline_error(error=OSError(), run_params={}, pipeline=None, catalog=None)


def test_what_writes_nothing_needs_no_lock(hooks: pluggy.PluginManager, tmp_path: Path) -> None:
    begin(hooks, tmp_path, output="not in the catalog")
    assert is_free(tmp_path)


def opened(**params: Any) -> Any:
    bootstrap_project(ROOT)
    with KedroSession.create(project_path=ROOT, runtime_params=params) as session:
        return session.load_context().catalog


def test_what_options_name_stands_in_the_catalog(tmp_path: Path) -> None:
    catalog = opened(ingest={"source": str(tmp_path)}, benchmark={"compare": {"other": "data/elsewhere"}})
    assert catalog.load("source") == str(tmp_path)
    assert catalog.load("other_transcripts")["other"].folder == ROOT / "data/elsewhere"
    assert catalog.load("baseline_run") is None
    assert catalog.load("project").root == ROOT


def test_without_options_the_source_is_the_projects_own_or_the_samples() -> None:
    found = Path(opened().load("source"))
    assert found in (ROOT / "data/01_raw/documents", ROOT / "samples/documents")


def test_a_baseline_that_is_none_is_said_when_it_is_read(tmp_path: Path) -> None:
    catalog = opened(testsets={"gate": {"baseline": str(tmp_path)}})
    with pytest.raises(Exception, match="is not the record of a testsets run"):
        catalog.load("baseline_run")


def test_memory_is_given_back_when_a_streaming_node_is_over() -> None:
    """Kedro says that a generator node has run before it did anything; its work is over when the next one begins."""
    seen: list[str] = []

    class Releasing(MemoryHooks):
        @hook_impl
        def before_node_run(self) -> None:
            super().before_node_run()
            seen.append("released")

    def streaming() -> Iterator[int]:
        for number in range(2):
            seen.append(f"made {number}")
            yield number

    manager: pluggy.PluginManager = _create_hook_manager()
    manager.register(Releasing())

    def read(numbers: object) -> str:
        return str(numbers)

    nodes = [node(streaming, None, "numbers", name="a"), node(read, "numbers", "text", name="b")]
    SequentialRunner().run(pipeline(nodes), DataCatalog(), manager)
    assert seen == ["released", "made 0", "made 1", "released"]
