"""Transcripts and vectors to rankings."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node, pipeline

from ocr_project.pipelines.retrieval.nodes import index_words, rank_pages


def create_pipeline() -> Pipeline:
    """Return the stage `retrieval`: word_index, rankings, retrieval_metrics."""
    return pipeline(
        [
            node(index_words, ["transcripts", "params:search"], "word_index"),
            node(
                rank_pages,
                ["page_index", "word_index", "queries", "query_vectors", "params:search"],
                ["rankings", "retrieval_metrics"],
            ),
        ],
        tags="retrieval",
    )
