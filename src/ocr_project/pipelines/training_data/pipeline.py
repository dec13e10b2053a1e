"""Folders, databases and files of samples to rows that a model is trained on."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node, pipeline

from ocr_project.pipelines.training_data.nodes import read_held_out, read_samples, write_training_data_page
from ocr_project.training.samples.tables import count_samples, list_refusals

_OPTIONS, _TESTSETS, _INGEST, _RUNTIME = "params:training_data", "params:testsets", "params:ingest", "params:runtime"


def create_pipeline() -> Pipeline:
    """Return the stage `training_data`: held_out, training_samples, and what tells a person about them."""
    return pipeline(
        [
            node(
                read_held_out,
                inputs={
                    "held_out_done": "held_out_done",
                    "options": _OPTIONS,
                    "testsets": _TESTSETS,
                    "ingest": _INGEST,
                    "runtime": _RUNTIME,
                },
                outputs="held_out",
                name="read_held_out",
                tags="shards",
            ),
            node(
                read_samples,
                inputs={
                    "training_samples_done": "training_samples_done",
                    "held_out": "held_out",
                    "pages": "pages",
                    "project": "project",
                    "options": _OPTIONS,
                    "testsets": _TESTSETS,
                    "ingest": _INGEST,
                    "runtime": _RUNTIME,
                },
                outputs="training_samples",
                name="read_samples",
                tags="shards",
            ),
            node(
                count_samples,
                inputs={"training_samples": "training_samples", "runtime": _RUNTIME},
                outputs="training_data_metrics",
                name="count_samples",
            ),
            node(
                list_refusals,
                inputs={"training_samples": "training_samples"},
                outputs="refusal_table",
                name="list_refusals",
            ),
            node(
                write_training_data_page,
                inputs={
                    "scratch": "scratch",
                    "training_samples": "training_samples",
                    "options": _OPTIONS,
                    "runtime": _RUNTIME,
                },
                outputs="training_data_page",
                name="write_training_data_page",
            ),
        ],
        tags="training_data",
    )
