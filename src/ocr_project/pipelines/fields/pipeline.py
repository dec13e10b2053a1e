"""Questions about documents to answers and scores."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node, pipeline

from ocr_project.pipelines.fields.nodes import (
    answer_questions,
    list_questions,
    measure_run,
    score_answers,
    tabulate_scores,
    write_files,
)

_OPTIONS = "params:fields"


def create_pipeline() -> Pipeline:
    """Return the pipeline `fields`: field_answers, field_scores, field_table, field_files, fields_metrics."""
    return pipeline(
        [
            node(
                list_questions,
                inputs={"options": _OPTIONS},
                outputs=["field_questions", "field_prompts"],
                name="list_questions",
            ),
            node(
                answer_questions,
                inputs={"answers_done": "field_answers_done", "options": _OPTIONS, "runtime": "params:runtime"},
                outputs=["field_answers", "field_answer_rows", "field_speed"],
                name="answer_questions",
            ),
            node(
                score_answers,
                inputs={"questions": "field_questions", "answers": "field_answer_rows", "options": _OPTIONS},
                outputs="field_scores",
                name="score_answers",
            ),
            node(
                tabulate_scores,
                inputs={"questions": "field_questions", "scores": "field_scores"},
                outputs="field_table",
                name="tabulate_field_scores",
            ),
            node(
                write_files,
                inputs={
                    "place": "field_files_done",
                    "answers": "field_answer_rows",
                    "scores": "field_scores",
                    "table": "field_table",
                    "options": _OPTIONS,
                },
                outputs="field_files",
                name="write_field_files",
            ),
            node(
                measure_run,
                inputs={"speed": "field_speed", "answers": "field_answer_rows", "table": "field_table"},
                outputs="fields_metrics",
                name="measure_fields",
            ),
        ],
        tags="fields",
    )
