"""A set of documents of people who do not exist."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node, pipeline

from ocr_project.pipelines.specimens.nodes import write_specimens


def create_pipeline() -> Pipeline:
    """Return the stage `specimens`: specimens."""
    return pipeline(
        [
            node(
                write_specimens,
                inputs={
                    "test_set_folder": "test_set_folder",
                    "scratch": "scratch",
                    "options": "params:specimens",
                },
                outputs="specimens",
                name="write_specimens",
            )
        ],
        tags="specimens",
    )
