"""Documents to pages."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node, pipeline

from ocr_project.engine.running.stage_metrics import measure_documents
from ocr_project.pipelines.ingest.nodes import list_documents, render_pages


def create_pipeline() -> Pipeline:
    """Return the stage `ingest`: documents, pages, ingest_metrics."""
    return pipeline(
        [
            node(list_documents, "params:ingest", "documents"),
            node(render_pages, ["documents", "pages_done", "params:ingest", "params:runtime"], "pages"),
            node(measure_documents, ["documents", "pages", "params:runtime"], "ingest_metrics"),
        ],
        tags="ingest",
    )
