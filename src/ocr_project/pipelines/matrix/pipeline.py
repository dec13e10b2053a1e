"""Runs of a matrix, and what is said of them."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node, pipeline

from ocr_project.pipelines.matrix.nodes import (
    measure_matrix,
    run_matrix,
    sweep_resolutions,
    tabulate,
    write_matrix_page,
)

_OPTIONS = "params:matrix"


def create_pipeline(*, sweep: bool = False) -> Pipeline:
    """Return the pipeline `matrix`: matrix_runs, its tables, matrix_page, matrix_metrics.

    Args:
        sweep: Whether each run is done at several resolutions also where none are given: the pipeline `resolution`.
    """
    return pipeline(
        [
            node(
                sweep_resolutions if sweep else run_matrix,
                inputs={
                    "place": "matrix_runs_done",
                    "options": _OPTIONS,
                    "fields": "params:fields",
                    "runtime": "params:runtime",
                },
                outputs="matrix_runs",
                name="sweep_resolutions" if sweep else "run_matrix",
                tags="shards",  # `kedro launch` shares its runs
            ),
            node(
                tabulate,
                inputs={"place": "matrix_runs", "options": _OPTIONS},
                outputs=["matrix_table", "matrix_pair_table", "resolution_table"],
                name="tabulate_matrix",
            ),
            node(
                measure_matrix,
                inputs={"table": "matrix_table"},
                outputs="matrix_metrics",
                name="measure_matrix",
            ),
            node(
                write_matrix_page,
                inputs={"place": "matrix_runs", "options": _OPTIONS, "project": "project", "scratch": "scratch"},
                outputs="matrix_page",
                name="write_matrix_page",
            ),
        ],
        tags="matrix",
    )
