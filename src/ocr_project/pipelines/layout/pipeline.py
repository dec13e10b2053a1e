"""Pages to regions in reading order."""

from __future__ import annotations

from collections.abc import Callable

from kedro.pipeline import Node, Pipeline, node, pipeline

from ocr_project.engine.running.stage_metrics import measure_stage
from ocr_project.pipelines.layout.nodes import detect_regions


def create_pipeline(make: Callable[..., Node] = node) -> Pipeline:
    """Return the stage `layout`: regions, layout_metrics.

    Args:
        make: Makes its nodes; the lane of the test sets has its own (pipeline_registry.py).
    """
    return pipeline(
        [
            make(
                detect_regions,
                inputs={
                    "pages": "pages",
                    "regions_done": "regions_done",
                    "options": "params:layout",
                    "runtime": "params:runtime",
                },
                outputs="regions",
                name="detect_regions",
                tags="shards",
            ),
            make(
                measure_stage,
                inputs={"shards": "regions", "runtime": "params:runtime"},
                outputs="layout_metrics",
                name="measure_layout",
            ),
        ],
        tags="layout",
    )
