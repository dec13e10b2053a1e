"""Public test sets to pages and truths; what was read of them to scores, and to the evidence of a run."""

from __future__ import annotations

from collections.abc import Callable

from kedro.pipeline import Node, Pipeline, node, pipeline

from ocr_project.bench.results.run_tables import judge_run, measure_evidence, tabulate_answers, tabulate_scores
from ocr_project.engine.running.stage_metrics import measure_stage
from ocr_project.pipelines.testsets.nodes import (
    list_scores,
    measure_test_sets,
    read_test_sets,
    read_truths,
    record_test_sets,
    score_test_sets,
    write_benchmark_page,
)

_OPTIONS, _INGEST, _RUNTIME = "params:testsets", "params:ingest", "params:runtime"
_LANE = {
    "pages": "testset_pages",
    "recognitions": "testset_recognitions",
    "transcripts": "testset_transcripts",
    "truths": "testset_truths",
}


def create_pipeline(make: Callable[..., Node] = node) -> Pipeline:
    """Return both ends of the lane: testset_pages and testset_truths; testset_scores, benchmark_run and its tables.

    What is between them, layout to transcript, is put there by the pipeline registry; hence the boxes in kedro-viz.

    Args:
        make: Makes the nodes that know nothing of test sets (pipeline_registry.py).
    """
    ends = (*_beginning(make, "testset_ingest"), *_scoring("testset_scoring"))
    evidence = (*_evidence("testset_evidence"), *_page("testset_evidence"))
    return pipeline([*ends, *evidence], tags="testsets")


def _beginning(make: Callable[..., Node], box: str) -> list[Node]:
    return [
        node(
            read_test_sets,
            inputs={"pages_done": "testset_pages_done", "options": _OPTIONS, "ingest": _INGEST, "runtime": _RUNTIME},
            outputs="testset_pages",
            name="read_test_sets",
            tags="shards",
            namespace=box,
        ),
        node(
            read_truths,
            inputs={
                "pages": "testset_pages",
                "truths_done": "testset_truths_done",
                "options": _OPTIONS,
                "ingest": _INGEST,
                "runtime": _RUNTIME,
            },
            outputs="testset_truths",
            name="read_truths",
            tags="shards",
            namespace=box,
        ),
        make(
            measure_stage,
            inputs={"shards": "testset_pages", "runtime": _RUNTIME},
            outputs="testset_ingest_metrics",
            name="measure_testset_ingest",
            namespace=box,
        ),
    ]


def _scoring(box: str) -> list[Node]:
    return [
        node(
            score_test_sets,
            inputs={
                **_LANE,
                "regions": "testset_regions",
                "scored_done": "testset_scored_done",
                "options": _OPTIONS,
                "runtime": _RUNTIME,
            },
            outputs="testset_scored",
            name="score_test_sets",
            tags="shards",
            namespace=box,
        ),
        node(
            list_scores,
            inputs={"scored": "testset_scored", "options": _OPTIONS},
            outputs="testset_scores",
            name="list_scores",
            namespace=box,
        ),
        node(
            measure_test_sets,
            inputs={"scores": "testset_scores"},
            outputs="testsets_metrics",
            name="measure_test_sets",
            namespace=box,
        ),
    ]


def _evidence(box: str) -> list[Node]:
    return [
        node(
            record_test_sets,
            inputs={
                **_LANE,
                "regions": "testset_regions",
                "scored": "testset_scored",
                "scores": "testset_scores",
                "project": "project",
                "options": _OPTIONS,
                "runtime": _RUNTIME,
            },
            outputs="benchmark_run",
            name="record_test_sets",
            namespace=box,
        ),
        node(
            tabulate_scores,
            inputs={"record": "benchmark_run"},
            outputs="testset_table",
            name="tabulate_scores",
            namespace=box,
        ),
        node(
            tabulate_answers,
            inputs={"record": "benchmark_run"},
            outputs="answer_table",
            name="tabulate_answers",
            namespace=box,
        ),
        node(
            judge_run,
            inputs={"record": "benchmark_run", "baseline": "baseline_run", "options": _OPTIONS},
            outputs="gate_table",
            name="judge_run",
            namespace=box,
        ),
        node(
            measure_evidence,
            inputs={"table": "testset_table", "answers": "answer_table", "record": "benchmark_run"},
            outputs="evidence_metrics",
            name="measure_evidence",
            namespace=box,
        ),
    ]


def _page(box: str) -> list[Node]:
    return [
        node(
            write_benchmark_page,
            inputs={
                **_LANE,
                "scratch": "scratch",
                "record": "benchmark_run",
                "table": "testset_table",
                "answers": "answer_table",
                "gate": "gate_table",
                "options": _OPTIONS,
                "runtime": _RUNTIME,
            },
            outputs="benchmark_page",
            name="write_benchmark_page",
            namespace=box,
        ),
    ]
