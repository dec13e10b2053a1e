"""What reaches MLflow."""

from __future__ import annotations

from pathlib import Path

import mlflow
import pytest

from ocr_project.domain.gpu_usage import GpuUsage
from ocr_project.domain.types import Prune, Shard, ShardInfo
from ocr_project.hooks import MlflowHooks

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
