"""A finished corpus to a dataset that others can load."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node, pipeline

from ocr_project.pipelines.publish.nodes import report_personal_data, upload_published, write_published

_CORPUS = (
    *("pages", "regions", "recognitions", "transcripts", "page_vectors"),
    *("documents", "queries", "query_vectors", "qrels", "scores", "references", "score_table"),
)


def create_pipeline() -> Pipeline:
    """Return the stage `publish`: published, personal_data, publish_metrics."""
    return pipeline(
        [
            node(
                write_published,
                inputs={
                    "published_done": "published_done",
                    "project": "project",
                    **{name: name for name in _CORPUS},
                    "options": "params:publish",
                },
                outputs="published",
                name="write_published",
            ),
            node(
                report_personal_data,
                inputs={"published": "published", "options": "params:publish"},
                outputs="personal_data",
                name="report_personal_data",
            ),
            node(
                upload_published,
                inputs={"published": "published", "personal_data": "personal_data", "options": "params:publish"},
                outputs="publish_metrics",
                name="upload_published",
            ),
        ],
        tags="publish",
    )
