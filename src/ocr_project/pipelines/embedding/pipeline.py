"""Pages, regions, transcripts and questions to vectors."""

from __future__ import annotations

from kedro.pipeline import Node, Pipeline, node, pipeline

from ocr_project.engine.running.stage_metrics import measure_stage
from ocr_project.pipelines.embedding.nodes import (
    embed_pages,
    embed_queries,
    index_images,
    index_pages,
    list_queries,
    write_files,
)


def create_pipeline() -> Pipeline:
    """Return the stage `embedding`.

    It makes page_vectors, page_index, page_image_index, queries, query_vectors, vector_files, embedding_metrics.
    """
    return pipeline([*_pages(), *_indexes(), *_questions()], tags="embedding")


def _pages() -> list[Node]:
    return [
        node(
            embed_pages,
            inputs={
                "pages": "pages",
                "regions": "regions",
                "recognitions": "recognitions",
                "transcripts": "transcripts",
                "page_vectors_done": "page_vectors_done",
                "options": "params:embedding",
                "runtime": "params:runtime",
            },
            outputs="page_vectors",
            name="embed_pages",
            tags="shards",
        ),
        node(
            measure_stage,
            inputs={"shards": "page_vectors", "runtime": "params:runtime"},
            outputs="embedding_metrics",
            name="measure_embedding",
        ),
    ]


def _indexes() -> list[Node]:
    return [
        node(
            index_pages,
            inputs={
                "page_vectors": "page_vectors",
                "page_index_done": "page_index_done",
                "scratch": "scratch",
                "options": "params:embedding",
            },
            outputs="page_index",
            name="index_pages",
        ),
        node(
            index_images,
            inputs={
                "page_vectors": "page_vectors",
                "page_image_index_done": "page_image_index_done",
                "scratch": "scratch",
            },
            outputs="page_image_index",
            name="index_images",
        ),
        node(
            write_files,
            inputs={
                "page_vectors": "page_vectors",
                "query_vectors": "query_vectors",
                "vector_files_done": "vector_files_done",
                "scratch": "scratch",
                "options": "params:embedding",
            },
            outputs="vector_files",
            name="write_files",
        ),
    ]


def _questions() -> list[Node]:
    return [
        node(
            list_queries,
            inputs={"source": "source", "options": "params:embedding"},
            outputs="queries",
            name="list_queries",
        ),
        node(
            embed_queries,
            inputs={
                "scratch": "scratch",
                "queries": "queries",
                "options": "params:embedding",
                "earlier": "earlier",
            },
            outputs="query_vectors",
            name="embed_queries",
        ),
    ]
