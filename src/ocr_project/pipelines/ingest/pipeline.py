"""Documents to pages."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node, pipeline

from ocr_project.engine.running.stage_metrics import measure_documents
from ocr_project.pipelines.ingest.nodes import list_documents, render_pages


def create_pipeline() -> Pipeline:
    """Return the stage `ingest`: documents, pages, ingest_metrics."""
    return pipeline(
        [
            node(
                list_documents,
                inputs={"source": "source", "options": "params:ingest"},
                outputs="documents",
                name="list_documents",
            ),
            node(
                render_pages,
                inputs={
                    "source": "source",
                    "documents": "documents",
                    "pages_done": "pages_done",
                    "options": "params:ingest",
                    "runtime": "params:runtime",
                },
                outputs="pages",
                name="render_pages",
                tags="shards",
            ),
            node(
                measure_documents,
                inputs={
                    "documents": "documents",
                    "pages": "pages",
                    "runtime": "params:runtime",
                    "earlier": "earlier",
                },
                outputs="ingest_metrics",
                name="measure_ingest",
            ),
        ],
        tags="ingest",
    )
