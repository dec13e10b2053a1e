"""Answers of a run against those of the release."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node, pipeline

from ocr_project.pipelines.release.nodes import judge_run, record_release


def create_pipeline() -> Pipeline:
    """Return what `release` has beside `fields`: release_record, release_table."""
    return pipeline(
        [
            node(
                record_release,
                inputs={
                    "project": "project",
                    "questions": "field_questions",
                    "answers": "field_answer_rows",
                    "scores": "field_scores",
                    "fields": "params:fields",
                    "runtime": "params:runtime",
                },
                outputs="release_record",
                name="record_release",
            ),
            node(
                judge_run,
                inputs={"record": "release_record", "released": "released_run", "options": "params:release"},
                outputs="release_table",
                name="judge_release",
            ),
        ],
        tags="release",
    )
