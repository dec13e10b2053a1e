"""A finished corpus to a dataset that others can load."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node, pipeline

from ocr_project.pipelines.publish.nodes import (
    gather_corpus,
    gather_questions,
    gather_tables,
    report_personal_data,
    upload_published,
    write_published,
)


def create_pipeline() -> Pipeline:
    """Return the stage `publish`: published, personal_data, publish_metrics."""
    return pipeline(
        [
            node(
                gather_corpus,
                ["pages", "regions", "recognitions", "transcripts", "page_vectors"],
                "published_corpus",
            ),
            node(gather_questions, ["queries", "query_vectors", "qrels"], "published_questions"),
            node(
                gather_tables,
                ["published_questions", "documents", "scores", "references", "score_table"],
                "published_tables",
            ),
            node(write_published, ["published_corpus", "published_tables", "params:publish"], "published"),
            node(report_personal_data, ["published", "params:publish"], "personal_data"),
            node(upload_published, ["published", "personal_data", "params:publish"], "publish_metrics"),
        ],
        tags="publish",
    )
