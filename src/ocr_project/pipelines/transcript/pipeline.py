"""Recognitions to pages of text, and to files that people read."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node, pipeline

from ocr_project.engine.running.stage_metrics import measure_stage
from ocr_project.pipelines.transcript.nodes import assemble_transcripts, write_exports


def create_pipeline() -> Pipeline:
    """Return the stage `transcript`: transcripts, exports, transcript_metrics."""
    return pipeline(
        [
            node(
                assemble_transcripts,
                ["pages", "regions", "recognitions", "transcripts_done", "params:transcript", "params:runtime"],
                "transcripts",
            ),
            node(
                write_exports,
                [
                    "pages",
                    "regions",
                    "recognitions",
                    "transcripts",
                    "params:transcript",
                    "params:recognition.save_crops",
                ],
                "exports",
            ),
            node(measure_stage, ["transcripts", "params:runtime"], "transcript_metrics", name="measure_transcript"),
        ],
        tags="transcript",
    )
