"""Recognitions to pages of text, and to files that people read."""

from __future__ import annotations

from collections.abc import Callable

from kedro.pipeline import Node, Pipeline, node, pipeline

from ocr_project.engine.running.stage_metrics import measure_stage
from ocr_project.pipelines.transcript.nodes import assemble_transcripts, write_exports


def create_pipeline(make: Callable[..., Node] = node) -> Pipeline:
    """Return the stage `transcript`: transcripts, exports, transcript_metrics.

    Args:
        make: Makes its nodes; the lane of the test sets has its own (pipeline_registry.py).
    """
    return pipeline(
        [
            make(
                assemble_transcripts,
                inputs={
                    "pages": "pages",
                    "regions": "regions",
                    "recognitions": "recognitions",
                    "transcripts_done": "transcripts_done",
                    "options": "params:transcript",
                    "runtime": "params:runtime",
                },
                outputs="transcripts",
                name="assemble_transcripts",
                tags="shards",
            ),
            make(
                write_exports,
                inputs={
                    "exports_done": "exports_done",
                    "pages": "pages",
                    "regions": "regions",
                    "recognitions": "recognitions",
                    "transcripts": "transcripts",
                    "documents": "documents",
                    "options": "params:transcript",
                },
                outputs="exports",
                name="write_exports",
                tags="follows",
            ),
            make(
                measure_stage,
                inputs={"shards": "transcripts", "runtime": "params:runtime"},
                outputs="transcript_metrics",
                name="measure_transcript",
            ),
        ],
        tags="transcript",
    )
