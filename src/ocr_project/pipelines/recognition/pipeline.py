"""Regions to text."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node, pipeline

from ocr_project.engine.running.stage_metrics import measure_stage
from ocr_project.pipelines.recognition.nodes import recognize_regions


def create_pipeline() -> Pipeline:
    """Return the stage `recognition`: recognitions, recognition_metrics."""
    return pipeline(
        [
            node(
                recognize_regions,
                ["pages", "regions", "recognitions_done", "params:recognition", "params:runtime"],
                "recognitions",
            ),
            node(measure_stage, ["recognitions", "params:runtime"], "recognition_metrics", name="measure_recognition"),
        ],
        tags="recognition",
    )
