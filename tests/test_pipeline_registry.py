"""How the pipelines are put together, the lane of the test sets above all."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, get_origin, get_type_hints

import pytest
from click.testing import CliRunner
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import MemoryDataset

from ocr_project import cli
from ocr_project.bench.testsets import NAMES, card_of
from ocr_project.datasets import ShardedParquet
from ocr_project.domain.options import SECTIONS, RuntimeOptions, TestsetsOptions
from ocr_project.domain.types import ShardInfo
from ocr_project.pipeline_registry import as_drawn, is_drawn, register_pipelines
from ocr_project.testing.fakes import MemoryShards
from tests.whole_job import ROOT

STAGES = {"layout": "detect_regions", "recognition": "recognize_regions", "transcript": "assemble_transcripts"}


@pytest.fixture(scope="module")
def pipelines() -> dict[str, Any]:
    bootstrap_project(ROOT)
    return register_pipelines()


def data(names: set[str]) -> set[str]:
    return {name for name in names if not name.startswith("params:")}


def test_the_lane_shares_the_code_of_the_stages_and_none_of_their_data(pipelines: dict[str, Any]) -> None:
    lane, whole = pipelines["testsets"], pipelines["__default__"]
    shared = data(lane.datasets()) & data(whole.datasets())
    assert shared == {"project", "scratch"}
    functions = {inspect.unwrap(node.func) for node in lane.nodes}
    for stage, name in STAGES.items():
        (own,) = (node.func for node in pipelines[stage].nodes if node.func.__name__ == name)
        assert own in functions
    assert "write_exports" not in {function.__name__ for function in functions}
    assert {f"params:{stage}" for stage in (*STAGES, "testsets", "ingest")} <= lane.inputs()
    assert "params:benchmark" not in lane.inputs()


@pytest.mark.parametrize("name", ["__default__", "ocr", "testsets", "publish", "training_data"])
def test_what_is_drawn_has_no_twins_and_begins_with_the_source(pipelines: dict[str, Any], name: str) -> None:
    drawn, run = as_drawn(pipelines[name]), pipelines[name]
    assert not any(dataset.endswith("_done") for dataset in drawn.datasets())
    assert {node.name for node in drawn.nodes} == {node.name for node in run.nodes}
    assert drawn.all_outputs() == run.all_outputs()
    assert {one for one in drawn.inputs() if one.startswith("params:")} == {
        one for one in run.inputs() if one.startswith("params:")
    }
    if name == "ocr":
        assert data(drawn.inputs()) == {"source"}
    for node in drawn.nodes:
        with pytest.raises(NotImplementedError, match="drawn here"):
            node.func()


@pytest.mark.parametrize(
    ("command", "drawn"),
    [
        (["kedro", "viz"], True),
        (["kedro", "-v", "viz", "build"], True),
        (["/bin/kedro", "run"], False),
        (["kedro", "run", "--tags", "viz"], False),
        (["kedro"], False),
    ],
)
def test_only_kedro_viz_draws(command: list[str], drawn: bool) -> None:
    assert is_drawn(command) is drawn


_NOTEBOOK = """
import multiprocessing
import sys
from tests.test_pipeline_registry import twins_beside_a_server

sys.argv = ["ipykernel_launcher.py", "-f", "kernel.json"]
with multiprocessing.get_context("spawn").Pool(1) as pool:
    print(twins_beside_a_server(), pool.apply(twins_beside_a_server))
