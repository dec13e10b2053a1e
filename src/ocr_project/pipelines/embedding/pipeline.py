"""Pages, regions, transcripts and questions to vectors."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node, pipeline

from ocr_project.engine.running.stage_metrics import measure_stage
from ocr_project.pipelines.embedding.nodes import (
    embed_pages,
    embed_queries,
    gather_corpus,
    index_images,
    index_pages,
    list_queries,
    write_files,
)


def create_pipeline() -> Pipeline:
    """Return the stage `embedding`.

    It makes page_vectors, page_index, page_image_index, queries, query_vectors, vector_files, embedding_metrics.
    """
    return pipeline(
        [
            node(gather_corpus, ["pages", "regions", "recognitions", "transcripts"], "embedding_corpus"),
            node(
                embed_pages,
                ["embedding_corpus", "page_vectors_done", "params:embedding", "params:runtime"],
                "page_vectors",
            ),
            node(index_pages, ["page_vectors", "params:embedding"], "page_index"),
            node(index_images, "page_vectors", "page_image_index"),
            node(list_queries, ["params:embedding", "params:ingest"], "queries"),
            node(embed_queries, ["queries", "params:embedding"], "query_vectors"),
            node(write_files, ["page_vectors", "query_vectors", "params:embedding"], "vector_files"),
            node(measure_stage, ["page_vectors", "params:runtime"], "embedding_metrics", name="measure_embedding"),
        ],
        tags="embedding",
    )
