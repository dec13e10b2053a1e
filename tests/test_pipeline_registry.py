"""How the lane of the test sets is put together, and which pipeline `benchmark` means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from kedro.framework.startup import bootstrap_project

from ocr_project import cli
from ocr_project.bench.testsets import NAMES, card_of
from ocr_project.pipeline_registry import register_pipelines

ROOT = Path(__file__).resolve().parents[1]
STAGES = {"layout": "detect_regions", "recognition": "recognize_regions", "transcript": "assemble_transcripts"}


@pytest.fixture(scope="module")
def pipelines() -> dict[str, Any]:
    bootstrap_project(ROOT)
    return register_pipelines()


def test_the_lane_shares_the_code_of_the_stages_and_none_of_their_data(pipelines: dict[str, Any]) -> None:
    lane, whole = pipelines["testsets"], pipelines["__default__"]
    assert not {name for name in lane.all_outputs() | lane.all_inputs() if not name.startswith("params:")} & set(
        whole.all_outputs() | whole.all_inputs()
    )
    functions = {node.func for node in lane.nodes}
    for stage, name in STAGES.items():
        (shared,) = (node.func for node in pipelines[stage].nodes if node.func.__name__ == name)
        assert shared in functions
    assert "write_exports" not in {function.__name__ for function in functions}
    assert {f"params:{stage}" for stage in (*STAGES, "benchmark", "ingest")} <= lane.inputs()


def test_the_main_job_leaves_the_lane_alone(pipelines: dict[str, Any]) -> None:
    assert not any("testset" in name for name in pipelines["__default__"].all_outputs())
    assert not any("testset" in name for name in pipelines["benchmark"].all_outputs())


def test_free_inputs_of_the_lane_are_what_it_has_done_before(pipelines: dict[str, Any]) -> None:
    free = {name for name in pipelines["testsets"].inputs() if not name.startswith("params:")}
    assert free == {
        *("testset_pages_done", "testset_regions_done", "testset_recognitions_done", "testset_transcripts_done"),
        *("testset_truths_done", "testset_scored_done"),
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"pipelines": ["benchmark"], "params": {"benchmark": {"sets": "cord"}}}, {"pipelines": ["testsets"]}),
        ({"pipeline": "benchmark", "params": {"benchmark": {"sets": "cord"}}}, {"pipeline": "testsets"}),
        ({"pipelines": ["benchmark"], "params": {"benchmark": {"seed": 1}}}, {"pipelines": ["benchmark"]}),
        ({"pipelines": ["benchmark"], "params": {}}, {"pipelines": ["benchmark"]}),
        ({"pipelines": ["layout"], "params": {"benchmark": {"sets": "cord"}}}, {"pipelines": ["layout"]}),
    ],
)
def test_benchmark_means_the_test_sets_where_some_are_named(given: dict[str, Any], expected: dict[str, Any]) -> None:
    seen: dict[str, Any] = {}
    cli._with_test_sets(seen.update)(**given)
    assert {key: seen[key] for key in expected} == expected


def test_the_sets_are_listed_with_their_licences(tmp_path: Path) -> None:
    (tmp_path / "cord").mkdir()
    done = CliRunner().invoke(cli.cli, ["testsets", "--folder", str(tmp_path)])
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert len(lines) == len(NAMES)
    for name, line in zip(NAMES, lines, strict=True):
        assert line.split()[:2] == ["there" if name == "cord" else "missing", name]
        assert card_of(name).terms in line


def test_a_stage_of_the_lane_sees_the_sets_of_this_run_only(pipelines: dict[str, Any]) -> None:
    resting = {f"testset_{name}" for name in ("pages", "regions", "recognitions", "transcripts")}
    readers = [node for node in pipelines["testsets"].nodes if resting & set(node.inputs)]
    assert {node.func.__name__ for node in readers} == {"show_named"}
    assert {name for node in readers for name in node.outputs} == {f"named_{name}" for name in resting}