"""


def twins_beside_a_server() -> int:
    """Count the twins that a process sees which has imported the server of `kedro viz`."""
    import_module("kedro_viz.server")
    return sum(name.endswith("_done") for name in register_pipelines()["ocr"].datasets())


def test_run_viz_in_a_notebook_draws_and_the_notebook_runs() -> None:
    command = [sys.executable, "-W", "ignore", "-c", _NOTEBOOK]
    found = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    in_notebook, drawn = map(int, found.stdout.split())
    assert in_notebook > 0
    assert drawn == 0


def test_the_main_job_leaves_the_lane_alone(pipelines: dict[str, Any]) -> None:
    assert not any("testset" in name for name in pipelines["__default__"].datasets())
    assert not any("testset" in name for name in pipelines["benchmark"].datasets())


def test_free_inputs_of_the_lane_are_what_it_has_done_before(pipelines: dict[str, Any]) -> None:
    assert data(pipelines["testsets"].inputs()) == {
        *("testset_pages_done", "testset_regions_done", "testset_recognitions_done", "testset_transcripts_done"),
        *("testset_truths_done", "testset_scored_done"),
        *("project", "scratch", "baseline_run"),
    }


def test_every_node_has_a_name_and_a_box(pipelines: dict[str, Any]) -> None:
    for pipeline in pipelines.values():
        for node in pipeline.nodes:
            assert node.namespace, node.name
            assert "__" not in node.name, f"{node.name} was named by Kedro"


def test_a_node_works_before_it_returns(pipelines: dict[str, Any]) -> None:
    """What it returns is data or a path; a function to be called by `save` would hide its work and its errors."""
    for pipeline in pipelines.values():
        for node in pipeline.nodes:
            returned = get_type_hints(inspect.unwrap(node.func))["return"]
            assert get_origin(returned) not in (partial, Callable), node.name
            assert returned not in (partial, Callable), node.name


def test_nothing_is_handed_on_in_memory_alone(pipelines: dict[str, Any]) -> None:
    """What a node makes is stored and can be inspected; a node that only packs arguments leaves nothing behind."""
    with KedroSession.create(project_path=ROOT) as session:
        catalog = session.load_context().catalog
    for pipeline in pipelines.values():
        for name in data(pipeline.datasets()):
            dataset = catalog.get(name)
            assert dataset is not None, name
            assert not isinstance(dataset, MemoryDataset), name


def test_no_node_puts_its_work_off(pipelines: dict[str, Any]) -> None:
    """Of a generator Kedro says that it has run before it did anything, and never that it failed."""
    for node in (node for pipeline in pipelines.values() for node in pipeline.nodes):
        assert not inspect.isgeneratorfunction(node.func), node.name


def test_types_of_options_reach_the_nodes_of_the_lane(pipelines: dict[str, Any]) -> None:
    with KedroSession.create(project_path=ROOT) as session:
        catalog = session.load_context().catalog
    for name in pipelines["testsets"].inputs():
        if name.startswith("params:"):
            assert type(catalog.load(name)) is SECTIONS[name.removeprefix("params:")]


def test_a_stage_of_the_lane_sees_the_sets_of_this_run_only(pipelines: dict[str, Any]) -> None:
    by_name = {node.name: node for node in pipelines["testsets"].nodes}
    names = ("cord", "sroie", "cord_of_mine")
    shards = MemoryShards({name: (ShardInfo(name, "k", f"{name}#000000000", 7), []) for name in names})
    inputs = {
        "testset_regions": shards,
        "params:runtime": RuntimeOptions(),
        "params:testsets": TestsetsOptions(sets=("cord",)),
    }
    measured = by_name["testset_layout.measure_layout"].run(inputs)["testset_layout_metrics"]
    assert (measured["shards"], measured["pages"]) == (1, 7)


@pytest.mark.parametrize("name", ["benchmark", "testsets", "layout"])
def test_old_names_are_refused_whoever_starts_the_run(name: str) -> None:
    bootstrap_project(ROOT)
    with (
        KedroSession.create(project_path=ROOT, runtime_params={"benchmark": {"sets": "cord"}}) as session,
        pytest.raises(Exception, match=r"benchmark\.sets names public sets: run --pipelines testsets"),
    ):
        session.run(pipeline_names=[name])


def test_the_sets_are_listed_with_their_licences(tmp_path: Path) -> None:
    (tmp_path / "cord").mkdir()
    done = CliRunner().invoke(cli.cli, ["testsets", "--folder", str(tmp_path)])
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert len(lines) == len(NAMES)
    for name, line in zip(NAMES, lines, strict=True):
        assert line.split()[:2] == ["there" if name == "cord" else "missing", name]
        assert card_of(name).terms in line


def test_what_works_by_shards_is_tagged_and_nothing_else(pipelines: dict[str, Any]) -> None:
    """Workers of a launch run the nodes with this tag: a forgotten one would be left to the closing run."""
    with KedroSession.create(project_path=ROOT) as session:
        catalog = session.load_context().catalog
        for name, pipeline in pipelines.items():
            for node in pipeline.nodes:
                sharded = all(isinstance(catalog.get(output), ShardedParquet) for output in node.outputs)
                sharded = sharded or "matrix_runs" in node.outputs  # runs are claimed as shards are
                assert sharded == ("shards" in node.tags), f"{node.name} of {name}"
