"""Which results are named at the end of a run, and which are kept beside it in MLflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kedro.io import CatalogProtocol

from ocr_project.datasets import Place

if TYPE_CHECKING:
    pass


PLACES: tuple[str, ...] = (
    *("exports", "report", "review_page", "published", "benchmark_page", "benchmark_run"),
    *("testset_table", "answer_table", "gate_table", "field_table", "field_files"),
    *("prompt_table", "prompt_page", "prompt_collection", "release_record", "release_table"),
    *("matrix_page", "matrix_table", "resolution_table"),
    *("training_refused", "training_page"),
    *("training_data_page", "refusal_table", "layout_lmdb"),
)
ARTIFACTS = (
    *("report", "score_table", "retrieval_table", "search_table", "recognizer_table", "shard_table"),
    *("benchmark_page", "benchmark_run", "testset_table", "answer_table", "gate_table"),
    *("training_refused", "training_page", "training_curve"),
    *("field_table", "field_answer_rows", "field_prompts"),
    *("prompt_table", "prompt_page", "prompt_tries", "prompt_collection", "release_record", "release_table"),
    *("matrix_page", "matrix_table", "matrix_pair_table", "resolution_table"),
    *("training_data_page", "refusal_table"),
)


def path_of(catalog: CatalogProtocol[Any, Any], name: str) -> str:
    """Return the path of a dataset; of a versioned one, the version of this run."""
    dataset = catalog.get(name)
    assert isinstance(dataset, Place), f"{name} has no path"
    return str(dataset.path)
