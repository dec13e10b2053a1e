"""Pages to regions in reading order."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node, pipeline

from ocr_project.engine.running.stage_metrics import measure_stage
from ocr_project.pipelines.layout.nodes import detect_regions


def create_pipeline() -> Pipeline:
    """Return the stage `layout`: regions, layout_metrics."""
    return pipeline(
        [
            node(detect_regions, ["pages", "regions_done", "params:layout", "params:runtime"], "regions"),
            node(measure_stage, ["regions", "params:runtime"], "layout_metrics", name="measure_layout"),
        ],
        tags="layout",
    )
