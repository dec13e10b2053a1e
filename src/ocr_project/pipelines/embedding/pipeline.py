"""Transcripts and questions to vectors."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node, pipeline

from ocr_project.engine.measures import measure_stage
from ocr_project.pipelines.embedding.nodes import embed_pages, embed_queries, index_pages, list_queries


def create_pipeline() -> Pipeline:
    """Return the stage `embedding`: page_vectors, page_index, queries, query_vectors, embedding_metrics."""
    return pipeline(
        [
            node(
                embed_pages, ["transcripts", "page_vectors_done", "params:embedding", "params:runtime"], "page_vectors"
            ),
            node(index_pages, "page_vectors", "page_index"),
            node(list_queries, ["params:embedding", "params:ingest"], "queries"),
            node(embed_queries, ["queries", "params:embedding"], "query_vectors"),
            node(measure_stage, ["page_vectors", "params:runtime"], "embedding_metrics", name="measure_embedding"),
        ],
        tags="embedding",
    )
