"""Public test sets to pages and truths; what was read of them to scores."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline, node, pipeline

from ocr_project.engine.running.stage_metrics import measure_stage
from ocr_project.pipelines.testsets.nodes import (
    gather_shards,
    list_scores,
    measure_test_sets,
    read_test_sets,
    read_truths,
    score_test_sets,
    show_named,
)

_OPTIONS = ["params:benchmark", "params:ingest", "params:runtime"]
# What each stage of the lane makes. Those between both ends read what they have done before, too.
_MADE = {
    "testset_ingest": "testset_pages",
    "testset_layout": "testset_regions",
    "testset_recognition": "testset_recognitions",
    "testset_transcript": "testset_transcripts",
}


def create_pipeline() -> Pipeline:
    """Return both ends of the lane: testset_pages and testset_truths, testset_scores and testsets_metrics.

    What is between them, layout to transcript, is put there by the pipeline registry; hence two boxes in kedro-viz.
    """
    return pipeline(
        [*_beginning("testset_ingest"), *_narrowed(), *_measured(), *_end("testset_scoring")], tags="testsets"
    )


def _narrowed() -> list[Node]:
    read = [(box, made) for box, made in _MADE.items()]
    read += [(box, f"{made}_done") for box, made in _MADE.items() if made != "testset_pages"]
    return [
        node(show_named, [name, "params:benchmark"], f"named_{name}", name=f"show_{name}", namespace=box)
        for box, name in read
    ]


def _measured() -> list[Node]:
    return [
        node(
            measure_stage, [f"named_{made}", "params:runtime"], f"{box}_metrics", name=f"measure_{box}", namespace=box
        )
        for box, made in _MADE.items()
    ]


def _beginning(box: str) -> list[Node]:
    return [
        node(read_test_sets, ["testset_pages_done", *_OPTIONS], "testset_pages", namespace=box),
        node(read_truths, ["named_testset_pages", "testset_truths_done", *_OPTIONS], "testset_truths", namespace=box),
    ]


def _end(box: str) -> list[Node]:
    return [
        node(
            gather_shards,
            ["named_testset_pages", "named_testset_recognitions", "named_testset_transcripts", "testset_truths"],
            "testset_shards",
            namespace=box,
        ),
        node(
            score_test_sets,
            ["testset_shards", "testset_scored_done", "params:benchmark", "params:runtime"],
            "testset_scored",
            namespace=box,
        ),
        node(list_scores, ["testset_scored", "params:benchmark"], "testset_scores", namespace=box),
        node(measure_test_sets, "testset_scores", "testsets_metrics", namespace=box),
    ]
