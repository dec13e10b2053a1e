"""Public test sets to pages and truths; what was read of them to scores."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline, node, pipeline

from ocr_project.engine.measures import measure_stage
from ocr_project.pipelines.testsets.nodes import (
    gather_shards,
    list_scores,
    measure_test_sets,
    read_test_sets,
    read_truths,
    score_test_sets,
)

_OPTIONS = ["params:benchmark", "params:ingest", "params:runtime"]


def create_pipeline() -> Pipeline:
    """Return both ends of the lane: testset_pages and testset_truths, testset_scores and testsets_metrics.

    What is between them, layout to transcript, is put there by the pipeline registry; hence two boxes in kedro-viz.
    """
    return pipeline([*_beginning("testset_ingest"), *_end("testset_scoring")], tags="testsets")


def _beginning(box: str) -> list[Node]:
    return [
        node(read_test_sets, ["testset_pages_done", *_OPTIONS], "testset_pages", namespace=box),
        node(read_truths, ["testset_pages", "testset_truths_done", *_OPTIONS], "testset_truths", namespace=box),
        node(
            measure_stage,
            ["testset_pages", "params:runtime"],
            "testset_ingest_metrics",
            name="measure_testset_ingest",
            namespace=box,
        ),
    ]


def _end(box: str) -> list[Node]:
    return [
        node(
            gather_shards,
            ["testset_pages", "testset_recognitions", "testset_transcripts", "testset_truths"],
            "testset_shards",
            namespace=box,
        ),
        node(
            score_test_sets,
            ["testset_shards", "testset_scored_done", "params:benchmark", "params:runtime"],
            "testset_scored",
            namespace=box,
        ),
        node(list_scores, "testset_scored", "testset_scores", namespace=box),
        node(measure_test_sets, "testset_scores", "testsets_metrics", namespace=box),
    ]
