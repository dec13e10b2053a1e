"""A tuned model for others."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node, pipeline

from ocr_project.pipelines.publish_model.nodes import publish_tuned_model


def create_pipeline() -> Pipeline:
    """Return the stage `publish_model`: publish_model_metrics."""
    return pipeline(
        [
            node(
                publish_tuned_model,
                inputs={"tuned": "tuned_model", "options": "params:publish"},
                outputs="publish_model_metrics",
                name="publish_tuned_model",
            )
        ],
        tags="publish_model",
    )
