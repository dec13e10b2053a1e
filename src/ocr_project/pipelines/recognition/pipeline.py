"""Regions to text."""

from __future__ import annotations

from collections.abc import Callable

from kedro.pipeline import Node, Pipeline, node, pipeline

from ocr_project.engine.running.stage_metrics import measure_stage
from ocr_project.pipelines.recognition.nodes import recognize_regions


def create_pipeline(make: Callable[..., Node] = node) -> Pipeline:
    """Return the stage `recognition`: recognitions, recognition_metrics.

    Args:
        make: Makes its nodes; the lane of the test sets has its own (pipeline_registry.py).
    """
    return pipeline(
        [
            make(
                recognize_regions,
                inputs={
                    "pages": "pages",
                    "regions": "regions",
                    "recognitions_done": "recognitions_done",
                    "options": "params:recognition",
                    "runtime": "params:runtime",
                },
                outputs="recognitions",
                name="recognize_regions",
                tags="shards",
            ),
            make(
                measure_stage,
                inputs={"shards": "recognitions", "runtime": "params:runtime"},
                outputs="recognition_metrics",
                name="measure_recognition",
            ),
        ],
        tags="recognition",
    )
