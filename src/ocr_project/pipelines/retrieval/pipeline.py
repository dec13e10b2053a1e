"""Transcripts and vectors to rankings."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node, pipeline

from ocr_project.pipelines.retrieval.nodes import index_words, rank_pages

_SHARDS = ("pages", "regions", "recognitions", "transcripts", "page_vectors")


def create_pipeline() -> Pipeline:
    """Return the stage `retrieval`: word_index, rankings, retrieval_metrics."""
    return pipeline(
        [
            node(
                index_words,
                inputs={
                    "transcripts": "transcripts",
                    "word_index_done": "word_index_done",
                    "scratch": "scratch",
                    "options": "params:search",
                },
                outputs="word_index",
                name="index_words",
            ),
            node(
                rank_pages,
                inputs={
                    "scratch": "scratch",
                    "page_index": "page_index",
                    "word_index": "word_index",
                    "queries": "queries",
                    "query_vectors": "query_vectors",
                    **{name: name for name in _SHARDS},
                    "options": "params:search",
                    "earlier": "earlier",
                },
                outputs=["rankings", "retrieval_metrics"],
                name="rank_pages",
            ),
        ],
        tags="retrieval",
    )
