"""What reaches MLflow, what nodes are given beside data, and what the lock does when other hooks raise."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pluggy
import psutil
import pytest
from kedro.framework.hooks import hook_impl
from kedro.framework.hooks.specs import PipelineSpecs
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline, node

from ocr_project.cli.evidence import close_killed
from ocr_project.datasets.place import Place
from ocr_project.domain.errors import FolderBusy, GateFailed, SourceError
from ocr_project.domain.gpu_usage import GpuUsage
from ocr_project.domain.project import Project
from ocr_project.domain.types import Made, ShardInfo
from ocr_project.hooks import ARTIFACTS, PLACES, LockHooks, MlflowHooks
from ocr_project.storage.run_lock import RunLock
from tests.waiting import wait_for
from tests.whole_job import ROOT

USAGE = GpuUsage(0, "NVIDIA Test", 10.0, 3600.0, sm=((50, 40),))


def test_shards_made_beside_a_gpu_are_steps_of_their_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    hooks = MlflowHooks()
    shards = [
        ShardInfo(name, "k", name, 20, stage="layout", wall_seconds=10.0, gpus=(USAGE,), made=made)
        for name, made in (("a", 1_700_000_000.0), ("b", 1_700_000_010.0))
    ]
    mlflow.set_experiment("ocr_project")  # that of a test before is not in this store
    with mlflow.start_run() as run:
        hooks.after_dataset_saved("regions", Made("regions", tuple(shards)))
        hooks.after_dataset_saved("pages", Made("pages", (ShardInfo("a", "k", "a", 20, stage="ingest"),)))
    client = mlflow.MlflowClient()
    found = client.get_metric_history(run.info.run_id, "layout.shard.gpu_watt_hours")
    assert [(metric.step, metric.value) for metric in found] == [(0, 1.0), (1, 1.0)]
    assert found[1].timestamp - found[0].timestamp == 10_000, "when each was made, not when all were there"
    assert client.get_run(run.info.run_id).data.metrics["layout.shard.pages_per_second"] == 2.0
    assert not [name for name in client.get_run(run.info.run_id).data.metrics if name.startswith("ingest")]


def test_each_update_of_a_training_is_a_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    curve = pd.DataFrame({"update": [1, 4, 7], "loss": [4.0, 2.5, 1.0], "valid_cer": [None, 0.5, None]})
    mlflow.set_experiment("ocr_project")  # that of a test before is not in this store
    with mlflow.start_run() as run:
        MlflowHooks().after_dataset_saved("training_curve", curve)
    client = mlflow.MlflowClient()
    loss = client.get_metric_history(run.info.run_id, "training.loss")
    assert [(one.step, one.value) for one in loss] == [(1, 4.0), (4, 2.5), (7, 1.0)]
    looked = client.get_metric_history(run.info.run_id, "training.valid_cer")
    assert [(one.step, one.value) for one in looked] == [(4, 0.5)], "only where it was looked at"
    assert set(client.get_run(run.info.run_id).data.metrics) == {"training.loss", "training.valid_cer"}


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
    run_params = {"stops": stops}
    catalog = DataCatalog({"pages": MemoryDataset(), "project": MemoryDataset(Project(folder, folder / "data"))})
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


def test_what_a_run_names_at_its_end_and_hands_to_mlflow_has_a_path() -> None:
    catalog = opened()
    pathless = [name for name in sorted({*PLACES, *ARTIFACTS}) if not isinstance(catalog.get(name), Place)]
    assert pathless == []


def test_without_options_the_source_is_the_projects_own_or_the_samples() -> None:
    found = Path(opened().load("source"))
    assert found in (ROOT / "data/01_raw/documents", ROOT / "samples/documents")


def test_a_baseline_that_is_none_is_said_when_it_is_read(tmp_path: Path) -> None:
    catalog = opened(testsets={"gate": {"baseline": str(tmp_path)}})
    with pytest.raises(Exception, match="is not the record of a testsets run"):
        catalog.load("baseline_run")


@pytest.fixture
def tracking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield the database that MLflow is told to use."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    monkeypatch.chdir(tmp_path)
    yield tmp_path / "mlflow.db"
    mlflow.set_tracking_uri(None)  # takes the variable away as well: what it was before is put back after this


def whole_run(
    folder: Path, metrics: dict[str, float], *, meanwhile: Callable[[], object] = lambda: None, **runtime: Any
) -> None:
    hooks, nothing = MlflowHooks(), Pipeline([])
    project = MemoryDataset(Project(folder, folder / "data", "abc"))
    catalog = DataCatalog({"project": project, "parameters": MemoryDataset({"runtime": runtime})})
    hooks.before_pipeline_run({"env": None}, nothing, catalog)
    meanwhile()
    hooks.after_dataset_saved("benchmark_metrics", metrics)
    hooks.after_pipeline_run(nothing, catalog)


def test_a_run_that_is_not_to_be_kept_is_not(tracking: Path) -> None:
    whole_run(tracking.parent, {"cer": 0.1}, mlflow=False)
    assert not tracking.exists()


def test_names_from_outside_reach_mlflow(tracking: Path) -> None:
    whole_run(tracking.parent, {"cer.Reports (2024)": 0.1, "cer.R&D": 0.2, f"cer.{'가' * 300}": 0.3})
    run = mlflow.search_runs(experiment_names=["ocr_project"], output_format="list")[0]
    assert (run.info.status, sorted(run.data.metrics.values())) == ("FINISHED", [0.1, 0.2, 0.3])


@pytest.mark.parametrize("midway", [False, True])
def test_a_damaged_database_is_one_warning(midway: bool, tracking: Path, caplog: pytest.LogCaptureFixture) -> None:
    def damage() -> None:
        tracking.write_bytes(b"not a database" * 500)

    if not midway:
        damage()
    whole_run(tracking.parent, {"cer": 0.1}, meanwhile=damage if midway else lambda: None)
    said = [record.getMessage() for record in caplog.records if "MLflow could not keep" in record.getMessage()]
    assert len(said) == 1
    assert "goes on without MLflow" in said[0]
    assert mlflow.active_run() is None


def test_a_run_killed_while_its_store_is_made_leaves_none(tracking: Path) -> None:
    never_whole = (
        "from ocr_project.cli import evidence as e; import signal; e.put_in_place = lambda *_: signal.pause();"
    )
    first = subprocess.Popen([sys.executable, "-c", f"{never_whole} e.open_run('', {{}}, {{}}, None)"])
    wait_for(lambda: first.poll() is not None or any(path.stat().st_size for path in tracking.parent.rglob("*.db")))
    first.kill()
    assert first.wait() == -signal.SIGKILL
    assert not tracking.exists()
    whole_run(tracking.parent, {"cer": 0.1})
    assert mlflow.search_runs(experiment_names=["ocr_project"], output_format="list")[0].data.metrics == {
        "_cer": 0.1,
        "benchmark.cer": 0.1,
    }


def test_runs_of_killed_processes_are_closed(tracking: Path) -> None:
    mlflow.set_tracking_uri(f"sqlite:///{tracking}")
    mlflow.set_experiment("ocr_project")
    client, experiment = mlflow.MlflowClient(), mlflow.get_experiment_by_name("ocr_project")
    assert experiment is not None
    mine = f"{socket.gethostname()}/{os.getpid()}"
    began = f"{psutil.Process().create_time():.0f}"
    tags = (f"{socket.gethostname()}/4194300/1", f"{mine}/1", f"{mine}/{began}", "elsewhere/4194300/1", "")
    runs = [client.create_run(experiment.experiment_id, tags={"process": tag}).info.run_id for tag in tags]
    close_killed(client)
    found = [client.get_run(run).info.status for run in runs]
    assert found == ["KILLED", "KILLED", "RUNNING", "RUNNING", "RUNNING"]


def test_every_stage_uses_the_cards_that_are_named() -> None:
    catalog = opened(runtime={"gpus": "0+1"}, recognition={"backend": "vllm"})
    assert catalog.load("params:layout").pp_doclayout_v3.gpus == (0, 1)
    assert catalog.load("params:recognition").vllm.gpus == (0, 1)
    assert catalog.load("params:embedding").vllm.gpus == (0, 1)
    assert catalog.load("params:fields").vllm.gpus == (0, 1)
    assert catalog.load("params:matrix").gpus == (0, 1)
    assert opened().load("params:recognition").vllm.gpus == (0,)


@pytest.mark.parametrize(("given", "pool"), [(None, "system"), ("mimalloc", "mimalloc")])
def test_arrow_takes_its_memory_where_it_can_be_given_back_unless_told_otherwise(given: str | None, pool: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "ARROW_DEFAULT_MEMORY_POOL"}
    program = "import ocr_project.settings, pyarrow; print(pyarrow.default_memory_pool().backend_name)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment | ({"ARROW_DEFAULT_MEMORY_POOL": given} if given else {}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == pool
