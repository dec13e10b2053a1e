"""Pages and their regions to a layout LMDB."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node, pipeline

from ocr_project.pipelines.layout_lmdb.nodes import write_layout_lmdb


def create_pipeline() -> Pipeline:
    """Return the stage `layout_lmdb`: layout_lmdb, layout_lmdb_metrics."""
    return pipeline(
        [
            node(
                write_layout_lmdb,
                inputs={
                    "scratch": "scratch",
                    "pages": "pages",
                    "regions": "regions",
                    "project": "project",
                    "options": "params:training_data",
                },
                outputs=["layout_lmdb", "layout_lmdb_metrics"],
                name="write_layout_lmdb",
            )
        ],
        tags="layout_lmdb",
    )
