"""The timeline that a run leaves beside its results."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import mlflow
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline, node
from pydantic import ValidationError

from ocr_project.domain.options import RuntimeOptions
from ocr_project.domain.project import Project
from ocr_project.domain.types import Made, ShardInfo
from ocr_project.engine.running.events import EVENTS, Happening
from ocr_project.engine.running.timeline import State, read_timeline
from ocr_project.hooks import EventHooks, MlflowHooks, TimelineHooks
from ocr_project.hooks.timeline import timeline_files, timeline_folder, timeline_of_run
from ocr_project.storage.claims import Worker, join, workers_of

MADE = Made("recognitions", (ShardInfo("a", "k", "a", 20, stage="recognition", wall_seconds=0.01, made=time.time()),))
LEASE = 60.0


def catalog_of(folder: Path, **runtime: Any) -> DataCatalog:
    parameters = MemoryDataset({"runtime": runtime})
    return DataCatalog({"project": MemoryDataset(Project(folder, folder / "data")), "parameters": parameters})


def run(catalog: DataCatalog, made: Made = MADE, error: bool = False) -> None:
    hooks, pipeline = TimelineHooks(), Pipeline([node(lambda: 1, None, "recognitions", name="recognise")])
    (step,) = Pipeline(pipeline, namespace="recognition").nodes
    hooks.before_pipeline_run()
    hooks.before_node_run(step)
    hooks.after_dataset_saved(made)
    if error:
        hooks.on_pipeline_error(catalog)
        return
    hooks.after_node_run(step)
    hooks.after_pipeline_run(pipeline, catalog)


def test_a_run_leaves_its_timeline_as_json_and_as_a_page(tmp_path: Path) -> None:
    began, catalog = time.time(), catalog_of(tmp_path)
    run(catalog)
    assert [Path(path).name for path in timeline_files(catalog, began - 2)] == ["timeline.json", "timeline.html"]
    (lane,) = read_timeline(timeline_folder(catalog) / "timeline.json").lanes
    assert (lane.name, lane.spans[0].state, lane.spans[0].what) == ("recognition", State.BUSY, "recognise")
    assert timeline_of_run(catalog, time.time() + 60) is None, "not that of an earlier run"


def test_events_of_servers_are_in_it_but_not_those_of_an_earlier_run(tmp_path: Path) -> None:
    catalog, now = catalog_of(tmp_path), time.time()
    timeline_folder(catalog).mkdir(parents=True)
    events = [("server started", now + 0.1, 1), ("server ready", now + 0.2, 1), ("server started", now - 99, 0)]
    lines = [json.dumps({"at": at, "what": what, "stage": "recognition", "who": f"s{gpu}", "gpu": gpu})
             for what, at, gpu in events]  # fmt: skip
    (timeline_folder(catalog) / "events.jsonl").write_text("\n".join(lines), encoding="utf-8")
    run(catalog)
    names = [lane.name for lane in read_timeline(timeline_folder(catalog) / "timeline.json").lanes]
    assert names == ["recognition", "GPU 1"]


def test_a_run_that_fails_has_a_timeline_too(tmp_path: Path) -> None:
    catalog = catalog_of(tmp_path)
    run(catalog, error=True)
    (lane,) = read_timeline(timeline_folder(catalog) / "timeline.json").lanes
    assert lane.name == "recognition"


@pytest.mark.parametrize(("made", "runtime"), [(Made("recognitions"), {}), (MADE, {"slice": "0/2"})])
def test_a_run_that_made_nothing_and_a_worker_leave_that_of_before(tmp_path: Path, made: Made, runtime: Any) -> None:
    catalog = catalog_of(tmp_path, **runtime)
    run(catalog, made)
    assert not timeline_folder(catalog).exists()


def worker_of(launch: Path, catalog: DataCatalog, made: Made) -> str:
    """Run a worker; return its name."""
    EVENTS.note(Happening.STAGE_BEGAN, "recognition", pages=20)
    run(catalog, made)
    (worker,) = [info for info, seen in workers_of(launch).items() if not info.ended]
    join(launch, LEASE).end("done")
    join.cache_clear()
    return worker.name


def test_workers_leave_records_and_the_closing_run_one_timeline_and_one_list_of_events(tmp_path: Path) -> None:
    launch = tmp_path / "launch"
    worker = catalog_of(tmp_path, launch=str(launch), lease_seconds=LEASE)
    names = [worker_of(launch, worker, made) for made in (MADE, Made("recognitions"))]
    Worker(launch, LEASE).end("failed")  # it was killed, or failed before its first node
    assert not timeline_folder(worker).exists(), "workers share that folder"
    assert sorted(path.stem for path in (launch / "records").iterdir()) == sorted(names)

    closing = catalog_of(tmp_path, closes=str(launch))
    hooks, events = TimelineHooks(), EventHooks()
    hooks.before_pipeline_run()
    EVENTS.note(Happening.STAGE_BEGAN, "benchmark")
    events.after_pipeline_run(closing)
    hooks.after_pipeline_run(Pipeline([]), closing)
    timeline = read_timeline(timeline_folder(closing) / "timeline.json")
    assert (timeline.workers, timeline.silent) == (2, 1)
    (lane,) = timeline.lanes
    assert {span.share for span in lane.spans} == {0.5}
    assert "Timeline of a launch" in (page := (timeline_folder(closing) / "timeline.html").read_text("utf-8"))
    assert "1 more told nothing" in page
    told = [json.loads(line) for line in (timeline_folder(closing) / "events.jsonl").read_text("utf-8").splitlines()]
    assert [one["worker"] for one in told] == [*names, "closing run"]
    assert [one["stage"] for one in told] == ["recognition", "recognition", "benchmark"]


def test_a_launch_with_nothing_to_do_leaves_the_timeline_of_before(tmp_path: Path) -> None:
    launch = tmp_path / "launch"
    run(catalog_of(tmp_path, launch=str(launch), lease_seconds=LEASE), Made("recognitions"))
    join.cache_clear()
    closing = catalog_of(tmp_path, closes=str(launch))
    run(closing, Made("recognitions"))
    assert not timeline_folder(closing).exists()


def test_a_run_cannot_close_a_launch_and_be_a_part_of_one() -> None:
    with pytest.raises(ValidationError, match="closes is for the run after the workers"):
        RuntimeOptions(closes=Path("a"), launch=Path("b"))


def test_mlflow_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    monkeypatch.chdir(tmp_path)
    hooks, catalog = MlflowHooks(), catalog_of(tmp_path)
    hooks.before_pipeline_run({"env": None}, Pipeline([]), catalog)
    run(catalog)
    hooks.after_pipeline_run(Pipeline([]), catalog)
    (kept,) = mlflow.search_runs(experiment_names=["ocr_project"], output_format="list")
    mlflow.set_tracking_uri(None)
    assert "timeline.recognition.busy_seconds" in kept.data.metrics
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{tmp_path}/mlflow.db")
    assert {item.path for item in client.list_artifacts(kept.info.run_id)} == {"timeline.json", "timeline.html"}
