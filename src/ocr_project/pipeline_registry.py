"""The pipelines by name.

Each stage by its own name, `ocr` for the way from documents to text, `__default__` for all of it.
An explicit registry, because `find_pipelines` imports only the pipeline that is asked for, and a
composed one is made of several.
"""

from __future__ import annotations

from importlib import import_module

from kedro.pipeline import Pipeline

STAGES = ("ingest", "layout", "recognition", "transcript", "embedding", "retrieval", "benchmark")
OCR = ("ingest", "layout", "recognition", "transcript")
APART = ("publish",)  # run when somebody asks for it: what leaves the machine is a person's decision


def register_pipelines() -> dict[str, Pipeline]:
    """Return all pipelines by name."""
    stages = {name: _stage(name) for name in STAGES}
    return {
        **stages,
        **{name: _stage(name) for name in APART},
        "ocr": _together(stages[name] for name in OCR),
        "__default__": _together(stages.values()),
    }


def _stage(name: str) -> Pipeline:
    made = import_module(f"ocr_project.pipelines.{name}.pipeline").create_pipeline()
    # the namespace draws a box round the stage in kedro-viz; datasets keep their names, for stages share them
    return Pipeline(made, namespace=name, prefix_datasets_with_namespace=False)


def _together(stages: object) -> Pipeline:
    return sum(stages, start=Pipeline([]))  # type: ignore[call-overload, no-any-return]
