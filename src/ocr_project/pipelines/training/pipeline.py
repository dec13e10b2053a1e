"""From samples to a tuned model: plan, memory, base scored, training, merging, tuned scored, report."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node, pipeline

from ocr_project.pipelines.training.nodes import (
    plan_training,
    predict_training_memory,
    report_training,
    train_model,
)

_OPTIONS = "params:training"


def create_pipeline() -> Pipeline:
    """Return the stage `training`: training_plan, tuned_model, training_page, training_metrics."""
    return pipeline(
        [
            node(
                plan_training,
                inputs={"samples": "training_samples", "options": _OPTIONS},
                outputs=["training_plan", "training_held_out", "training_refused", "training_plan_metrics"],
                name="plan_training",
            ),
            node(
                predict_training_memory,
                inputs={"plan": "training_plan", "options": _OPTIONS, "runtime": "params:runtime"},
                outputs="training_memory",
                name="predict_training_memory",
            ),
            node(
                train_model,
                inputs={
                    "models": "tuned_models_done",
                    "samples": "training_samples",
                    "plan": "training_plan",
                    "held": "training_held_out",
                    "memory": "training_memory",
                    "options": _OPTIONS,
                },
                outputs="tuned_model",
                name="train_model",
            ),
            node(
                report_training,
                inputs={
                    "trained": "tuned_model",
                    "counts": "training_plan_metrics",
                    "project": "project",
                    "scratch": "scratch",
                    "options": _OPTIONS,
                },
                outputs=["training_page", "training_scores", "training_curve", "training_metrics"],
                name="report_training",
            ),
        ],
        tags="training",
    )
