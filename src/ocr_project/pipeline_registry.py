"""The pipelines by name.

Each stage by its own name, `ocr` for the way from documents to text, `__default__` for all of it, and `testsets` for
the lane of the public test sets: the stages from layout to transcript once more, on other datasets.
An explicit registry, because `find_pipelines` imports only the pipeline that is asked for, and a
composed one is made of several.
"""

from __future__ import annotations

from importlib import import_module

from kedro.pipeline import Pipeline, pipeline

STAGES = ("ingest", "layout", "recognition", "transcript", "embedding", "retrieval", "benchmark")
OCR = ("ingest", "layout", "recognition", "transcript")
APART = ("publish",)  # run when somebody asks for it: what leaves the machine is a person's decision
LANE = ("layout", "recognition", "transcript")
# What a stage reads and writes, and what that is in the lane of the test sets: it reads what this run names of it.
_SHARDS = ("pages", "regions", "recognitions", "transcripts")
_WRITTEN = {name: f"testset_{name}" for name in _SHARDS}
_READ = {f"{name}{end}": f"named_testset_{name}{end}" for name in _SHARDS for end in ("", "_done")}


def register_pipelines() -> dict[str, Pipeline]:
    """Return all pipelines by name."""
    stages = {name: _stage(name) for name in STAGES}
    return {
        **stages,
        **{name: _stage(name) for name in APART},
        "ocr": _together(stages[name] for name in OCR),
        "testsets": _test_sets(),
        "__default__": _together(stages.values()),
    }


def _test_sets() -> Pipeline:
    """Put the lane together. Pipelines never import each other, so it is done here: any detector and recognizer that
    the main job has, with the same nodes; exports are left out, and `testsets` itself measures the stages.
    """
    return _together((_created("testsets"), *(_in_lane(name) for name in LANE), _created("evidence")))


def _in_lane(name: str) -> Pipeline:
    made = _created(name)
    outputs = [output for output in made.all_outputs() if output in _WRITTEN]
    made = made.to_outputs(*outputs)
    return pipeline(
        made,
        namespace=f"testset_{name}",
        inputs={input_: _READ[input_] for input_ in made.inputs() if not input_.startswith("params:")},
        outputs={output: _WRITTEN[output] for output in outputs},
        parameters={input_: input_ for input_ in made.inputs() if input_.startswith("params:")},
        prefix_datasets_with_namespace=False,
    )


def _created(name: str) -> Pipeline:
    made: Pipeline = import_module(f"ocr_project.pipelines.{name}.pipeline").create_pipeline()
    return made


def _stage(name: str) -> Pipeline:
    made = _created(name)
    # the namespace draws a box round the stage in kedro-viz; datasets keep their names, for stages share them
    return Pipeline(made, namespace=name, prefix_datasets_with_namespace=False)


def _together(stages: object) -> Pipeline:
    return sum(stages, start=Pipeline([]))  # type: ignore[call-overload, no-any-return]
